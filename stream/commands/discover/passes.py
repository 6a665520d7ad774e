"""The two passes of `discover`: a source -> its strong pairs, then its words, counted in several threads.

A thread counts whole batches in tables of its own, which are added up at the end. Guarantee: counts are exact, so the
result does not depend on the number of threads. Cost: 20 MB a thread, 134 MB of text kept for the second pass, and the
tables of distinct pairs and words.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain

from stream.corpus.discover import Codes, DiscoverSettings, PairCounts, WordCounts, coded
from stream.in_threads import in_threads
from stream.outputs.progress import Progress
from stream.segmentation.adjacency_bitmap import AdjacencyBitmap
from stream.sources.two_pass import TwoPass
from stream.text.runs import U32

KEPT_CODES = 1 << 26  # characters that are not read again, two bytes each


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts of what was read in the first pass."""

    chars: int
    pairs: int


def strong_pairs(
    source: TwoPass, settings: DiscoverSettings, jobs: int, progress: Progress
) -> tuple[AdjacencyBitmap, Totals, list[Codes] | None]:
    """Run the first pass; return the strong pairs, and the text if it is not too long to keep.

    The counts of pairs, which need most memory, are freed before the second pass.
    """
    pairs, kept, room = PairCounts(), list[Codes](), KEPT_CODES
    for codes in _counted(source.first(), pairs, jobs):
        room -= len(codes)
        if room >= 0:
            kept.append(codes)
        else:
            kept.clear()
        progress.update(source.read_bytes, source.lines // 2)
    return pairs.strong(settings), Totals(pairs.chars, pairs.total), kept if room >= 0 else None


def words_between(batches: Iterator[Callable[[], Codes]], strong: AdjacencyBitmap, jobs: int) -> WordCounts:
    """Return the words of all batches, cut at every pair that is not strong."""
    words = WordCounts(strong)
    others = [words.another() for _ in range(1, jobs)]
    for _ in in_threads((partial(_count_words, batch) for batch in batches), [words, *others]):
        pass
    for other in others:
        words.absorb(other)
    return words


def again(
    source: TwoPass, kept: list[Codes] | None, progress: Progress, readings: int
) -> Iterator[Callable[[], Codes]]:
    """Read once more, or use the text kept from the first pass; yield functions that return the codes of a batch."""
    if kept is None:
        for read in source.second():
            yield partial(_coded, read)
            progress.update(source.read_bytes, source.lines // (readings + 1))
        return
    read_bytes, lines = source.read_bytes, source.lines
    for number, codes in enumerate(kept, 1):
        yield partial(_same, codes)
        done = readings + number / len(kept)
        progress.update(int(read_bytes * done), int(lines * done / (readings + 1)))


def _counted(batches: Iterator[Callable[[], U32]], pairs: PairCounts, jobs: int) -> Iterator[Codes]:
    """Count the pairs of all batches, and yield the codes of each. The first batch decides which pairs get a cell."""
    first = next(batches, None)
    if first is None:
        return
    codes = _count_pairs(first, pairs)
    yield codes
    second = next(batches, None)
    if second is None:
        return
    others = [pairs.another(codes) for _ in range(1, jobs)]
    tasks = (partial(_count_pairs, batch) for batch in chain((second,), batches))
    yield from in_threads(tasks, [pairs, *others])
    for other in others:
        pairs.absorb(other)


def _count_pairs(read: Callable[[], U32], pairs: PairCounts) -> Codes:
    codes = coded(read())
    pairs.add(codes)
    return codes


def _count_words(read: Callable[[], Codes], words: WordCounts) -> None:
    words.add(read())


def _coded(read: Callable[[], U32]) -> Codes:
    return coded(read())


def _same(codes: Codes) -> Codes:
    return codes
