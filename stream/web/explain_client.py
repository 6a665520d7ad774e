"""The client of `/api/explain`: asks a running service why a word was or was not announced.

Several processes may share one address, and only the announcer can answer; the others answer 503. So after a 503 the
question is asked again a few times, because the next connection may reach another process.
"""

import json
import time
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlsplit
from urllib.request import Request, urlopen

from stream.errors import SourceError, UsageError
from stream.trends.explain import Explanation, decode_explanation

TRIES = 8
PAUSE_S = 0.5
TIMEOUT_S = 15.0  # a little more than the service takes to say that it is busy
MOST_BYTES = 1 << 20


def explanation_from(url: str, word: str, token: str = "") -> Explanation:
    """Ask a service and return its explanation; `token` is needed for a private server.

    Raises UsageError for an invalid address or a refused word, SourceError with the reason for any other failure.
    """
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
        raise UsageError(f"--url {url}: must be http://host:port")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    asked = Request(f"{url.rstrip('/')}/api/explain?word={quote(word)}", headers=headers)
    for left in reversed(range(TRIES)):
        try:
            with urlopen(asked, timeout=TIMEOUT_S) as answer:
                return decode_explanation(answer.read(MOST_BYTES))
        except HTTPError as error:
            with error:
                reason = _reason(error)
            if error.code == 400:
                raise UsageError(f"WORD: {reason}") from error
            if error.code != 503 or not left:
                break
            time.sleep(PAUSE_S)
        except (OSError, HTTPException, ValueError) as error:
            why = error.reason if isinstance(error, URLError) else error
            raise SourceError(f"{url}: no explanation: {why}") from error
    raise SourceError(f"{url}: {reason}")


def _reason(error: HTTPError) -> str:
    if error.code == 401:
        return "the server is private: give it its token (NEWWORDS_SERVER__TOKEN, or server.token_file)"
    if error.code == 404:
        return "nothing there explains words; ask a process of role segment"
    try:
        return str(json.loads(error.read(MOST_BYTES))["error"])
    except (OSError, ValueError, KeyError, TypeError):
        return f"HTTP {error.code}"
