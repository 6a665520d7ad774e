// What is asked when, and the controls.
let turn = 0, lookedBack = 0, total = -1;

function state(kind, text) {
  $("state").className = kind;
  $("state").textContent = text;
}
async function refresh() {
  const mine = ++turn;
  try {
    if (view.view === "stories") return await refreshStories(mine);
    const body = await json(`api/words?${filters({ order: view.order, limit: more })}`);
    if (mine !== turn) return;
    if (body.live) liveAt = Date.now();
    else if (shown?.live && Date.now() - liveAt < STANDBY_MS) return;  // another process behind the same address
    shown = body;
    asOf = body.as_of;
    state(body.live ? "live" : "", body.live ? `as of ${clock(asOf)}` : "from a process that stands by: figures as announced");
    arrange(await pinned(body.words));
    $("void").hidden = body.words.length > 0;
    const narrow = [...filters()].length > 0;
    $("void").textContent = narrow ? "No such word. Press Enter to ask why." : "Listening. No new word yet.";
    count(body.total, "words");
    $("further").hidden = !body.next || more >= MOST;
  } catch (fault) {
    if (mine === turn) state("lost", fault.status ? fault.message : "no answer, trying again");
  }
}
async function pinned(words) {
  if (!view.word || words.some(one => one.word === view.word)) return words;
  try { return [(await json(`api/words/${encodeURIComponent(view.word)}`)).word, ...words]; } catch { return words; }
}
async function refreshStories(mine) {
  const body = await json(`api/stories?${filters({ limit: Math.min(100, more) })}`);
  if (mine !== turn) return;
  state("live", "stories");
  cards(body.stories);
  count(body.stories.length, "stories");
  $("further").hidden = body.stories.length < Math.min(100, more) || more >= 100;
}
function count(several, what) {
  const text = several ? `${several} ${several === 1 ? what.replace(/ies$/, "y").replace(/s$/, "") : what}${view.story ? " of one story" : ""}` : "";
  if ($("total").textContent !== text) $("total").textContent = text;
  if (several !== total || Date.now() - lookedBack > 30000) {
    total = several;
    lookedBack = Date.now();
    lookBack();
  }
}
async function follow() {
  await meet();
  show();
  for (;;) {
    await pause(document.hidden ? 5 * EVERY_MS : EVERY_MS);
    await refresh();
  }
}
async function download() {
  const answer = await call(`api/export?${filters({ format: $("format").value })}`);
  if (!answer.ok) return state("lost", (await answer.json()).error);
  const link = make("a"), address = URL.createObjectURL(await answer.blob());
  link.href = address;
  link.download = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition"))?.[1] ?? "new-words";
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

let typed = 0;
document.querySelector(".search").addEventListener("submit", event => { event.preventDefault(); ask($("ask").value); });
$("ask").addEventListener("input", () => {
  clearTimeout(typed);
  typed = setTimeout(() => go({ q: $("ask").value, story: "" }, true), 150);
});
document.querySelector(".filters").addEventListener("submit", event => event.preventDefault());
for (const name of ["status", "verdict", "novelty", "order"]) $(name).addEventListener("change", () => go({ [name]: $(name).value }));
$("last").addEventListener("change", () => go({ last: $("last").value, since: "", until: "" }));
for (const one of document.querySelectorAll("[data-view]")) one.addEventListener("click", () => go({ view: one.dataset.view }));
for (const id of ["from", "to"]) { $(id).addEventListener("input", mark); $(id).addEventListener("change", slide); }
$("further").addEventListener("click", () => { more = Math.min(MOST, more + PAGE); refresh(); });
$("download").addEventListener("click", download);
addEventListener("popstate", () => {
  view = parse();
  for (const [name, one] of rows) one.root.open = name === view.word;
  show();
});
follow();
