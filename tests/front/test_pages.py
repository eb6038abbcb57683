"""Health, metrics, documents, the widget's file and the home page."""

import re
from pathlib import Path

import httpx

from tests.front.standing import Behind, Standing, listening, standing
from zhiyin.front.http import Answered, Services, build_http


async def test_health_metrics_and_description(front: Standing, http: httpx.AsyncClient) -> None:
    assert (await http.get(f"{front.url}/healthz")).json() == {"alive": True}
    ready = await http.get(f"{front.url}/readyz")
    assert (ready.status_code, ready.json()) == (200, {"ready": True, "problems": []})
    metrics = await http.get(f"{front.url}/metrics")
    assert metrics.text == "zhiyin_up 1\n"
    assert metrics.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    described = (await http.get(f"{front.url}/openapi.json")).json()
    assert "/api/v1/accounts/{account}/search" in described["paths"]
    assert "/healthz" not in described["paths"]
    search = described["paths"]["/api/v1/accounts/{account}/search"]["get"]
    assert search["summary"] == "Search the account's knowledge"


async def test_a_process_that_lacks_something_is_not_ready_but_alive(front: Standing, http: httpx.AsyncClient) -> None:
    async def ready() -> list[str]:
        return ["store: Unavailable"]

    counted: list[Answered] = []
    given = front.services
    services = Services(
        road=given.road,
        knowledge=given.knowledge,
        directory=given.directory,
        clock=given.clock,
        session_key=given.session_key,
        ready=ready,
        metrics=given.metrics,
        observe=counted.append,
    )
    async with listening(build_http(services)) as (url, _):
        lacking = await http.get(f"{url}/readyz")
        assert (lacking.status_code, lacking.json()["problems"]) == (503, ["store: Unavailable"])
        assert (await http.get(f"{url}/healthz")).status_code == 200
        assert (await http.get(f"{url}/nothing/here")).status_code == 404
    assert [(one.method, one.route, one.status) for one in counted] == [
        ("GET", "/readyz", 503),
        ("GET", "/healthz", 200),
        ("GET", "unmatched", 404),
    ]


async def test_our_pages_load_nothing_from_elsewhere(front: Standing, http: httpx.AsyncClient) -> None:
    page = await http.get(f"{front.url}/docs")
    script = await http.get(f"{front.url}/docs.js")
    assert page.headers["Content-Type"].startswith("text/html")
    assert script.headers["Content-Type"].startswith("text/javascript")
    assert re.findall(r"(?:src|href)=\"([^\"]+)\"", page.text) == ["data:,", "/docs.js", "/openapi.json"]
    assert not re.search(r"https?://", page.text + script.text)
    assert "innerHTML" not in script.text


async def test_the_widget_may_be_loaded_by_any_page(front: Standing, http: httpx.AsyncClient) -> None:
    answer = await http.get(f"{front.url}/widget.js")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer.headers["Content-Encoding"] == "gzip"
    plain = await http.get(f"{front.url}/widget.js", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert plain.content == answer.content
    again = await http.get(f"{front.url}/widget.js", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_the_home_page_is_served_and_hides_nothing_else(
    behind: Behind, http: httpx.AsyncClient, tmp_path: Path
) -> None:
    page = tmp_path / "page"
    page.mkdir()
    (page / "index.html").write_text("<h1>Shop</h1>")
    (tmp_path / "secret.txt").write_text("no")
    async with standing(behind, page=page) as front:
        home = await http.get(front.url + "/")
        assert home.text == "<h1>Shop</h1>"
        assert "frame-ancestors 'none'" in home.headers["Content-Security-Policy"]
        for path in ("/../secret.txt", "/%2e%2e/secret.txt", "/no-such"):
            missing = await http.get(front.url + path)
            assert missing.status_code == 404
        assert missing.json()["error"]["code"] == "not_found"
        assert (await http.get(f"{front.url}/healthz")).json() == {"alive": True}
        wrong = await http.delete(f"{front.url}/healthz")
        assert wrong.status_code == 405


async def test_a_page_that_did_not_change_keeps_the_policy_it_came_with(
    front: Standing, http: httpx.AsyncClient
) -> None:
    first = await http.get(f"{front.url}/widget.js")
    again = await http.get(f"{front.url}/widget.js", headers={"If-None-Match": first.headers["etag"]})
    assert (first.status_code, again.status_code) == (200, 304)
    assert "content-security-policy" in first.headers
    assert "content-security-policy" not in again.headers
