"""Merge YAML file, environment and command line into one validated `Config`.

Each section is a settings dataclass defined beside the code that uses it; a new field there needs no change here.
Precedence: defaults < preset < file < environment (`NEWWORDS_KAFKA__BOOTSTRAP_SERVERS`) < `--set section.key=value`.
Unknown keys are refused. All faults are collected and reported together; no message shows a secret.
"""

import argparse
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_type_hints

from sketches.pair_sketch import SketchSettings
from stream.config.han_variants import use_folding
from stream.config.presets import from_preset
from stream.config.raw_values import AUTO, RawValue, UnfitError, cut_short, from_environment, from_overrides
from stream.config.yaml_file import from_file
from stream.errors import UsageError
from stream.finder.settings import FinderSettings
from stream.log.settings import KafkaSettings, TopicSettings, prefixed
from stream.logs import LogSettings
from stream.outputs.webhook import WebhookSettings
from stream.rules.settings import NoveltySettings, TrendSettings
from stream.segmentation.pmi_model import CohesionSettings
from stream.segmentation.windows import WindowSettings
from stream.sources.source_options import overrides_of
from stream.sources.word_list_files import KnownWordsSettings
from stream.store.settings import StoreSettings
from stream.text.message import TextSettings
from stream.web.settings import ServerSettings


@dataclass(frozen=True, slots=True)
class Config:
    """All settings, one field for each section of config.yaml."""

    kafka: KafkaSettings = field(default_factory=KafkaSettings)
    topics: TopicSettings = field(default_factory=TopicSettings)
    text: TextSettings = field(default_factory=TextSettings)
    windows: WindowSettings = field(default_factory=WindowSettings)
    sketches: SketchSettings = field(default_factory=SketchSettings)
    cohesion: CohesionSettings = field(default_factory=CohesionSettings)
    finder: FinderSettings = field(default_factory=FinderSettings)
    novelty: NoveltySettings = field(default_factory=NoveltySettings)
    trends: TrendSettings = field(default_factory=TrendSettings)
    known_words: KnownWordsSettings = field(default_factory=KnownWordsSettings)
    server: ServerSettings = field(default_factory=ServerSettings)
    store: StoreSettings = field(default_factory=StoreSettings)
    log: LogSettings = field(default_factory=LogSettings)
    webhook: WebhookSettings = field(default_factory=WebhookSettings)


SECRET = ("password", "secret", "webhook.url", "server.token")
"""Values of settings with one of these in their names are never shown."""

SECTIONS: dict[str, Any] = {section.name: section.type for section in fields(Config)}
KEYS: dict[str, dict[str, Any]] = {
    name: get_type_hints(settings, include_extras=True) for name, settings in SECTIONS.items()
}
PATHS = ("finder.weights", "known_words.files", "known_words.deny", "known_words.allow", "kafka.sasl_password_file",
         "kafka.ssl_cafile", "kafka.ssl_certfile", "kafka.ssl_keyfile", "webhook.secret_file")  # fmt: skip
"""Settings that name files. In a configuration file they are relative to its folder, elsewhere to the working one."""


def config_of(args: argparse.Namespace) -> Config:
    """Load the configuration from parsed arguments and the environment; short options of a setting win."""
    config = load(args.config, os.environ, [*args.overrides, *overrides_of(args)], args.preset)
    use_folding(config.text.fold)
    return config


def load(path: str | None, environ: Mapping[str, str], overrides: Sequence[str], preset: str | None = None) -> Config:
    """Load and validate. Raises UsageError with one line for each fault: key, reason, value, where it was set."""
    faults: list[str] = []
    given = from_preset(preset, faults) if preset is not None else {}
    given |= from_file(path, faults) if path is not None else {}
    given |= from_environment(environ, faults)
    given |= from_overrides(overrides, faults)
    faults += _unknown(given)
    wrong: set[str] = set()
    sections = {}
    for name, settings in SECTIONS.items():
        values = {}
        for key, kind in KEYS[name].items():
            setting = f"{name}.{key}"
            if setting in given:
                try:
                    value = given[setting].read_as(kind)
                    values[key] = _within(given[setting].folder, value) if setting in PATHS else value
                except UnfitError as fault:
                    wrong.add(setting)
                    faults.append(_fault(setting, str(fault), str(given[setting]), given))
        sections[name] = settings(**values)
        for key, reason in sections[name].faults():
            wrong.add(f"{name}.{key}")
            faults.append(_fault(f"{name}.{key}", reason, _shown(getattr(sections[name], key)), given))
    config = Config(**sections)
    for rule, keys in RULES.items():
        if wrong.isdisjoint(keys) and (reason := rule(config)):
            faults.append(_fault(keys[0], reason, _shown(_value(config, keys[0])), given))
    if faults:
        raise UsageError("\n".join(faults))
    kafka, topics = prefixed(config.kafka, config.topics)
    return replace(config, kafka=kafka, topics=topics)


