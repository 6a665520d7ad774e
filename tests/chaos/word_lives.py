"""Records of new-words and of held words -> whether each word lived as it should, and each verdict took effect.

A life begins when a word emerges and ends when it is taken back, by a record without a value; after that it may begin
again. In a life a word emerges once, and rises or fades after that in order of time.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

import orjson

from stream.text.runs import fold_word
from stream.verdicts.verdict import ACCEPTED
from tests.chaos.verdict import Verdict

LIFE = re.compile("emerged( rising)*( faded)?")
Keyed = tuple[bytes | None, bytes | None]  # key and value of a record
Life = list[dict[str, str]]  # its events


def lives_of(records: Iterable[Keyed]) -> dict[str, list[Life]]:
    """By the word as it is counted, the life that goes on last; it is empty where the word was taken back."""
    lives: defaultdict[str, list[Life]] = defaultdict(lambda: [[]])
    for key, value in records:
        several = lives[fold_word((key or b"").decode())]
        if value is not None:
            several[-1].append(orjson.loads(value))
        elif several[-1]:
            several.append([])
    return dict(lives)


def check_events(verdict: Verdict, records: Sequence[Keyed], wanted: Collection[str]) -> None:
    """Every life of a word is one, no event of it comes twice, and the words wanted are there."""
    lives = lives_of(records)
    for word, several in lives.items():
        for life in filter(None, several):
            path = " ".join(event["status"] for event in life)
            times = [event["detected_at"] for event in life]
            again = len(life) - len({orjson.dumps(event) for event in life})
            if not LIFE.fullmatch(path) or times != sorted(times) or again:
                verdict.exceed(f"no life of a word: {word} {path} {times}")
            if strange := {event["word"] for event in life if fold_word(event["word"]) != word}:
                verdict.exceed(f"events of {strange} under the key {word}")
    if unheard := {fold_word(word) for word in wanted} - {word for word, several in lives.items() if any(several)}:
        verdict.lost += len(unheard)
        verdict.notes.append(f"not announced: {sorted(unheard)}")


def check_verdicts(
    verdict: Verdict, records: Sequence[Keyed], held: Sequence[Keyed], given: Mapping[str, Sequence[str]], hold: bool
) -> None:
    """`given` are the verdicts of each word, the last one holds; nothing befell a word of which there is none."""
    lives = lives_of(records)
    waiting = {fold_word((key or b"").decode()): value for key, value in held}
    for word, several in lives.items():
        said = given.get(word, ())
        if len(several) > 1 and not any(one != ACCEPTED for one in said):
            verdict.exceed(f"{word} was taken back, though nobody refused it")
        if hold and any(several) and ACCEPTED not in said:
            verdict.exceed(f"{word} was announced, though nobody accepted it")
    for word, said in given.items():
        stands = bool(lives.get(word, [[]])[-1])
        if said[-1] != ACCEPTED and stands:
            verdict.miss(f"{word} was refused, and stands on the topic")
        if said[-1] == ACCEPTED and word in waiting:
            if not stands:
                verdict.miss(f"{word} was held and accepted, and was not announced")
            if waiting[word] is not None:
                verdict.miss(f"{word} was accepted, and still waits")
