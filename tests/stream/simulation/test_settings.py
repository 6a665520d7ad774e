"""Every setting of a simulated stream that is out of range is named with its reason."""

from dataclasses import replace

import pytest

from stream.simulation.settings import COINED, LANGUAGES, SimulateSettings
from stream.simulation.simulate import spoken_in

OUT_OF_RANGE: dict[str, object] = {
    "texts": -1, "rate": 0.0, "plant": ("spike",), "plants": 0, "share": 0.3, "copies": 1.0, "seed": -1,
    "longest": 15, "shortest": 1, "rhythm": 1.0, "sources": 0, "vocabulary": 0, "language": "la",
}  # fmt: skip


def test_the_default_settings_have_no_faults() -> None:
    assert SimulateSettings().faults() == []


@pytest.mark.parametrize(("key", "value"), OUT_OF_RANGE.items())
def test_a_setting_out_of_range_is_named(key: str, value: object) -> None:
    wrong = replace(SimulateSettings(), **{key: value})  # type: ignore[arg-type]
    assert [name for name, _ in wrong.faults()] == [key]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_more_words_can_be_planted_than_the_language_has_coined(language: str) -> None:
    most = SimulateSettings(language=language, plant=("shift",), plants=COINED.get(language, 1000), share=0.0001)
    assert most.faults() == []
    if language in COINED:
        assert [key for key, _ in replace(most, plants=most.plants + 1).faults()] == ["plants"]


@pytest.mark.parametrize("language", COINED)
def test_the_number_of_coined_words_is_that_of_the_language(language: str) -> None:
    assert sum(map(len, spoken_in(SimulateSettings(language=language)).coined)) == COINED[language]
