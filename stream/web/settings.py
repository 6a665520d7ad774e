"""Settings of the section `server`: where it listens, who may read and who may write."""

import hashlib
import hmac
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

from stream.errors import UsageError

SHORTEST_TOKEN = 16
FIRST_PORT = 9464
Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Settings of the HTTP server.

    `port` is None for auto (FIRST_PORT or the next free port) and -1 for no server. `private` requires the token for
    reading too. `user_header` names the reviewer; it is only accepted from `proxies`.
    """

    host: str = "0.0.0.0"
    port: int | None = FIRST_PORT
    top_words: int = 20
    page_words: int = 100
    hosts: tuple[str, ...] = ()
    token: str = field(default="", repr=False)
    token_file: str = ""
    private: bool = False
    proxies: tuple[str, ...] = ()
    user_header: str = ""

    @property
    def is_on(self) -> bool:
        """Whether the process opens a port."""
        return self.port != -1

    def faults(self) -> list[tuple[str, str]]:
        """Return a (key, reason) for each value that is not allowed."""
        wrong = []
        if self.port is not None and not -1 <= self.port <= 65535:
            wrong.append(("port", "must be 1 to 65535, auto for the next free one, 0 for any, or -1 for none"))
        if self.top_words < 0:
            wrong.append(("top_words", "must be at least 0"))
        if self.page_words < 1:
            wrong.append(("page_words", "must be at least 1"))
        return wrong + self._access_faults()

    def _access_faults(self) -> list[tuple[str, str]]:
        wrong = []
        if self.token and self.token_file:
            wrong.append(("token", "must not be given beside token_file"))
        if self.token and not _fit(self.token):
            wrong.append(("token", f"must have at least {SHORTEST_TOKEN} printable ASCII characters, and no spaces"))
        if self.token_file and not Path(self.token_file).is_file():
            wrong.append(("token_file", "must name a file that is there"))
        if any(network_of(one) is None for one in self.proxies):
            wrong.append(("proxies", "must be addresses or networks such as 10.0.0.5 or 10.0.0.0/24"))
        if bool(self.proxies) != bool(self.user_header):
            wrong.append(("user_header", "and proxies belong together: give both or neither"))
        if self.private and not (self.token or self.token_file or self.user_header):
            wrong.append(("private", "must have token, token_file or user_header beside it: else nobody could read"))
        return wrong


def network_of(text: str) -> Network | None:
    """Return the network of an address or prefix; None if it is neither."""
    try:
        return ip_network(text)
    except ValueError:
        return None


def token_of(settings: ServerSettings) -> str:
    """Return the token, from the settings or its file; empty without one.

    Raises UsageError if the file cannot be read or holds no token.
    """
    token = settings.token
    if settings.token_file:
        try:
            token = Path(settings.token_file).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"server.token_file: cannot be read: {error}") from error
        if not _fit(token):
            raise UsageError(f"server.token_file: must hold {SHORTEST_TOKEN} or more printable ASCII characters")
    return token


def token_digest(settings: ServerSettings) -> bytes | None:
    """Return the digest of the token from the settings or its file, None without one.

    Raises UsageError if the file cannot be read or holds no token.
    """
    token = token_of(settings)
    return hashlib.sha256(token.encode()).digest() if token else None


def is_token(given: str, digest: bytes | None) -> bool:
    """Whether this is the token; the comparison takes the same time for right and wrong ones."""
    found = hashlib.sha256(given.encode("utf-8", "surrogateescape")).digest()
    return digest is not None and hmac.compare_digest(found, digest)


def _fit(token: str) -> bool:
    return len(token) >= SHORTEST_TOKEN and token.isascii() and token.isprintable() and " " not in token
