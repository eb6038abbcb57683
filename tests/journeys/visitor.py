"""A visitor with a real browser: the deeds of a customer on the page, in the words of the widget."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Locator, Page, expect

AXE = Path(__file__).resolve().parents[2] / "web" / "widget" / "node_modules" / "axe-core" / "axe.min.js"
FIGURES = os.environ.get("ZHIYIN_FIGURES", "")
"""Folder for screenshots; empty: none are taken."""

Visit = Callable[..., "Visitor"]


@dataclass
class Visitor:
    """One tab on a page with the widget."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    """Errors that the page threw; a journey ends with none."""

    @property
    def context(self) -> BrowserContext:
        """Return the browser profile, which other tabs share."""
        return self.page.context

    @property
    def widget(self) -> Locator:
        """Return the custom element."""
        return self.page.locator("zhiyin-chat")

    def find(self, css: str) -> Locator:
        """Return what matches inside the widget."""
        return self.widget.locator(css)

    @property
    def field(self) -> Locator:
        """Return where the visitor writes."""
        return self.find(".composer textarea")

    @property
    def own(self) -> Locator:
        """Return the visitor's own words."""
        return self.find(".row.customer .bubble")

    @property
    def replies(self) -> Locator:
        """Return what the desk said, without the first words and the unfinished ones."""
        return self.find("[role=log] .row:not(.customer):not(.intro) > .bubble")

    def open(self) -> "Visitor":
        """Open the chat."""
        self.find(".launcher").click()
        expect(self.find(".panel")).to_be_visible()
        return self

    def say(self, text: str) -> None:
        """Write and press Enter."""
        self.field.fill(text)
        self.field.press("Enter")

    def focused(self) -> str:
        """Return the class of what has the focus inside the widget."""
        script = "() => document.querySelector('zhiyin-chat').shadowRoot.activeElement?.className ?? ''"
        return str(self.page.evaluate(script))

    def another_tab(self) -> "Visitor":
        """Open the same page once more."""
        tab = Visitor(self.context.new_page(), self.complaints)
        tab.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        tab.page.goto(self.page.url)
        tab.arrived()
        return tab

    def arrived(self) -> None:
        """Wait until the widget is there."""
        expect(self.find(".panel, .launcher").first).to_be_attached()

    def barriers(self) -> list[str]:
        """Return what axe-core finds serious or worse, as 'rule: where'."""
        # Through the browser's protocol, so the page's content policy need not allow it.
        self.page.evaluate(AXE.read_text("utf-8"))
        found: dict[str, Any] = self.page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
        grave = [one for one in found["violations"] if one["impact"] in ("serious", "critical")]
        return [
            f"{one['id']}: {[n['target'] for n in one['nodes']]} {one['nodes'][0]['failureSummary']}" for one in grave
        ]

    def picture(self, name: str) -> None:
        """Take a screenshot when a folder for them is given."""
        if FIGURES:
            # Animations are at their end, so that the picture is the same every time.
            self.page.screenshot(path=Path(FIGURES) / f"{name}.png", animations="disabled", caret="hide")


def says(words: str) -> "re.Pattern[str]":
    """Match text that contains `words`."""
    return re.compile(re.escape(words))
