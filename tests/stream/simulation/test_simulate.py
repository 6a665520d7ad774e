"""A simulated stream has the promised properties, so that measurements on it are meaningful."""

import tracemalloc
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice, pairwise

import numpy as np
import pytest

from stream.simulation.planting import PULSE_SPAN
from stream.simulation.simulate import SHAPES, SimulatedText, SimulateSettings, planted, simulate

DAY = SimulateSettings(texts=20_000, rate=20_000 / 86_400, plants=4, seed=5)
PLAIN = SimulateSettings(texts=20_000, plant=(), rhythm=0.0, seed=5)


@pytest.fixture(scope="module")
def day() -> list[SimulatedText]:
    return list(simulate(DAY))


def test_the_same_seed_gives_the_same_stream(day: list[SimulatedText]) -> None:
    assert list(simulate(DAY)) == day


def test_another_seed_gives_another_stream_and_another_vocabulary() -> None:
    one, other = ([text.text for text in simulate(replace(PLAIN, texts=2000, seed=seed))] for seed in (1, 2))
    assert not set(one) & set(other)
    assert Counter("".join(one)).most_common(20) != Counter("".join(other)).most_common(20)


def test_there_are_as_many_texts_as_asked_for_sorted_by_time_in_whole_milliseconds(day: list[SimulatedText]) -> None:
    assert len(day) == DAY.texts
    assert all(a.at_s <= b.at_s for a, b in pairwise(day))
    assert day[0].at_s > DAY.start_s
    assert all(round(text.at_s, 3) == text.at_s for text in day)


@pytest.mark.parametrize(("shortest", "longest"), [(8, 40), (8, 16), (30, 60), (100, 140)])
def test_every_text_is_as_long_as_asked_for(shortest: int, longest: int) -> None:
    lengths = [
        len(t.text) for t in simulate(SimulateSettings(texts=3000, shortest=shortest, longest=longest, plants=5))
    ]
    assert shortest <= min(lengths)
    assert max(lengths) <= longest


def test_planted_words_are_distinct_and_two_to_five_characters() -> None:
    words = [word.word for word in planted(replace(DAY, plants=16, share=0.01))]
    assert len(set(words)) == len(words) == 48
    assert {len(word) for word in words} == {2, 3, 4, 5}


def test_the_truth_is_what_a_search_through_the_texts_finds(day: list[SimulatedText]) -> None:
    truth = planted(DAY)
    assert Counter(word.shape for word in truth) == dict.fromkeys(SHAPES, 4)
    for word in truth:
        moments = [text.at_s for text in day if word.word in text.text]
        assert (len(moments), moments[0]) == (word.texts, word.first_at_s)


def test_no_planted_word_occurs_in_a_stream_without_plants(day: list[SimulatedText]) -> None:
    background = "\n".join(text.text for text in day[: int(0.4 * len(day))])
    assert not any(word.word in background for word in planted(DAY))


def test_the_truth_of_the_first_texts_is_the_truth_of_a_stream_cut_there(day: list[SimulatedText]) -> None:
    cut = 13_000
    counts = {word.word: word.texts for word in planted(DAY, cut)}
    found = {w.word: sum(w.word in text.text for text in day[:cut]) for w in planted(DAY)}
    assert counts == {word: texts for word, texts in found.items() if texts}


def held_by_bin(texts: list[SimulatedText], shape: str, bins: int) -> list[float]:
    """Texts with any planted word of that shape, bin by bin of equally many texts, from its first text on."""
    sums = np.zeros(bins)
    for word in planted(DAY):
        if word.shape == shape:
            holds = np.array([word.word in text.text for text in texts])
            sums += [part.sum() for part in np.array_split(holds[np.argmax(holds) :], bins)]
    return sums.tolist()


def test_a_pulse_is_a_short_burst_and_then_gone(day: list[SimulatedText]) -> None:
    for word in planted(DAY):
        if word.shape == "pulse":
            rows = [row for row, text in enumerate(day) if word.word in text.text]
            assert rows[-1] - rows[0] <= PULSE_SPAN * DAY.texts
            middle = rows[0] + PULSE_SPAN * DAY.texts / 2
            assert sum(row < middle for row in rows) > len(rows) / 2


def test_a_ramp_grows_evenly_to_the_end(day: list[SimulatedText]) -> None:
    counts = held_by_bin(day, "ramp", 4)
    assert counts == sorted(counts)
    slope, start = np.polyfit([1, 3, 5, 7], counts, 1)
    assert slope > 0
    assert np.allclose(counts, start + slope * np.array([1, 3, 5, 7]), atol=4 * max(counts) ** 0.5)
    assert counts[0] < counts[-1] / 3


