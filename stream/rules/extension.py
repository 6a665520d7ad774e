"""a piece whose neighbour is nearly always the same + texts that contain it -> the longer word it is a part of.

漫长 | 的 | 季节 is cut where its links are weak; but when 漫长 bursts and 的季节 follows it each time, the news is
漫长的季节. The piece grows by one character after the other, right and left, as long as nearly all of its texts have
it. It works on the examples that word tables keep, so it needs no memory of its own.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from stream.events.events import Neighbours
from stream.rules.evidence import neighbours_of
from stream.text.runs import fold_characters


@dataclass(frozen=True, slots=True)
class Grown:
    """A longer word as its first text writes it, the texts that contain it (by number), and its neighbours in them."""

    word: str
    texts: tuple[int, ...]
    left: Neighbours
    right: Neighbours


def grow(
    piece: str, texts: Sequence[str], share: float, least: int, longest: int, joined: Callable[[str], bool]
) -> Grown | None:
    """The longest word around a folded piece that more than `share` of its texts, and `least`, have; None for itself.

    It ends where the texts are cut: between two characters that are not `joined`.

    >>> texts = ["漫长的季节定档", "看漫长的季节", "漫长的季节 秦昊"]
    >>> grown = grow("漫长", texts, 0.8, 3, 12, {"漫长", "季节", "定档"}.__contains__)
    >>> grown.word, grown.texts, grown.right
    ('漫长的季节', (0, 1, 2), Neighbours(distinct=1, top_share=0.3333))
    """
    folded = [fold_characters(text) for text in texts]
    found = {number: at for number, text in enumerate(folded) if (at := text.find(piece)) >= 0}

    def letter(number: int, offset: int) -> str:
        place = found[number] + offset
        one = folded[number][place] if 0 <= place < len(folded[number]) else ""
        return one if one.isalnum() else ""

    def ends(offset: int) -> bool:
        pairs = [(letter(number, offset - 1), letter(number, offset)) for number in having]
        cut = [not (one and other and joined(one + other)) for one, other in pairs]
        return sum(cut) > share * len(cut)

    having, before, behind = list(found), 0, len(piece)  # the word reaches from place - before to place + behind
    moved = True
    while moved and before + behind < longest:
        moved = False
        for offset, left, right in ((behind, 0, 1), (-before - 1, 1, 0)):
            most, count = _most(letter(number, offset) for number in having)
            if count > share * len(having) and count >= least and before + behind < longest:
                having = [number for number in having if letter(number, offset) == most]
                before, behind, moved = before + left, behind + right, True
    while before and not ends(-before):
        before -= 1
    while behind > len(piece) and not ends(behind):
        behind -= 1
    if before + behind == len(piece):
        return None
    first = having[0]
    sides = [Counter(letter(number, offset) for number in having) for offset in (-before - 1, behind)]
    word = texts[first][found[first] - before : found[first] + behind]
    return Grown(word, tuple(having), *map(neighbours_of, sides))


def _most(letters: Iterable[str]) -> tuple[str, int]:
    named = Counter(letter for letter in letters if letter)
    return named.most_common(1)[0] if named else ("", 0)
