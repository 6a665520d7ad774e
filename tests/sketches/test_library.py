"""Our sketches and datasketches' have the same cells, are proven to have them, and stored ones can be read with it."""

import datasketches
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sketches import library
from sketches.count_min import CountMin
from sketches.hashing import DEFAULT_SEED
from sketches.library import StoredTable, cells_differ

SEEDS = st.one_of(st.just(DEFAULT_SEED), st.integers(0, (1 << 62) - 1))


@given(st.integers(1, 6), SEEDS)
def test_the_proof_holds_for_every_shape_and_seed(rows: int, seed: int) -> None:
    try:
        datasketches.count_min_sketch(rows, 3, seed)
    except ValueError:  # one seed in 65,536 has the hash that the library reserves
        return
    assert cells_differ(rows, seed) is None


def test_the_proof_fails_where_a_single_cell_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    class Wrong(CountMin):
        def add(self, *of: object, **named: object) -> np.ndarray:  # type: ignore[override]
            found = super().add(*of, **named)  # type: ignore[arg-type]
            self.table[0, 7] += 1
            return found

    monkeypatch.setattr(library, "CountMin", Wrong)
    assert "differs from that of datasketches" in str(cells_differ(4, DEFAULT_SEED))


@given(
    st.dictionaries(st.integers(0, 1 << 62), st.integers(1, 50), max_size=40), st.sampled_from([DEFAULT_SEED, 5, 77])
)
def test_a_stored_table_gives_the_same_estimates(counts: dict[int, int], seed: int) -> None:
    sketch = CountMin(3, 97, seed)
    items = np.array(list(counts), np.uint64)
    sketch.add(items, np.array(list(counts.values()), np.float64))
    stored = StoredTable(sketch.to_bytes(), seed)
    assert stored.total == sum(counts.values())
    assert [stored.estimate(item) for item in counts] == sketch.estimate(items).tolist()


def test_a_table_of_another_seed_is_refused() -> None:
    with pytest.raises(ValueError, match="seed"):
        StoredTable(CountMin(3, 97, 5).to_bytes(), 6)
