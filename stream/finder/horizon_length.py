"""The length of the horizon: which texts are the present and which are the past."""

from stream.finder.settings import DAY_S, FinderSettings

YOUNG = 3  # the past is to be twice as long as the horizon


def horizon_length(settings: FinderSettings, texts: int, age_s: float) -> float:
    """Return the length (s) for a stream of which `texts` texts over `known_s` seconds are known.

    It is the time in which `horizon_texts` texts come, within the shortest and the longest; less for a young stream.

    >>> [round(horizon_length(FinderSettings(), texts, 365 * DAY_S) / DAY_S) for texts in (100, 6000, 100_000)]
    [84, 46, 30]
    >>> horizon_length(FinderSettings(), 1000, 30 * DAY_S) / DAY_S
    10.0
    """
    rate = texts / max(age_s, DAY_S)
    wanted = min(settings.longest_horizon_s, settings.horizon_texts / rate if rate else settings.longest_horizon_s)
    return min(max(settings.shortest_horizon_s, wanted), age_s / YOUNG)
