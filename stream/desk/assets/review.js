// Verdicts: buttons in the evidence, keys in the list. Who may not write sees what others said.
let judgedLast = "";

function review(data) {
  const box = make("div", "say"), said = data.verdict;
  if (said) box.append(make("p", "", `${judged(said)}${said.by ? ` by ${said.by}` : ""}, ${clock(said.at)}${said.note ? `: ${said.note}` : ""}`));
  if (!visitor.writes) return box;
  const note = make("input"), other = make("input");
  note.placeholder = "Note"; note.maxLength = 1000; note.setAttribute("aria-label", `note on ${data.word}`);
  other.placeholder = "Part of …"; other.maxLength = 100; other.setAttribute("aria-label", `the word that ${data.word} is part of`);
  other.dataset.part = "";
  const given = () => ({ note: note.value });
  const join = () => other.value.trim() ? judge(data.word, "part_of", { ...given(), part_of: other.value.trim() }) : other.focus();
  other.addEventListener("keydown", event => { if (event.key === "Enter") { event.preventDefault(); join(); } });
  const keyed = (text, key, act, name) => { const made = button(`${text} `, act, name); made.append(make("kbd", "", key)); return made; };
  box.append(make("h3", "", "verdict"), make("div", "buttons", undefined,
    keyed("Accept", "a", () => judge(data.word, "accepted", given()), "yes"), keyed("Refuse", "r", () => judge(data.word, "refused", given()), "no"),
    other, keyed("Part of it", "p", join), note, ...(said ? [keyed("Undo", "u", () => undo(data.word))] : [])));
  return box;
}
async function write(word, options, done) {
  if (document.activeElement?.closest("details")?.dataset.word === word) onFrom(word);
  try { await json(`api/verdicts/${encodeURIComponent(word)}`, options); } catch (fault) {
    say(`${word}: not written, ${fault.message}`);
    state("lost", `not written: ${fault.message}`);
    return;
  }
  say(`${word}: ${done}`);
  if (view.word === word) go({ word: "" }, true);
  await refresh();
}
function onFrom(word) {  // before the answer is there, so that who types fast is not held up
  const root = rows.get(word).root;
  (root.nextElementSibling ?? root.previousElementSibling ?? root).firstChild.focus();
}
function judge(word, verdict, more = {}) {
  judgedLast = word;
  const body = JSON.stringify({ verdict, by: held.name, ...more });
  return write(word, { method: "PUT", headers: { "Content-Type": "application/json" }, body }, judged({ verdict, ...more }));
}
function undo(word) {
  judgedLast = "";
  return write(word, { method: "DELETE" }, "no verdict any more");
}

function step(way) {
  const every = [...document.querySelectorAll("#words summary")], at = every.indexOf(document.activeElement?.closest("details")?.firstChild);
  every[Math.max(0, Math.min(every.length - 1, at < 0 ? 0 : at + way))]?.focus();
}
document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea") || document.querySelector("dialog[open]")) return;
  const root = document.activeElement?.closest("details"), word = root?.dataset.word, data = word && rows.get(word)?.last;
  const keys = { j: () => step(1), k: () => step(-1), "/": () => $("ask").focus(), "?": () => $("help").showModal(),
    c: () => word && toggle(word) };
  if (visitor.writes) Object.assign(keys, { a: () => word && judge(word, "accepted"), r: () => word && judge(word, "refused"),
    u: () => data?.verdict ? undo(word) : judgedLast && undo(judgedLast),
    p: async () => {
      if (!root) return;
      root.open = true;
      for (let turn = 0; turn < 40 && !root.querySelector("[data-part]"); turn++) await pause(50);
      root.querySelector("[data-part]")?.focus();
    } });
  if (!keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
});

async function meet() {
  try { visitor = await json("api/visitor"); } catch { return; }
  $("sign").hidden = !visitor.writable && !held.token;
  $("sign").textContent = visitor.writes ? `Signed in${visitor.name || held.name ? ` as ${visitor.name || held.name}` : ""}` : "Sign in";
}
$("token").addEventListener("submit", async event => {
  event.preventDefault();
  sessionStorage.setItem("token", $("given").value);
  sessionStorage.setItem("name", $("name").value.trim());
  await meet();
  $("wrong").textContent = visitor.writes ? "" : "This token is not the right one.";
  if (!visitor.writes) return $("given").select();
  $("token").close();
  refresh();
});
$("sign").addEventListener("click", () => { $("wrong").textContent = ""; $("given").value = held.token; $("name").value = held.name; $("token").showModal(); });
$("forget").addEventListener("click", () => { sessionStorage.clear(); $("token").close(); meet(); });
$("keys").addEventListener("click", () => $("help").showModal());
for (const one of document.querySelectorAll("[data-close]")) one.addEventListener("click", () => one.closest("dialog").close());
