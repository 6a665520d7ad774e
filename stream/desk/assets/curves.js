// Curves: one beside each word, one in its evidence, several on one axis, and how many words came when.
function draw(svg, values, height) {
  const most = Math.max(4, ...values), step = 100 / Math.max(1, values.length - 1);
  const at = values.map((n, i) => `${(i * step).toFixed(2)},${(height - n / most * (height - 3) - 1).toFixed(2)}`).join(" ");
  svg.setAttribute("viewBox", `0 0 100 ${height}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", values.length ? `texts over time, at most ${Math.max(...values)}, last ${values.at(-1)}` : "no curve");
  if (values.length < 2) return svg.replaceChildren();
  svg.replaceChildren(shape("polygon", { class: "area", points: `0,${height} ${at} 100,${height}` }), shape("polyline", { class: "curve", points: at }));
}
const picture = name => shape("svg", { class: name });
function axis(curve) {
  const from = Date.parse(curve.start);
  return make("div", "axis", undefined, make("span", "", clock(from)), make("span", "", clock(from + curve.texts.length * curve.step_s * 1000)));
}

const DASHES = ["none", "6 3", "2 2", "8 2 2 2", "none", "6 3", "2 2", "8 2 2 2"];
async function compare() {
  const words = compared(), box = $("compare");
  box.hidden = !words.length;
  if (!words.length) return;
  const asked = new URLSearchParams(Object.entries(range()).filter(([, value]) => value));
  for (const word of words) asked.append("word", word);
  let found;
  try { found = await json(`api/curves?${asked}`); } catch { return; }
  const most = Math.max(4, ...found.curves.flatMap(one => one.texts)), svg = shape("svg", { viewBox: "0 0 100 60", preserveAspectRatio: "none", role: "img", "aria-label": `curves of ${words.join(", ")}` });
  const legend = make("ul", "legend");
  found.curves.forEach((one, number) => {
    const step = 100 / Math.max(1, one.texts.length - 1);
    svg.append(shape("polyline", { class: `k${number}`, "stroke-dasharray": DASHES[number], points: one.texts.map((n, i) => `${(i * step).toFixed(2)},${(59 - n / most * 57).toFixed(2)}`).join(" ") }));
    const key = shape("svg", { viewBox: "0 0 30 10", "aria-hidden": "true" });
    key.append(shape("line", { class: `k${number}`, "stroke-dasharray": DASHES[number], "stroke-width": 3, x1: 0, x2: 30, y1: 5, y2: 5 }));
    const away = button("✕", () => toggle(one.word), "plain");
    away.setAttribute("aria-label", `leave out ${one.word}`);
    legend.append(make("li", "", undefined, key, spoken("span", "", `${one.word} `), make("span", "", `at most ${Math.max(0, ...one.texts)}`), away));
  });
  const parts = [make("div", "top", undefined, make("h2", "", `Texts in each ${lasting(found.step_s)}`), button("Close", () => go({ compare: "" }))), svg];
  if (found.start) parts.push(axis({ start: found.start, step_s: found.step_s, texts: found.curves[0].texts }));
  box.replaceChildren(...parts, legend);
}
function toggle(word) {
  const words = compared(), rest = words.filter(one => one !== word);
  go({ compare: (rest.length < words.length ? rest : [...rest, word].slice(-8)).join(",") });
}

// The history: a bar for each step, and two thumbs on it.
const BINS = 100;
let line = null;
async function lookBack() {
  try { line = await json(`api/timeline?bins=${BINS}`); } catch { return; }
  $("time").hidden = !line.start || line.first === line.last;
  if ($("time").hidden) return;
  const most = Math.max(1, ...line.words), svg = shape("svg", { viewBox: `0 0 ${BINS} 20`, preserveAspectRatio: "none", role: "img", "aria-label": `how many words came when, from ${clock(line.first)} to ${clock(line.last)}` });
  line.words.forEach((n, i) => svg.append(shape("rect", { x: i + .1, width: .8, y: 20 - Math.max(.4, n / most * 20), height: Math.max(.4, n / most * 20) })));
  $("bars").replaceChildren(svg);
  setThumbs();
}
const stepAt = at => Math.round((Date.parse(at) - Date.parse(line.start)) / 1000 / line.step_s);
const timeOf = step => new Date(Date.parse(line.start) + step * line.step_s * 1000).toISOString();
function setThumbs() {
  if (!line?.start) return;
  const wanted = range();
  $("from").max = $("to").max = BINS;
  if (document.activeElement !== $("from")) $("from").value = wanted.since ? Math.max(0, stepAt(wanted.since)) : 0;
  if (document.activeElement !== $("to")) $("to").value = wanted.until ? Math.min(BINS, stepAt(wanted.until)) : BINS;
  mark();
}
function mark() {
  const from = +$("from").value, to = +$("to").value;
  document.querySelectorAll("#bars rect").forEach((bar, i) => bar.classList.toggle("in", i >= from && i < to));
  $("first").textContent = clock(timeOf(from));
  $("final").textContent = clock(timeOf(to));
  for (const [id, step] of [["from", from], ["to", to]]) $(id).setAttribute("aria-valuetext", clock(timeOf(step)));
}
function slide() {
  const from = Math.min(+$("from").value, +$("to").value), to = Math.max(+$("from").value, +$("to").value);
  mark();
  go({ last: "", since: from > 0 ? timeOf(from) : "", until: to < BINS ? timeOf(to) : "" });
}
