"""A URL -> the same without what may be secret in it, for messages, names and positions.

Shown are scheme, user, hosts, path and the names of the query; hidden the password, and every value of the query, for
drivers take passwords there under names of their own. A password may hold an `@` that was not escaped: all up to the
last one is taken for it, and where one stands behind a question mark nothing is shown at all.
"""

import re

HIDDEN = "***"
_URL = re.compile(r"(?P<scheme>[A-Za-z][\w+.-]*://)(?P<rest>.*)", re.S)
_IN_TEXT = re.compile(r"[A-Za-z][\w+.-]*://\S+")


def masked(url: str) -> str:
    """The URL without secrets; a text that is no URL comes back as it is.

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
    """A text, such as a driver's message, with every URL in it masked."""
    return _IN_TEXT.sub(lambda found: masked(found[0]), text)


def _query(query: str) -> str:
    pairs = [pair.partition("=") for pair in query.split("&")]
    return "&".join(f"{name if sign else name and HIDDEN}{sign}{HIDDEN if sign else ''}" for name, sign, _ in pairs)
