"""Builds the page from `assets` as one file, with a Content-Security-Policy that allows only its own script and
style.
"""

import base64
import hashlib
import re
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stream.web.answers import etag_of, unless_known

SCRIPTS = ("base", "address", "curves", "rows", "stories", "review", "explain", "main")
"""In the order they run; each uses what stands before it."""


def page_route() -> Route:
    """The route `/`."""
    html = assembled()
    etag, policy = etag_of(html), _policy(html.decode())

    async def answer(request: Request) -> Response:
        found = unless_known(request, html, etag, "text/html")
        found.headers["Content-Security-Policy"] = policy
        return found

    return Route("/", answer)


def assembled() -> bytes:
    """Return the page with its style and script inlined."""
    assets = files("stream.desk").joinpath("assets")
    script = "".join(assets.joinpath(f"{name}.js").read_text("utf-8") for name in SCRIPTS)
    html = assets.joinpath("page.html").read_text("utf-8")
    return (
        html.replace("/*style.css*/", assets.joinpath("style.css").read_text("utf-8"))
        .replace("/*script*/", script)
        .encode()
    )


def _policy(html: str) -> str:
    """Return the policy: only this script and style may run, and requests go only to this server."""
    hashes = {tag: _hash(*re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.S)) for tag in ("script", "style")}
    return (
        f"default-src 'none'; script-src {hashes['script']}; style-src {hashes['style']}; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
