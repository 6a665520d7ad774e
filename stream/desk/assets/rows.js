// The list: a row for each word, which opens to its evidence.
const rows = new Map();
let shown = null, liveAt = 0, more = PAGE, drawn = false;

function chain(links, whole) {
  const line = make("div", "chain");
  if (!links.length) line.append(spoken("b", "", whole));
  links.forEach((link, i) => {
    if (!i) line.append(spoken("b", "", link.left));
    const figure = link.state === "token" ? "" : link.state === "separate" ? "cut" : link.pmi === null ? "weak" : link.pmi.toFixed(1);
    const mark = make("i", link.state, figure);
    mark.title = { strong: "strong pair", weak: "too weak: cut here", token: "letters and digits are never cut", separate: "a separator" }[link.state]
      + (link.pmi === null ? "" : `, PMI ${link.pmi.toFixed(2)}`) + (link.count === null ? "" : `, counted ${Math.round(link.count)} times`);
    line.append(mark, spoken("b", "", link.right));
  });
  return line;
}
const bonds = (word, cohesion) => {
  const letters = Array.from(word);
  return cohesion.map((pmi, i) => ({ left: letters[i], right: letters[i + 1], state: pmi === null ? "token" : "strong", pmi, count: null }));
};
function quote(text, word) {
  const block = spoken("blockquote"), at = text.toLowerCase().indexOf(word.toLowerCase());
  if (at < 0) block.textContent = text;
  else block.append(text.slice(0, at), make("mark", "", text.slice(at, at + word.length)), text.slice(at + word.length));
  return block;
}
const facts = rows => {
  const list = make("dl");
  for (const [name, value] of rows) list.append(make("dt", "", name), spoken("dd", "", value));
  return list;
};
const judged = one => one.verdict === "part_of" ? `part of ${one.part_of}` : one.verdict;

function row(name) {
  const root = make("details"), word = spoken("span", "word", name), chip = make("span", "chip"), said = make("span", "chip"), spark = picture("spark");
  const [score, count, sources, seen] = ["score", "", "", ""].map(kind => make("span", `number ${kind}`));
  count.dataset.unit = " texts"; sources.dataset.unit = " sources"; score.dataset.unit = " score";
  const inner = make("div", "more");
  root.append(make("summary", "", undefined, make("span", "", undefined, word, chip, said), spark, score, count, sources, seen), inner);
  root.dataset.word = name;
  let last = null, filled = "";
  const open = async () => {
    if (!root.open || !last) return;
    const state = `${last.updated} ${JSON.stringify(last.verdict)} ${last.curve?.texts.join()} ${visitor.writes}`;
    if (state === filled) return;
    filled = state;
    try { fill(inner, await json(`api/words/${encodeURIComponent(name)}`)); } catch (fault) {
      filled = "";
      if (!inner.childElementCount) inner.replaceChildren(make("p", "", `No evidence: ${fault.message}`));
    }
  };
  root.addEventListener("toggle", () => {
    open();
    if (drawn && root.open !== (view.word === name)) go({ word: root.open ? name : "" }, true);
  });
  return { root, get last() { return last; }, update(data) {
    last = data;
    root.classList.toggle("faded", data.status === "faded");
    word.textContent = data.word;
    chip.className = `chip ${data.status}`;
    chip.textContent = data.status === "emerged" ? (data.novelty === "revived" ? "revived" : "") : data.status;
    said.className = `chip ${data.verdict?.verdict ?? ""}`;
    said.textContent = data.verdict ? judged(data.verdict) : "";
    draw(spark, data.curve?.texts ?? [], 24);
    score.textContent = tidy(data.now?.score ?? data.score);
    count.textContent = data.now?.count ?? data.count;
    sources.textContent = data.sources ?? "–";
    seen.textContent = ago(data.first_seen, asOf);
    seen.title = clock(data.first_seen);
    open();
  } };
}
function fill(inner, one) {
  const data = one.word, event = one.events[0], left = make("div"), right = make("div"), typing = inner.contains(document.activeElement) && document.activeElement.matches("input");
  if (typing) return;  // what somebody writes is not taken away
  if (data.curve?.texts.length > 1) {
    const svg = picture("");
    draw(svg, data.curve.texts, 60);
    left.append(make("h3", "", `texts in each ${lasting(data.curve.step_s)}, at most ${Math.max(...data.curve.texts)}`), svg, axis(data.curve));
  }
  left.append(make("h3", "", "examples"), ...event.examples.map(example => quote(example.text, event.word)));
  if (!event.examples.length) left.append(make("p", "", "none kept"));
  right.append(make("h3", "", "how it holds together (PMI)"), chain(bonds(event.word, event.cohesion), event.word),
    make("h3", "", `when it was last announced (${event.status})`),
    facts([["at", clock(event.detected_at)], ["texts", `${event.count}, expected ${event.baseline.toFixed(1)}`], ["score", tidy(event.score)],
      ["novelty", event.novelty === "unseen" ? "never read before" : "it comes back"],
      ["before it", `${event.left.distinct} characters, top ${percent(event.left.top_share)}`],
      ["after it", `${event.right.distinct} characters, top ${percent(event.right.top_share)}`]]));
  if (one.events.length > 1) right.append(make("h3", "", "its life"), facts(one.events.slice(0, 8).map(then => [then.status, `${clock(then.detected_at)}, ${then.count} texts`])));
  if (event.related?.length) right.append(make("h3", "", "in the same texts"), make("div", "buttons", undefined, ...event.related.map(other => button(other.word, () => go({ q: other.word, story: "" })))));
  right.append(make("div", "buttons", undefined, button("Why this word?", () => ask(event.word)), button(compared().includes(event.word) ? "Do not compare" : "Compare", () => toggle(event.word))));
  inner.replaceChildren(left, right, review(data));
}

function arrange(words) {
  const list = $("words"), there = new Set(), focused = document.activeElement, inside = focused?.closest("details"), at = [...list.children].indexOf(inside);
  let place = list.firstChild;
  for (const data of words) {
    const name = data.word;
    there.add(name);
    let one = rows.get(name);
    if (!one) {
      rows.set(name, one = row(name));
      if (drawn) one.root.classList.add("fresh");
      if (name === view.word) one.root.open = true;
    }
    one.update(data);
    if (one.root === place) place = place.nextSibling;
    else list.insertBefore(one.root, place);
  }
  for (const [name, one] of rows) if (!there.has(name)) { one.root.remove(); rows.delete(name); }
  drawn = true;
  if (!inside || document.activeElement === focused) return;  // a row that was moved loses the focus
  if (focused.isConnected) focused.focus();
  else list.children[Math.min(at, list.children.length - 1)]?.firstChild.focus();
}
