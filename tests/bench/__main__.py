"""`make bench`: our counting against the obvious way, side by side in one run; ratios, for machines are noisy."""

import sys
import time
from collections.abc import Callable
from itertools import pairwise

from datasketches import count_min_sketch

from sketches.count_min import CountMin
from stream.stages.runs import Alphabet
from stream.stages.simulate import SimulateSettings, simulate
from stream.stages.tally import tally

ROUNDS = 3
SHAPE = (4, 1 << 20, 9001)


def main() -> int:
    """Print how many times faster a batch goes into our sketch than pair by pair into the library's."""
    texts = [text.text for text in simulate(SimulateSettings(texts=20_000))]
    pairs = [pair.item() for pair in tally(Alphabet(("han", "latin", "digit")).runs(texts)).pairs]
    print(f"{len(texts):,} texts, {len(pairs):,} distinct pairs, best of {ROUNDS}")

    def ours() -> None:
        counts = tally(Alphabet(("han", "latin", "digit")).runs(texts))
        CountMin(*SHAPE).add(counts.pairs, counts.pair_counts)

    def library() -> None:
        sketch = count_min_sketch(*SHAPE)
        for text in texts:
            for left, right in pairwise(text):
                if left.isalnum() and right.isalnum():
                    sketch.update((ord(left) << 32) | ord(right))

    mine, theirs = _best(ours), _best(library)
    print(f"texts into a sketch of pairs: {mine:.3f} s, one update a pair: {theirs:.3f} s, ratio {theirs / mine:.1f}")
    return 0


def _best(act: Callable[[], None]) -> float:
    taken = []
    for _ in range(ROUNDS):
        began_s = time.perf_counter()
        act()
        taken.append(time.perf_counter() - began_s)
    return min(taken)


if __name__ == "__main__":
    sys.exit(main())
