"""The file of `finder.weights` -> the word model; without a file, the model that ships with the package.

A JSON object: `signs` has for each sign its mean, its spread, and the weights of its z-score and of the square of that;
`bias` is the constant. `new-words fit` writes it. A file for other signs, from another version of the package, is
refused, because its weights would mean something else.
"""

import math
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import orjson

from stream.config.config import Config
from stream.errors import UsageError
from stream.finder.finder import MODEL
from stream.finder.settings import FinderSettings
from stream.finder.signs import NAMES
from stream.finder.word_model import WordModel

FORMAT = 1


def finder_arguments(config: Config) -> tuple[FinderSettings, int, float, bool, WordModel]:
    """Return the arguments with which a `Finder` of this configuration is made."""
    novelty, trends = config.novelty, config.trends
    model = word_model_of(config.finder.weights)
    return config.finder, config.sketches.fixed_seed, novelty.memory, trends.takes_old_words, model


def word_model_of(path: str) -> WordModel:
    """Return the model of the configuration. Raises UsageError that names the file."""
    return _read(path) if path else MODEL


@lru_cache(8)
def _read(path: str) -> WordModel:
    try:
        return decode_weights(Path(path).read_bytes())
    except OSError as error:
        raise UsageError(f"finder.weights: {path}: {error.strerror or error}") from error
    except ValueError as fault:
        raise UsageError(f"finder.weights: {path}: {fault}") from fault


def encode_weights(model: WordModel, about: Mapping[str, object]) -> bytes:
    """Encode a model; `about` says, for people, what it was fitted on."""
    columns = zip(model.mean, model.spread, model.linear, model.square, strict=True)
    signs = {name: [float(f"{value:.6g}") for value in row] for name, row in zip(NAMES, columns, strict=True)}
    fields = {"format": FORMAT, "about": dict(about), "bias": float(f"{model.bias:.6g}"), "signs": signs}
    return orjson.dumps(fields, option=orjson.OPT_INDENT_2) + b"\n"


def decode_weights(content: bytes) -> WordModel:
    """Decode a model. Raises ValueError if this version cannot use it."""
    try:
        fields = orjson.loads(content)
        if fields["format"] != FORMAT:
            raise ValueError(f"weights of format {fields['format']}, but only {FORMAT} can be read")
        weights = {str(name): tuple(map(float, row)) for name, row in fields["signs"].items()}
        bias = float(fields["bias"])
    except (KeyError, TypeError, AttributeError, OverflowError, orjson.JSONDecodeError) as fault:
        raise ValueError(f"not a file of weights, as new-words fit writes them: {fault}") from fault
    if not all(len(row) == 4 and all(map(math.isfinite, row)) and row[1] > 0 for row in weights.values()):
        raise ValueError("each sign has a mean, a spread above 0, and two weights")
    if not math.isfinite(bias):
        raise ValueError("the bias is no number")
    if weights.keys() != set(NAMES):
        raise ValueError("weights of other signs than this version has: fit them anew")
    return WordModel.of({name: weights[name] for name in NAMES}, bias, NAMES)
