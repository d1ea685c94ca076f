"""The viewer's server: who gets an answer, and that nothing but a short answer leaves it."""

from __future__ import annotations

import json
import socket
from typing import Any

import anyio
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytest.importorskip("starlette")
pytest.importorskip("httpx")
pytest.importorskip("uvicorn")

from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from zhtm_detector.common.errors import InputError
from zhtm_detector.pages.viewer import live
from zhtm_detector.pages.viewer.assets import assets
from zhtm_detector.pages.viewer.run import Run
from zhtm_detector.pages.viewer.security import MOST_BODY, is_loopback, new_token
from zhtm_detector.pages.viewer.server import application, link_to, open_socket

PORT = 8123
TOKEN = "s3cret"
US = f"127.0.0.1:{PORT}"


UNKNOWN = (
    *("/part/c", "/part/%2e%2e", "/part/%2e%2e%2fa", "/part/a/", "/x", "/static/vendor", "/static//etc/passwd"),
    *("/overlaps/0", "/overlaps/x", "/overlaps/-1", "/overlaps/" + "9" * 5000),
    *("/static/../server.py", "/static/%2e%2e/server.py", "/static/vendor/LICENSE-preact"),
)


def run_of_two_parts() -> Run:
    return Run("a <b>", {"what": "region"}, {"a": lambda: b"first", "b": lambda: b"second"})


def client_of(run: Run | None = None, host: str = "127.0.0.1", base: str = US) -> TestClient:
    app = application(run, host, PORT, TOKEN)
    return TestClient(app, base_url=f"http://{base}", raise_server_exceptions=True, follow_redirects=False)


@pytest.fixture(scope="module")
def client() -> TestClient:
    """One that came by the link."""
    client = client_of(run_of_two_parts())
    assert client.get(f"/?token={TOKEN}").status_code == 303
    return client


