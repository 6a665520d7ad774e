"""Removes what may be secret from a URL, for messages, names and positions.

Scheme, user, hosts, path and the names of query parameters are shown. The password and all values of the query are
hidden, because drivers accept passwords there under various names. A password may contain an unescaped `@`, so
everything up to the last one is hidden; if one follows a question mark, nothing is shown.
"""

import re

HIDDEN = "***"
_URL = re.compile(r"(?P<scheme>[A-Za-z][\w+.-]*://)(?P<rest>.*)", re.S)
_IN_TEXT = re.compile(r"[A-Za-z][\w+.-]*://\S+")


def masked(url: str) -> str:
    """Return the URL without secrets; text that is not a URL is returned unchanged.

    >>> masked("postgresql://me:p@ss/word@db:5432/forum?password=x&ssl=1")
    'postgresql://me:***@db:5432/forum?password=***&ssl=***'
    """
    found = _URL.fullmatch(url)
    if found is None:
        return url
    place, mark, query = found["rest"].partition("?")
    if "@" in query:  # who knows where a password ends
        return f"{found['scheme']}{HIDDEN}"
    login, at, place = place.rpartition("@")
    user, colon, _ = login.partition(":")
    return f"{found['scheme']}{user}{colon}{HIDDEN if colon else ''}{at}{place}{mark}{_query(query)}"


def masked_in(text: str) -> str:
    """Return a text, such as a driver's message, with every URL in it masked."""
    return _IN_TEXT.sub(lambda found: masked(found[0]), text)


def _query(query: str) -> str:
    pairs = [pair.partition("=") for pair in query.split("&")]
    return "&".join(f"{name if sign else name and HIDDEN}{sign}{HIDDEN if sign else ''}" for name, sign, _ in pairs)
