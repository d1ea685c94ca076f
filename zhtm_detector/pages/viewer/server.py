"""The viewer's server: one page, its modules, the parts of one recorded run, and the demos; nothing else."""

from __future__ import annotations

import re
import signal
import socket
from collections.abc import Callable
from typing import Any

import anyio.to_thread
import uvicorn
from anyio import CapacityLimiter, Lock
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.text import printable
from zhtm_detector.pages.viewer import live
from zhtm_detector.pages.viewer.assets import TYPES, assets, suffix
from zhtm_detector.pages.viewer.page import served_page
from zhtm_detector.pages.viewer.run import Run
from zhtm_detector.pages.viewer.security import TOKEN, App, Guard, is_loopback

HOST = "127.0.0.1"
_AT_ONCE = 2  # demos and parts that are worked on
_MOST_CONNECTIONS = 64
_RECORD = re.compile("[0-9]{1,15}", re.ASCII)


def application(run: Run | None, host: str, port: int, token: str) -> App:
    """Return the ASGI application.

    Parameters
    ----------
    run : Run, optional
        None: demos only.
    host : str
        What the server listens on.
    port : int
    token : str
        The secret that a request must hold.
    """
    title = run.title if run else "zhtm view"
    config = {"served": True, "title": title, "run": run is not None, "demos": list(live.DEMOS)}
    html, policy = served_page(title, config)
    limiter, one_at_a_time = CapacityLimiter(_AT_ONCE), Lock()

    async def page(request: Request) -> Response:
        return HTMLResponse(html, headers={"content-security-policy": policy})

    async def module(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in assets():
            raise HTTPException(404)
        return Response(assets()[name], media_type=TYPES[suffix(name)])

    async def header(request: Request) -> Response:
        if run is None:
            raise HTTPException(404)
        return JSONResponse(run.header)

    async def part(request: Request) -> Response:
        name = request.path_params["name"]
        if run is None or name not in run.parts:
            raise HTTPException(404)
        content = await anyio.to_thread.run_sync(run.parts[name], limiter=limiter)
        return Response(content, media_type="application/octet-stream")

    async def overlaps(request: Request) -> Response:
        text = request.path_params["record"]
        record = int(text) if _RECORD.fullmatch(text) else -1
        if run is None or run.overlaps is None or not 0 <= record < run.header["records"][1] - run.header["records"][0]:
            raise HTTPException(404)
        async with one_at_a_time:  # the reader keeps what it has read
            try:
                found = await anyio.to_thread.run_sync(run.overlaps, record, limiter=limiter)
            except InputError:  # a record before the model has columns
                raise HTTPException(404) from None
        return JSONResponse(found.tolist())

    async def demo(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in live.DEMOS:
            raise HTTPException(404)
        body = await request.body()
        try:
            return JSONResponse(await anyio.to_thread.run_sync(live.answer, name, body, limiter=limiter))
        except InputError as error:
            return _refusal(400, str(error))

    routes = [
        Route("/", page, methods=["GET"]),
        Route("/static/{name:path}", module, methods=["GET"]),
        Route("/run", header, methods=["GET"]),
        Route("/part/{name}", part, methods=["GET"]),
        Route("/overlaps/{record}", overlaps, methods=["GET"]),
        Route("/demo/{name}", demo, methods=["POST"]),
    ]
    app = Starlette(routes=routes, exception_handlers={HTTPException: _http_error})
    app.router.redirect_slashes = False
    return Guard(app, host, port, token)


async def _http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    known = {404: "no such page", 405: "no such method here"}
    return _refusal(status, f"{printable(request.url.path, 100)}: {known.get(status, 'refused')}")


def _refusal(status: int, message: str) -> Response:
    return JSONResponse({"error": message}, status)


def open_socket(host: str, port: int) -> socket.socket:
    """Listen; port 0 is any that is free.

    Raises
    ------
    InputError
        When that cannot be: the port is taken, or the address is not this machine's.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(
            f"--host {printable(host, 60)} --port {port}: cannot be listened on ({reason}); expected an address of "
            "this machine and a free port"
        ) from None


def link_to(host: str, port: int, token: str) -> str:
    """Return the link that opens the page."""
    name = host if is_loopback(host) else socket.gethostname() if host in ("0.0.0.0", "::") else host
    return f"http://{f'[{name}]' if ':' in name else name}:{port}/?{TOKEN}={token}"


def serve(app: App, listener: socket.socket, ready: Callable[[], None]) -> None:
    """Answer requests until the process is told to end, which is the usual end of a server."""
    settings: dict[str, Any] = {"lifespan": "off", "ws": "none", "access_log": False, "log_level": "error"}
    config = uvicorn.Config(app, server_header=False, limit_concurrency=_MOST_CONNECTIONS, **settings)
    server = uvicorn.Server(config)
    # The server ends at these by itself, in order, and then raises them again for whoever was to handle them before.
    before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGTERM)}
    if hasattr(signal, "SIGHUP"):  # a terminal that closes
        before[signal.SIGHUP] = signal.signal(signal.SIGHUP, server.handle_exit)
    try:
        ready()
        server.run(sockets=[listener])
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
