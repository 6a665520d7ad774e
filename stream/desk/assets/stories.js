// Stories: a card for what the same texts carry, with its words.
function cards(stories) {
  $("stories").replaceChildren(...stories.map(one => {
    const best = one.words[0], spark = picture("spark"), card = make("li", "card sheet");
    draw(spark, best.curve?.texts ?? [], 24);
    card.append(spoken("h2", "", best.word), make("p", "", `${one.words.length === 1 ? "one word" : `${one.words.length} words`}, at most ${one.count} texts, ${ago(one.updated, asOf)}`), spoken("p", "", best.example ?? ""),
      make("div", "buttons", undefined, ...one.words.slice(0, 12).map(word => button(word.word, () => go({ view: "words", story: word.story ?? "", q: word.story ? "" : word.word, word: word.word })))));
    return card;
  }));
}
