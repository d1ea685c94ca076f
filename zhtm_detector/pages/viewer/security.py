"""Who may talk to the viewer's server: this machine's browser, by a link that holds a secret.

Other pages in the same browser can send requests here too, and names of other hosts can be made to resolve to this
machine (DNS rebinding). So every request must name a host that we are, come from our own page, and hold the secret.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from typing import Any
from urllib.parse import parse_qs

MOST_BODY = 2**16  # bytes of a request
_MOST_QUERY = 2**10  # bytes
TOKEN = "token"  # in the link's query

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_HEADERS = {
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
_OWN = ("same-origin", "none")  # Sec-Fetch-Site of our page's requests, and of a link that was typed


class Guard:
    """An ASGI application around another one: it refuses what is not from the page of this server.

    Checked in this order: Host, Origin and Sec-Fetch-Site, secret, size of the body. A link with the secret sets a
    cookie and leads to the page without it, so that the secret stays in no history and no address that is copied.

    Parameters
    ----------
    app : callable
        The application to guard.
    host : str
        What the server listens on, as given: an address or a name.
    port : int
    token : str
        The secret.
    """

    def __init__(self, app: App, host: str, port: int, token: str) -> None:
        self._app, self._host, self._port, self._token = app, host.strip("[]").lower(), port, token
        self._cookie = f"zhtm-{port}"  # cookies are shared by all ports of a host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or hand it on."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # no WebSockets here
            await send({"type": "websocket.close", "code": 1008})
            return

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                named = {name.encode(): value.encode() for name, value in _HEADERS.items()}
                message["headers"] = [*message.get("headers", ()), *named.items()]
            await send(message)

        refusal = self._refusal(scope)
        if refusal is not None:
            await _answer(sent, *refusal)
        elif self._asked(scope):
            cookie = f"{self._cookie}={self._token}; Path=/; HttpOnly; SameSite=Strict"
            headers = [(b"location", b"/"), (b"set-cookie", cookie.encode())]
            await sent({"type": "http.response.start", "status": 303, "headers": headers})
            await sent({"type": "http.response.body"})
        else:
            body = await _body(receive)
            if body is None:
                await _answer(sent, 413, f"body: expected at most {MOST_BODY} bytes, got more")
            else:
                await self._app(scope, _once(body, receive), sent)

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        """Status and reason if the request is refused."""
        headers = _headers(scope)
        hosts, origins = headers.get("host", []), headers.get("origin", [])
        if len(hosts) != 1 or not self._is_us(hosts[0]):
            return 421, f"Host: expected this server, on port {self._port}"
        if len(origins) > 1 or (origins and origins[0] != f"http://{hosts[0]}"):
            return 403, "Origin: expected this server's own page"
        # A link in another program or page may lead here, but only to the page itself.
        site = headers.get("sec-fetch-site", ["none"])[-1]
        if site not in _OWN and not (scope["method"] == "GET" and scope["path"] == "/"):
            return 403, "Sec-Fetch-Site: expected this server's own page"
        if len(scope.get("query_string", b"")) > _MOST_QUERY:
            return 414, f"query: expected at most {_MOST_QUERY} bytes, got more"
        if not (self._asked(scope) or self._has_cookie(headers)):
            return 403, "token: expected the link that `zhtm view` printed, whole"
        return None

    def _is_us(self, host: str) -> bool:
        """Whether a Host header names this server: an address, localhost or the name that was asked for, and the port.

        A name that others chose could lead here; an address cannot be made to mean another machine.
        """
        name, _, port = host.rpartition(":")
        name = name.lower()
        if port != str(self._port) or not name:
            return False
        if name in ("localhost", self._host):
            return True
        try:
            address = ip_address(name[1:-1] if name.startswith("[") and name.endswith("]") else name)
        except ValueError:
            return False
        return address.is_loopback or not is_loopback(self._host)

    def _asked(self, scope: Scope) -> bool:
        """Whether the link itself holds the secret."""
        if scope["path"] != "/" or scope["method"] != "GET":
            return False
        try:
            given = parse_qs(scope.get("query_string", b"").decode("ascii"), max_num_fields=8).get(TOKEN, [])
        except ValueError:
            return False
        return len(given) == 1 and self._is_token(given[0])

    def _has_cookie(self, headers: dict[str, list[str]]) -> bool:
        for text in headers.get("cookie", []):
            try:
                morsel = SimpleCookie(text).get(self._cookie)
            except CookieError:
                continue
            if morsel is not None and self._is_token(morsel.value):
                return True
        return False

    def _is_token(self, text: str) -> bool:
        """Compare in constant time."""
        return secrets.compare_digest(text.encode(errors="replace"), self._token.encode())


def new_token() -> str:
    """Return a secret of 256 random bits."""
    return secrets.token_urlsafe(32)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a server on this address or name.

    Examples
    --------
    >>> [is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "example.org")]
    [True, True, True, False, False]
    """
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _headers(scope: Scope) -> dict[str, list[str]]:
    """Return the values of each header, by its name in small letters."""
    found: dict[str, list[str]] = {}
    for name, value in scope.get("headers", ()):
        found.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    return found


async def _body(receive: Receive) -> bytes | None:
    """Read a request's body; None if it is too long, whatever its header says."""
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return body
        body += bytes(message.get("body", b""))
        if len(body) > MOST_BODY:
            return None
        if not message.get("more_body", False):
            return body


def _once(body: bytes, receive: Receive) -> Receive:
    """Hand over a body that has been read, then what comes after it: that the other side has left."""
    left = [body]

    async def received() -> Message:
        return {"type": "http.request", "body": left.pop(), "more_body": False} if left else await receive()

    return received


async def _answer(send: Send, status: int, error: str) -> None:
    body = json.dumps({"error": error}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
