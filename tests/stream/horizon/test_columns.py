"""Columns hold what was appended and not dropped, in bounded memory."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stream.horizon.columns import Columns


@given(st.lists(st.tuples(st.integers(0, 2_000), st.floats(0, 1)), max_size=12))
def test_columns_are_a_queue(steps: list[tuple[int, float]]) -> None:
    columns, exact, number = Columns(a=np.int64, b=np.float32), [], 0
    for more, share in steps:
        values = np.arange(number, number + more)
        columns.append(a=values, b=values / 2)
        exact += values.tolist()
        number += more
        gone = int(share * len(exact))
        columns.drop(gone)
        exact = exact[gone:]
        assert columns["a"].tolist() == exact
        assert len(columns) == len(columns["b"]) == len(exact)
    assert columns.dropped == number - len(exact)


def test_a_queue_of_constant_length_takes_constant_room() -> None:
    columns = Columns(a=np.int64)
    for _ in range(200):
        columns.append(a=np.zeros(1_000, np.int64))
        columns.drop(max(0, len(columns) - 3_000))
    assert len(columns._arrays["a"]) <= 1 << 14
