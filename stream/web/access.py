"""Decides whether a request may read or write: by its Host header, its token, or the user name that a trusted proxy
gives.

A page of another site can make a browser send requests to this server (DNS rebinding), but only with that site's host
name; so with `server.hosts` a request for a name that is not listed is refused. An IP address as Host is always
accepted. Writing needs the token, or a proxy at one of `server.proxies` that authenticates users and puts their name
into `server.user_header`. A request that a browser sends on behalf of another site never writes.
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import unquote, urlsplit

from starlette.requests import HTTPConnection

from stream.web.settings import ServerSettings, is_token, network_of, token_digest

MOST_NAME_CHARS = 100
READING = ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Status and reason of a refused request."""

    status: int
    reason: str


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks: `name` as the proxy gives it, empty with a token or without either.

    `writes` whether writing is allowed.
    """

    name: str
    writes: bool


class Access:
    """The access rules of the configuration. Raises UsageError if the token file holds no token."""

    def __init__(self, settings: ServerSettings) -> None:
        self._settings, self._digest = settings, token_digest(settings)
        self._hosts = frozenset(host.lower() for host in settings.hosts)
        self._proxies = [network for one in settings.proxies if (network := network_of(one))]

    @property
    def writable(self) -> bool:
        """Whether the configuration allows anyone to write."""
        return self._digest is not None or bool(self._proxies)

    def ask(self, request: HTTPConnection, public: bool) -> Visitor | Refusal:
        """Return the visitor, or why the request is refused.

        `public` paths hold no words and are open to all, under any name.
        """
        if self._hosts and not public and not self._is_named(request.headers.get("host", "")):
            return Refusal(421, "server.hosts does not list the name this was asked for")
        visitor = self._visitor(request)
        if visitor.writes and request.scope["method"] not in READING and not _same_site(request):
            return Refusal(403, "a page of another site may not write here")
        if not visitor.writes and self._settings.private and not public:
            return Refusal(401, "this server is private: a token is needed")
        return visitor

    def _visitor(self, request: HTTPConnection) -> Visitor:
        name = request.headers.get(self._settings.user_header, "") if self._settings.user_header else ""
        if name.strip() and self._is_proxy(request):
            return Visitor(unquote(name).strip()[:MOST_NAME_CHARS], True)
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        return Visitor("", kind.lower() == "bearer" and is_token(token.strip(), self._digest))

    def _is_proxy(self, request: HTTPConnection) -> bool:
        address = _address(request.client.host if request.client else "")
        return any(address in network for network in self._proxies) if address else False

    def _is_named(self, host: str) -> bool:
        name = _name_of(host)
        return _address(name) is not None or name in self._hosts


def _name_of(host: str) -> str:
    """Return the name or address of a Host header, without its port."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _same_site(request: HTTPConnection) -> bool:
    """Whether a request comes from this site or from a program: browsers set these headers and no page can forge
    them.
    """
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc.lower() == request.headers.get("host", "").lower()
