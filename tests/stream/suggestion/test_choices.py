"""Values stay as configured unless a rule asks for another, and each has its reason."""

from dataclasses import fields, replace

from stream.config.config import KEYS, Config
from stream.suggestion.choices import choices, fitted
from stream.suggestion.first_look import FirstLook

LOOK = FirstLook(texts=1000, first_s=0.0, last_s=86_400.0 * 100, copies=0.1, median_chars=20, long_chars=60,
                 scripts=(("han", 0.9), ("latin", 0.1)), skipped=0.02, sources=1, with_source=1.0, loudest=1.0,
                 hours=(1 / 24,) * 24, longest_pause_s=3600.0)  # fmt: skip


def test_each_choice_is_a_key_of_the_configuration_with_a_sentence() -> None:
    told = choices(Config(), LOOK, [], True, False)
    assert len(told) > 10
    for one in told:
        assert one.key in KEYS[one.section]
        assert one.reason.strip().endswith(".")
    order = [section.name for section in fields(Config)]
    assert [one.section for one in told] == sorted((one.section for one in told), key=order.index)


def test_a_fast_stream_gets_partitions_for_its_processes() -> None:
    fast = replace(LOOK, texts=1_000_000 * 86_400 * 100)
    assert fitted(Config(), LOOK).topics.raw_text_partitions == 4
    assert fitted(Config(), fast).topics.raw_text_partitions >= 9


def test_settings_made_by_hand_are_kept_and_listed_without_secrets() -> None:
    config = Config(trends=replace(Config().trends, rising_factor=5.0),
                    kafka=replace(Config().kafka, sasl_password="hush"))  # fmt: skip
    told = choices(fitted(config, LOOK), LOOK, [], True, False)
    assert ("trends", "rising_factor", 5.0) in [(one.section, one.key, one.value) for one in told]
    assert all(one.value != "hush" for one in told)


def test_plain_text_has_no_fields() -> None:
    keys = {(one.section, one.key) for one in choices(Config(), LOOK, [], False, False)}
    assert ("text", "format") in keys
    assert ("text", "field") not in keys