def test_the_link_leads_to_the_page_without_the_secret() -> None:
    client = client_of(run_of_two_parts())
    assert client.get("/").status_code == 403
    answer = client.get(f"/?token={TOKEN}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"zhtm-{PORT}=") and "HttpOnly" in cookie and "SameSite=Strict" in cookie
    page = client.get("/")
    assert page.status_code == 200
    assert TOKEN not in page.text
    assert "a &lt;b&gt;" in page.text and "<b>" not in page.text
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self' 'sha256-") and "unsafe" not in policy
    for name in ("x-content-type-options", "referrer-policy", "cross-origin-resource-policy", "x-frame-options"):
        assert name in page.headers


@pytest.mark.parametrize(
    "query", ["", "?token=", "?token=s3cre", f"?token={TOKEN}x", "?token=%F3", f"?token={TOKEN}&token=x"]
)
def test_a_wrong_secret(query: str) -> None:
    answer = client_of().get(f"/{query}")
    assert answer.status_code == 403
    assert "token" in answer.json()["error"]


@pytest.mark.parametrize("path", ["/run", "/part/a", "/static/main.js", "/demo/encoders", "/nothing"])
def test_nothing_without_the_secret(path: str) -> None:
    client = client_of(run_of_two_parts())
    assert client.get(path).status_code == 403
    assert client.get(f"{path}?token={TOKEN}").status_code == 403  # the page's link alone holds it


@pytest.mark.parametrize(
    "host",
    [f"evil.example:{PORT}", "127.0.0.1", "127.0.0.1:80", "", f"8.8.8.8:{PORT}", f"127.0.0.1.evil:{PORT}", "[::1", ":"],
)
def test_another_host(client: TestClient, host: str) -> None:
    answer = client.get("/", headers={"host": host})
    assert answer.status_code == 421
    assert answer.json()["error"].startswith("Host: expected this server")


@pytest.mark.parametrize("host", [f"localhost:{PORT}", f"[::1]:{PORT}", f"127.0.0.2:{PORT}"])
def test_names_of_this_machine(client: TestClient, host: str) -> None:
    assert client.get(f"/?token={TOKEN}", headers={"host": host}).status_code == 303


def test_on_all_addresses_an_address_is_enough_but_no_other_name() -> None:
    client = client_of(host="0.0.0.0")
    assert client.get(f"/?token={TOKEN}", headers={"host": f"192.168.1.7:{PORT}"}).status_code == 303
    assert client.get(f"/?token={TOKEN}", headers={"host": f"evil.example:{PORT}"}).status_code == 421
    named = client_of(host="lab.example")
    assert named.get(f"/?token={TOKEN}", headers={"host": f"LAB.example:{PORT}"}).status_code == 303


@pytest.mark.parametrize("origin", ["http://evil.example", "null", f"https://{US}", "http://127.0.0.1:1"])
def test_another_origin(client: TestClient, origin: str) -> None:
    answer = client.post("/demo/encoders", content=b"{}", headers={"origin": origin})
    assert (answer.status_code, answer.json()["error"]) == (403, "Origin: expected this server's own page")
    assert client.post("/demo/encoders", content=b"{}", headers={"origin": f"http://{US}"}).status_code == 200


def test_another_site(client: TestClient) -> None:
    foreign = {"sec-fetch-site": "cross-site"}
    assert client.post("/demo/encoders", content=b"{}", headers=foreign).status_code == 403
    assert client.get("/part/a", headers=foreign).status_code == 403
    assert client.get("/", headers=foreign).status_code == 200  # a link from somewhere


def test_a_body_that_is_too_long(client: TestClient) -> None:
    assert client.post("/demo/encoders", content=b" " * MOST_BODY + b"{}").status_code == 413
    pieces = (b" " * 1024 for _ in range(MOST_BODY // 1024 + 1))  # of no length that is told
    assert client.post("/demo/encoders", content=pieces).status_code == 413
    assert client.post("/demo/encoders", content=b"{}" + b" " * (MOST_BODY - 2)).status_code == 200


def test_parts_and_modules_by_their_exact_names(client: TestClient) -> None:
    assert client.get("/run").json() == {"what": "region"}
    assert client.get("/part/b").content == b"second"
    for name, text in assets().items():
        answer = client.get(f"/static/{name}")
        assert answer.text == text
        assert answer.headers["content-type"].split(";")[0] in ("text/javascript", "text/css")
    for path in UNKNOWN:
        answer = client.get(path)
        assert answer.status_code == 404, path
        assert answer.json()["error"]
    assert client.post("/run").status_code == 405
    assert client_of_demos().get("/run").status_code == 404
    assert client_of_demos().get("/part/a").status_code == 404


def client_of_demos() -> TestClient:
    client = client_of()
    client.get(f"/?token={TOKEN}")
    return client


def test_overlaps_of_records_that_are_there() -> None:
    def overlaps(record: int) -> np.ndarray:
        if record == 0:
            raise InputError("no columns yet")
        return np.arange(3) * record

    client = client_of(Run("x", {"records": [10, 13]}, {}, overlaps))
    client.get(f"/?token={TOKEN}")
    assert client.get("/overlaps/2").json() == [0, 2, 4]
    assert [client.get(f"/overlaps/{record}").status_code for record in ("0", "3", "1e0", "²")] == [404] * 4


def test_no_websockets() -> None:
    client = client_of()
    with pytest.raises(WebSocketDisconnect) as refused, client.websocket_connect("/demo/encoders"):
        pass
    assert refused.value.code == 1008


@pytest.mark.parametrize("demo", live.DEMOS)
def test_each_demo_answers_alike(client: TestClient, demo: str) -> None:
    first, second = (client.post(f"/demo/{demo}", content=b"{}") for _ in range(2))
    assert first.status_code == 200 and first.content == second.content


@pytest.mark.parametrize(
    ("demo", "message", "said"),
    [
        ("encoders", "", "encoders: not JSON"),
        ("encoders", "[]", "encoders: all of it: expected a JSON object, got []"),
        ("encoders", '{"value": 1e999}', "value: expected a number that fits a double"),
        ("encoders", '{"value": 101}', "value: expected"),
        ("encoders", '{"value": "4"}', "value: expected a number"),
        ("encoders", '{"kind": "x"}', "kind: expected"),
        ("encoders", '{"colour": 1}', "colour: unknown parameter"),
        ("pooler", '{"pattern": 7, "patterns": 6}', "pattern: expected below patterns (6), got 7"),
        ("pooler", '{"steps": 100000}', "steps: expected"),
        ("memory", '{"text": "A1"}', "text: expected"),
        ("memory", '{"text": "  ", "then": ""}', "text: expected at least one letter"),
        ("likelihood", '{"records": 1e9}', "records: expected"),
    ],
)
def test_bad_messages(client: TestClient, demo: str, message: str, said: str) -> None:
    answer = client.post(f"/demo/{demo}", content=message)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error.startswith(demo) and said in error and "\n" not in error


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
NAMES = sorted({name for kind in live._DEMOS.values() for name in kind[0].model_fields})
MESSAGES = (
    st.binary(max_size=60)
    | JSONS.map(lambda value: json.dumps(value).encode())
    | st.dictionaries(st.sampled_from(NAMES), JSONS, max_size=3).map(lambda value: json.dumps(value).encode())
)
FEW = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FEW
@given(st.sampled_from(live.DEMOS), MESSAGES)
def test_any_message_gets_an_answer(demo: str, message: bytes) -> None:
    answer = CLIENT.post(f"/demo/{demo}", content=message)  # an exception in the server is raised here
    assert answer.status_code in (200, 400)
    if answer.status_code == 400:
        assert answer.json()["error"].startswith(demo) and len(answer.json()["error"].splitlines()) == 1


PATHS = st.text(st.characters(codec="utf-8"), max_size=20) | st.lists(
    st.sampled_from(
        ["..", ".", "static", "part", "run", "demo", "%2e%2e", "%00", "etc", "passwd", "main.js", "\\", ""]
    ),
    max_size=6,
).map("/".join)
HEADERS = ["host", "origin", "cookie", "sec-fetch-site"]
KNOWN = {"/", "/run", "/part/a", "/part/b", *(f"/static/{name}" for name in assets())}


@FEW
@given(st.sampled_from(["GET", "POST", "PUT", "HEAD", "OPTIONS", "PATCH", "X"]), PATHS)
def test_any_path_gets_an_answer(method: str, path: str) -> None:
    try:
        request = CLIENT.build_request(method, f"http://{US}/{path}")
    except Exception:  # no address at all
        return
    answer = CLIENT.send(request)
    assert 200 <= answer.status_code < 500
    if answer.status_code < 300:
        assert request.url.path in KNOWN and method in ("GET", "HEAD")


@FEW
@given(
    st.lists(
        st.tuples(st.sampled_from(["host", "origin", "cookie", "sec-fetch-site"]), st.binary(max_size=30)), max_size=4
    )
)
def test_any_header_gets_an_answer(headers: list[tuple[str, bytes]]) -> None:
    # Not by the client: it would mend them.
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        **{"type": "http", "method": "GET", "path": "/run", "raw_path": b"/run", "query_string": b"", "scheme": "http"},
        "headers": [(name.encode(), value) for name, value in headers],
        "server": ("127.0.0.1", PORT),
    }
    anyio.run(application(None, "127.0.0.1", PORT, TOKEN), scope, receive, send)
    assert sent[0]["status"] in (403, 421)


def test_ports_and_links() -> None:
    listener = open_socket("127.0.0.1", 0)
    try:
        port = listener.getsockname()[1]
        with pytest.raises(InputError, match="cannot be listened on"):
            open_socket("127.0.0.1", port)
    finally:
        listener.close()
    with pytest.raises(InputError, match="cannot be listened on"):
        open_socket("no.such.host.invalid", 0)
    assert link_to("127.0.0.1", 80, "t") == "http://127.0.0.1:80/?token=t"
    assert link_to("::1", 80, "t") == "http://[::1]:80/?token=t"
    assert socket.gethostname() in link_to("0.0.0.0", 80, "t")
    assert len(new_token()) >= 43 and new_token() != new_token()
    assert not is_loopback("example.org")


CLIENT = client_of(run_of_two_parts())
CLIENT.get(f"/?token={TOKEN}")