def test_a_shift_goes_from_nothing_to_a_steady_rate(day: list[SimulatedText]) -> None:
    counts = held_by_bin(day, "shift", 5)
    mean = float(np.mean(counts))
    assert mean > 50
    assert all(abs(count - mean) < 4 * mean**0.5 for count in counts)


def test_a_ramp_ends_at_the_share_asked_for(day: list[SimulatedText]) -> None:
    tail = day[int(0.9 * len(day)) :]
    ramps = [word.word for word in planted(DAY) if word.shape == "ramp"]
    share = sum(word in text.text for word in ramps for text in tail) / len(ramps) / len(tail)
    assert 0.75 * DAY.share < share < 1.1 * DAY.share


def test_without_rhythm_the_rate_is_that_of_a_poisson_process() -> None:
    moments = np.array([text.at_s for text in simulate(PLAIN)]) - PLAIN.start_s
    assert abs(moments[-1] * PLAIN.rate - PLAIN.texts) < 4 * PLAIN.texts**0.5
    per_minute = np.bincount((moments // 60).astype(int))[:-1]
    assert 0.7 < per_minute.var() / per_minute.mean() < 1.4


def test_the_rate_swings_with_the_hour_and_is_greatest_at_three_in_china(day: list[SimulatedText]) -> None:
    hours = Counter(datetime.fromtimestamp(text.at_s, UTC).hour for text in day)
    mean = len(day) / 24
    for hour in range(23):  # from midnight; in the last one the stream ends
        expected = mean * (1 + DAY.rhythm * np.cos((hour + 0.5 - 7) / 24 * 2 * np.pi))
        assert abs(hours[hour] - expected) < 5 * expected**0.5


def test_the_background_is_stationary() -> None:
    """Of words and characters alike: no gram of one or two characters moves between the halves beyond chance."""
    texts = list(simulate(PLAIN))
    half = len(texts) // 2
    halves = [texts[:half], texts[half:]]
    spans = [part[-1].at_s - part[0].at_s for part in halves]
    assert abs(spans[0] / spans[1] - 1) < 0.05
    for grams in (1, 2):
        first, last = (
            Counter(g for text in part for g in {text.text[i : i + grams] for i in range(len(text.text) - grams + 1)})
            for part in halves
        )
        frequent = [gram for gram in first | last if first[gram] + last[gram] >= 50]
        assert len(frequent) > 500
        sigmas = [abs(first[gram] - last[gram]) / (first[gram] + last[gram]) ** 0.5 for gram in frequent]
        assert max(sigmas) < 5
        assert 0.8 < float(np.mean(np.square(sigmas))) < 1.2


def test_words_are_in_use_from_the_start() -> None:
    texts = [text.text for text in simulate(PLAIN)]
    early = Counter("".join(texts[:4000]))
    everywhere = Counter("".join(texts))
    assert all(character in early for character, count in everywhere.items() if count >= 100)


def test_sources_have_zipf_sized_shares() -> None:
    counts = Counter(text.source for text in simulate(PLAIN))
    ranked = [count for _, count in counts.most_common()]
    assert len(ranked) == PLAIN.sources
    assert abs(ranked[0] / ranked[1] - 2) < 0.2
    assert abs(ranked[0] / ranked[9] - 10) < 2


def test_copies_are_as_many_as_asked_for_and_never_hold_a_planted_word() -> None:
    settings = SimulateSettings(texts=10_000, copies=0.3, seed=3)
    texts = [text.text for text in simulate(settings)]
    repeated = len(texts) - len(set(texts))
    assert abs(repeated / len(texts) - 0.3) < 0.03
    words = [word.word for word in planted(settings)]
    assert [sum(word in text for text in texts) for word in words] == [word.texts for word in planted(settings)]
    assert all(n == 1 for text, n in Counter(texts).items() if any(word in text for word in words))


def test_without_copies_nearly_every_text_is_its_own() -> None:
    texts = [text.text for text in simulate(PLAIN)]
    assert len(set(texts)) > 0.99 * len(texts)


def test_a_longer_stream_takes_no_more_memory() -> None:
    def peak(texts: int) -> int:
        settings = replace(PLAIN, texts=texts, copies=0.1)
        next(simulate(settings))  # the language is kept, once
        tracemalloc.start()
        for _ in simulate(settings):
            pass
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(60_000) < 1.2 * peak(15_000)


def test_an_endless_stream_starts_at_once() -> None:
    assert len(list(islice(simulate(replace(PLAIN, texts=10**12)), 10))) == 10


def test_no_texts_give_an_empty_stream_and_nothing_planted() -> None:
    none = replace(DAY, texts=0)
    assert list(simulate(none)) == []
    assert planted(none) == []
