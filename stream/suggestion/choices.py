"""Statistics of a stream and a configuration -> each important key with its value, and the reason in plain sentences.

Values are those of the configuration; a value is changed only if a rule beside it says that this stream needs another.
What the finder derives from the stream is not set; the sentence says what it derived.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from math import ceil
from typing import Any

from stream.config.config import SECRET, Config
from stream.finder.finding import Choice
from stream.finder.settings import DAY_S
from stream.rules.settings import TrendSettings
from stream.suggestion.first_look import FirstLook, duration

CORE_A_SECOND = 100_000.0  # short texts that one process counts (`make bench`)
SCRIPTS_SHOWN = 4

TRENDS = {
    "novelty": "unseen: only words that were in two texts of the past at most are announced; any: old words that "
    "suddenly become frequent as well.",
    "events_a_day": "How many new words a day you wish, the best of the stream; 0 is no wish: all that are sure. "
    "The table at the end shows what a wish would change.",
    "min_texts": "So many different texts must hold a word before it is announced; if it is very surely a word, two "
    "fewer are enough. Lower is earlier and less sure. With a wish, three are enough.",
    "min_surprise": "How unlikely its frequency must be by chance, in powers of ten: 2 is one in a hundred. Where many "
    "candidates are judged a day, more is asked by itself. With a wish, 1 is enough.",
    "min_probability": "How probable it must be that a person would call it a word, by its neighbours and parts. Lower "
    "finds more words, and more that are none. With a wish, 0.2 is enough.",
}
"""What the keys of `trends` mean, whatever the stream."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A key of the configuration, its value, and the reason."""

    section: str
    key: str
    value: Any
    reason: str


def fitted(config: Config, look: FirstLook) -> Config:
    """Return the configuration adapted to the stream: `topics.raw_text_partitions` grows with the rate.

    A value that was set by hand is kept. (`trends.min_sources: 2` was tried for streams of many sources: it lost a
    tenth of the judged words of v2ex and gained nothing.)
    """
    topics = config.topics
    if topics.raw_text_partitions != Config().topics.raw_text_partitions:
        return config
    needed = ceil(look.a_day / DAY_S / CORE_A_SECOND * 2)
    return replace(config, topics=replace(topics, raw_text_partitions=max(needed, topics.raw_text_partitions)))


def choices(config: Config, look: FirstLook, found: Sequence[Choice], is_json: bool, guessed: bool) -> list[Setting]:
    """Return the choices in the order of config.yaml. `found` are the values that the finder derived."""
    told = list(_told(config, look, {one.key: one for one in found}, is_json, guessed))
    names = {(one.section, one.key) for one in told}
    others = [one for one in _given(config) if (one.section, one.key) not in names]
    order = [section.name for section in fields(Config)]
    return sorted((*told, *others), key=lambda one: order.index(one.section))


def _told(config: Config, look: FirstLook, found: dict[str, Choice], is_json: bool, guessed: bool) -> Iterator[Setting]:
    text, trends = config.text, config.trends
    yield Setting("topics", "raw_text_partitions", config.topics.raw_text_partitions,
                 f"For `run` on Kafka: at most so many processes share the reading. The stream has {rate(look)}; one "
                 f"process counts some {CORE_A_SECOND:,.0f} short texts a second.")  # fmt: skip
    if is_json:
        how = "None of the usual names held anything, so this one was guessed: please check." if guessed else ""
        yield Setting("text", "field", list(text.field), f"The field of a record that holds the text. {how}")
        yield Setting("text", "ts_field", list(text.ts_field), "The field that holds its time; a text without one gets "
                     "the time of the text before it, or on Kafka that of its record.")  # fmt: skip
        yield Setting(
            "text", "source_field", list(text.source_field), f"The field that says who wrote it. {_who(look)}"
        )
    else:
        yield Setting("text", "format", "plain", "Each line, or record, is a text; there is no JSON around it.")
    yield Setting("text", "scripts", list(text.scripts), f"Which scripts count; what does not count separates words. "
                 f"Here the characters are {_scripts(look)}.")  # fmt: skip
    yield Setting("text", "skip", list(text.skip), "What is no language and is passed over: links, @names, markup and "
                 f"the like. Here that is {look.skipped:.1%} of the characters.")  # fmt: skip
    yield Setting("finder", "horizon_texts", config.finder.horizon_texts, _horizon(look, found))
    yield Setting("finder", "copies", config.finder.copies, "So many texts are remembered to know copies by, and a "
                  f"text that is copied counts once. Here {look.copies:.1%} of the texts are copies of "
                  "another.")  # fmt: skip
    reach = duration(look.last_s - look.first_s)
    yield Setting("novelty", "memory_s", _auto(config.novelty.memory_s), "How many seconds back a word is looked for "
                 f"before it is called new; auto is a year. The texts looked at reach back {reach}.")  # fmt: skip
    reasons = {**TRENDS, "min_sources": f"So many different writers must use a word. {_min_sources(look, trends)}"}
    for key, reason in reasons.items():
        yield Setting("trends", key, getattr(trends, key), reason)


def _given(config: Config) -> Iterator[Setting]:
    """Yield the settings that differ from the defaults, without secrets and the addresses of brokers."""
    usual = Config()
    for section in fields(Config):
        mine, theirs = getattr(config, section.name), getattr(usual, section.name)
        for one in fields(mine):
            value, name = getattr(mine, one.name), f"{section.name}.{one.name}"
            if value != getattr(theirs, one.name) and not any(part in name for part in SECRET):
                shown = list(value) if isinstance(value, tuple) else _auto(value)
                yield Setting(
                    section.name, one.name, shown, "As you set it, or the preset does; config.yaml says what it means."
                )


def rate(look: FirstLook) -> str:
    """Return the rate of texts that are not copies, as a phrase."""
    a_second = look.a_day / DAY_S
    return f"about {look.a_day:,.3g} texts a day" if a_second < 1 else f"about {a_second:,.3g} texts a second"


def _who(look: FirstLook) -> str:
    if not look.sources:
        return "No text names one here."
    several = f"{look.sources:,} different ones" if look.sources > 1 else "a single one"
    loudest = f"; the one with the most texts has {look.loudest:.0%} of them" if look.sources > 1 else ""
    return f"Here {look.with_source:.0%} of the texts name one, {several} in all{loudest}."


def _scripts(look: FirstLook) -> str:
    shown = [f"{name} {share:.0%}" for name, share in look.scripts[:SCRIPTS_SHOWN] if share >= 0.005]
    return ", ".join(shown) or "of no known script"


def _horizon(look: FirstLook, found: dict[str, Choice]) -> str:
    said = ("The recent past, in which words are counted, reaches back as long as so many texts take to come (between "
            "30 and 84 days); while less than that is known of a stream, a third of what is known.")  # fmt: skip
    if "horizon_s" not in found:
        return said
    return f"{said} Here it is {duration(float(found['horizon_s'].value))}: {found['horizon_s'].reason}."


def _min_sources(look: FirstLook, trends: TrendSettings) -> str:
    if trends.min_sources:
        return "As you set it, or the preset does; what fewer use is taken for a habit of theirs."
    if look.sources > 1:
        return "0: it does not matter. 2 leaves out what one alone says again and again."
    return "0: it does not matter, and here it could not, for texts name no different ones."


def _auto(value: Any) -> Any:
    return "auto" if value is None else value
