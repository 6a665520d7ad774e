"""Which words are planted, when the texts come and which of them hold a word: decided before any text is written."""

from dataclasses import replace

import numpy as np
import pytest

from stream.simulation.planting import CHUNK, choose_plants, chunks, mention_share
from stream.simulation.settings import LANGUAGES, SimulateSettings
from stream.simulation.simulate import spoken_in

SETTINGS = SimulateSettings(texts=10_000, seed=4)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_planted_word_is_part_of_the_language_or_of_another(language: str) -> None:
    settings = replace(SETTINGS, language=language, plants=15, share=0.01)
    spoken = spoken_in(settings)
    words = [plant.word for plant in choose_plants(settings, spoken)]
    assert len(set(words)) == 45
    assert not any(word in known for word in words for known in spoken.words)
    assert not any(one in other for one in words for other in words if one != other)


def test_another_seed_plants_other_words() -> None:
    seeds = [replace(SETTINGS, language="zh", plants=4, seed=seed) for seed in (1, 2)]
    one, other = ({plant.word for plant in choose_plants(settings, spoken_in(settings))} for settings in seeds)
    assert one != other


def test_a_chunk_does_not_depend_on_how_many_follow() -> None:
    plants = choose_plants(SETTINGS, spoken_in(SETTINGS))
    short = replace(SETTINGS, texts=CHUNK)
    (first_s, _), *_ = chunks(SETTINGS, plants)
    ((only_s, marks),) = chunks(short, plants)
    assert np.array_equal(first_s, only_s)
    assert len(marks) == CHUNK


def test_no_text_holds_a_word_before_its_start() -> None:
    plants = choose_plants(SETTINGS, spoken_in(SETTINGS))
    marks = np.concatenate([marks for _, marks in chunks(SETTINGS, plants)])
    for number, plant in enumerate(plants):
        assert np.argmax(marks == number) >= plant.start * SETTINGS.texts


def test_no_shape_mentions_a_word_before_its_start() -> None:
    done = np.linspace(0, 0.499, 20)
    assert all(not mention_share(shape, done, 0.5).any() for shape in ("pulse", "ramp", "shift"))
