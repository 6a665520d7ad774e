// Why a word was or was not announced, asked of the flow itself.
async function ask(word) {
  const box = $("answer");
  word = word.trim();
  if (!word) return;
  box.hidden = false;
  box.replaceChildren(make("p", "", "asking…"));
  try {
    for (let turn = 1; ; turn++) {
      const answer = await call(`api/explain?word=${encodeURIComponent(word)}`), body = await answer.json();
      if (answer.ok) { tell(box, body); break; }
      if (answer.status !== 503 || turn === TRIES) throw new Error(body.error);
      await pause(500);  // perhaps the next one to answer is the one that announces
    }
  } catch (fault) {
    box.replaceChildren(titled(word), make("p", "", `No explanation: ${fault.message}`));
  }
  box.scrollIntoView({ block: "start" });
}
function titled(word) {
  return make("div", "top", undefined, spoken("span", "word", word), button("Close", () => { $("answer").hidden = true; }));
}
const side = one => `${one.distinct} characters, top ${percent(one.top_share)}`;
function tell(box, one) {
  const rules = make("ul");
  const line = (kind, name, sentence) => rules.append(make("li", kind, undefined, make("span", "", name), spoken("span", "", dated(sentence))));
  for (const check of one.checks.filter(check => check.passed !== null))
    line(check.passed || check.rule === "announced" ? "yes" : "no", plain(check.rule), check.sentence);
  const unasked = one.checks.filter(check => check.passed === null).map(check => plain(check.rule));
  if (unasked.length) line("unasked", "not asked", unasked.join(", "));
  const rowsOf = [["texts now", `${one.count}, expected ${one.baseline.toFixed(1)}`], ["texts earlier", `${one.earlier} at most`],
    ["is a word", percent(one.probability)], ["before it", side(one.left)], ["after it", side(one.right)]];
  if (one.sources !== null) rowsOf.push(["sources", one.sources]);
  if (one.pieces.length > 1) rowsOf.push(["is cut into", one.pieces.join(" | ")]);
  box.replaceChildren(titled(one.word), spoken("p", "", dated(one.verdict[0].toUpperCase() + one.verdict.slice(1)) + "."),
    chain(one.links, one.word), facts(rowsOf), make("h3", "", "rules, in the order they are asked"), rules,
    ...(one.examples.length ? [make("h3", "", "examples"), ...one.examples.map(example => quote(example.text, one.word))] : []));
}
