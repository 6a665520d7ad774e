// What is shown stands in the address, so it can be shared, and back and forward restore it.
const USUAL = { q: "", last: "", since: "", until: "", status: "", verdict: "", novelty: "", story: "", order: "score", view: "words", word: "", compare: "" };
const SPANS = { "1h": 3600, "24h": 86400, "7d": 604800, "30d": 2592000 };
let view = parse();
let asOf = new Date().toISOString();

function parse() {
  const given = new URLSearchParams(location.search);
  return Object.fromEntries(Object.entries(USUAL).map(([name, usual]) => [name, given.get(name) ?? usual]));
}
function go(change, replace = false) {
  Object.assign(view, change);
  const said = new URLSearchParams(Object.entries(view).filter(([name, value]) => value !== USUAL[name]));
  history[replace ? "replaceState" : "pushState"](null, "", said.size ? `?${said}` : location.pathname);
  show();
}
function range() {
  if (!SPANS[view.last]) return { since: view.since, until: view.until };
  const since = Math.floor(Date.parse(asOf) / 60000) * 60000 - SPANS[view.last] * 1000;
  return { since: new Date(Math.max(0, since)).toISOString(), until: "" };
}
function filters(more = {}) {
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries({ q: view.q.trim(), ...range(), novelty: view.novelty, story: view.story, ...more }))
    if (value) asked.set(name, value);
  for (const name of ["status", "verdict"]) for (const value of view[name].split(",")) if (value) asked.append(name, value);
  return asked;
}
const compared = () => view.compare ? view.compare.split(",") : [];
function show() {
  if (document.activeElement !== $("ask")) $("ask").value = view.q;
  for (const name of ["status", "verdict", "novelty", "order"]) $(name).value = view[name];
  $("last").value = view.since || view.until ? "custom" : view.last;
  for (const one of document.querySelectorAll("[data-view]")) one.setAttribute("aria-pressed", one.dataset.view === view.view);
  $("list").hidden = view.view !== "words";
  $("stories").hidden = view.view !== "stories";
  setThumbs();
  refresh();
  compare();
}