def half_life_spans_a_window(config: Config) -> str | None:
    """All texts of a window have the same weight, so the half-life must not be shorter than a window."""
    if config.sketches.half_life_s >= config.windows.length_s:
        return None
    return (
        f"must be at least windows.length_s ({config.windows.length_s}): pairs would be forgotten before their words "
        "are counted"
    )


def state_holds_the_sketches(config: Config) -> str | None:
    """A state larger than the limit would be refused when it is read back."""
    shape = config.sketches
    needed = shape.rows * (shape.char_width + shape.pair_width) * 8 + 8 * shape.candidates + (1 << 20)
    if needed <= config.kafka.max_state_bytes:
        return None
    return f"must be at least {needed}: so large is the state of sketches as configured"


def weights_can_be_read(config: Config) -> str | None:
    """A file of weights that is not there, or of other signs, stops nothing but the start."""
    if not config.finder.weights:
        return None
    from stream.config.weights_file import word_model_of  # the finder takes a while to import

    try:
        word_model_of(config.finder.weights)
    except UsageError as fault:
        return str(fault).removeprefix("finder.weights: ")
    return None


RULES: dict[Callable[[Config], str | None], tuple[str, ...]] = {
    half_life_spans_a_window: ("sketches.half_life_s", "windows.length_s"),
    state_holds_the_sketches: ("kafka.max_state_bytes", "sketches.rows", "sketches.pair_width", "sketches.candidates"),
    weights_can_be_read: ("finder.weights",),
}
"""Rules between sections and the settings each checks; a fault is reported for the first."""


def _unknown(given: Mapping[str, RawValue]) -> Iterator[str]:
    strange: set[str] = set()
    for name, one in given.items():
        section, _, key = name.partition(".")
        if section not in KEYS and section not in strange:
            strange.add(section)
            yield f"{name}: unknown section{_elsewhere(section) or _near(section, KEYS)} ({one.where})"
        elif section in KEYS and not key and one.value is not None:
            yield f"{name}: must be a section with keys ({one.where})"
        elif section in KEYS and key and key not in KEYS[section]:
            yield f"{name}: unknown key{_elsewhere(key) or _near(key, KEYS[section])} ({one.where})"


def _within(folder: str, value: Any) -> Any:
    """Return one or several paths relative to a folder; an empty one stays empty."""
    if isinstance(value, tuple):
        return tuple(_within(folder, one) for one in value)
    return str(Path(folder) / value) if value and folder not in ("", ".") else value


def _near(name: str, names: Collection[str]) -> str:
    close = get_close_matches(name, names, 1)
    return f", did you mean {close[0]}?" if close else ""


def _elsewhere(key: str) -> str:
    homes = [f"{section}.{key}" for section, keys in KEYS.items() if key in keys]
    return f", did you mean {' or '.join(homes)}?" if homes else ""


def _fault(setting: str, reason: str, shown: str, given: Mapping[str, RawValue]) -> str:
    """One line: what the value must be, what it is, why, and where it comes from."""
    where = given[setting].where if setting in given else "the default"
    if any(part in setting for part in SECRET) or not reason.startswith("must"):
        return f"{setting}: {reason} ({where})"
    must, colon, why = reason.partition(": ")
    return f"{setting}: {must}, {'but is' if must.startswith('must not ') else 'not'} {shown}{colon}{why} ({where})"


def _shown(value: Any) -> str:
    return AUTO if value is None else cut_short(repr(list(value) if isinstance(value, tuple) else value))


def _value(config: Config, setting: str) -> Any:
    section, _, key = setting.partition(".")
    return getattr(getattr(config, section), key)
