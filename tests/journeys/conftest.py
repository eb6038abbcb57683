"""A real Chromium, and a scripted desk for what a healthy server will not do."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, sync_playwright

from tests.journeys.scripted_desk import ScriptedDesk
from tests.journeys.visitor import AXE, Visit, Visitor

CHROMIUM = Path(os.environ.get("ZHIYIN_CHROMIUM", "/usr/bin/chromium"))
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def skip_unless_ci(reason: str) -> None:
    """Skip on a developer's machine that lacks something; in CI its absence is a failure."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="package")  # its event loop must be gone before the next package's tests
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        skip_unless_ci(f"browser journeys need {CHROMIUM} (apt install chromium), or ZHIYIN_CHROMIUM")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def desk() -> Iterator[ScriptedDesk]:
    with ScriptedDesk() as desk:
        yield desk


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Open an address as a visitor: `visit(address, locale="zh-CN", prepare=…, **context options)`."""
    contexts: list[BrowserContext] = []
    visitors: list[Visitor] = []

    def go(address: str, *, locale: str = "zh-CN", prepare: str = "", clock: bool = False, **more: Any) -> Visitor:
        more.setdefault("viewport", {"width": 1280, "height": 800})
        context = browser.new_context(locale=locale, timezone_id="Asia/Shanghai", **more)
        context.set_default_timeout(15_000)
        contexts.append(context)
        if prepare:
            context.add_init_script(prepare)
        visitor = Visitor(context.new_page())
        visitors.append(visitor)
        if clock:
            visitor.page.clock.install()
        visitor.page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
        visitor.page.on("console", lambda said: _note_refused(visitor, said))
        visitor.page.goto(address)
        visitor.arrived()
        return visitor

    yield go
    for context in contexts:
        context.close()
    for visitor in visitors:
        assert visitor.complaints == []


def _note_refused(visitor: Visitor, said: ConsoleMessage) -> None:
    """A page's content policy must allow all that the widget does."""
    if "Content Security Policy" in said.text:
        visitor.complaints.append(said.text)


@pytest.fixture
def axe() -> None:
    if not AXE.exists():
        skip_unless_ci("accessibility checks need axe-core: run `npm ci` in web/widget")
