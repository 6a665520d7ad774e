"""Every compiled loop once, on a few characters: before a worker joins its group, so that no step has to wait for it.

What is kept from before is loaded in a third of a second; else it is compiled, which takes seconds, once on a machine.
"""

import numpy as np

from sketches.compiled import compiled
from sketches.pair_sketch import PairSketch, SketchSettings
from stream.stages.cohesion import CohesionSettings, StrongPairs, refresh
from stream.stages.copies import text_names
from stream.stages.runs import Alphabet
from stream.stages.segment import cut, with_compounds
from stream.stages.tally import tally
from stream.stages.text import Text
from stream.stages.words import count_words, merge


def warm_up() -> None:
    """Without numba there is nothing to wait for, and it takes no time."""
    if loops := compiled("stream.io.loops"):
        loops.split(np.frombuffer(b"", np.uint8), 0, 0)
    texts = [Text("天气好", 0.0, None, "", 0, number) for number in range(2)]
    runs = Alphabet(("han",)).runs([text.text for text in texts])
    sketch = PairSketch(SketchSettings(char_width=16, pair_width=16, candidates=16))
    sketch.add(tally(runs), 0.0, 1.0)
    model = refresh(sketch, 0.0, CohesionSettings(min_pmi=-9.0, min_count=1.0), StrongPairs.empty())
    text_names(runs)
    table = count_words(with_compounds(cut(runs, model), 4), texts, 12)
    merge([table, table])
