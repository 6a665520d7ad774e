"""A file of weights is the model it was written from, or is refused when the configuration is read."""

from pathlib import Path

import numpy as np
import orjson
import pytest

from stream.config.config import load
from stream.config.weights_file import decode_weights, encode_weights, word_model_of
from stream.errors import UsageError
from stream.finder.finder import MODEL
from stream.finder.signs import NAMES


def test_what_was_written_is_read() -> None:
    model = decode_weights(encode_weights(MODEL, {"words": 50}))
    signs = MODEL.mean + MODEL.spread * np.random.default_rng(1).normal(size=(50, len(NAMES)))
    assert np.abs(model.probabilities(signs) - MODEL.probabilities(signs)).max() < 1e-4
    assert word_model_of("") is MODEL


def changed(**fields: object) -> bytes:
    return orjson.dumps(orjson.loads(encode_weights(MODEL, {})) | fields)


@pytest.mark.parametrize("content", [
    b"", b"[]", b"{}", changed(format=2), changed(signs={}), changed(bias=None), changed(bias=float("inf")),
    changed(signs=dict.fromkeys(NAMES, (0, 0, 0, 0))), changed(signs=dict.fromkeys(NAMES, (0, 1, 0))),
    changed(signs=dict.fromkeys([*NAMES, "more"], (0, 1, 0, 0))), changed(signs=7),
])  # fmt: skip
def test_what_is_none_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError):
        decode_weights(content)


def test_a_configuration_with_such_a_file_does_not_start(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_bytes(b"{}")
    (tmp_path / "mine.yaml").write_text("finder: {weights: bad.json}\n")
    with pytest.raises(UsageError, match=r"finder.weights: .*bad.json: not a file of weights"):
        load(str(tmp_path / "mine.yaml"), {}, [])
    with pytest.raises(UsageError, match=r"finder.weights: .*none.json: No such file"):
        load(None, {}, ["finder.weights=none.json"])
    (tmp_path / "bad.json").write_bytes(encode_weights(MODEL, {}))
    assert load(str(tmp_path / "mine.yaml"), {}, []).finder.weights == str(tmp_path / "bad.json")
