"""The committed widget is what its sources build, and small."""

import gzip
import json
import shutil
import subprocess

import pytest

from tests.journeys.conftest import skip_unless_ci
from tests.journeys.scripted_desk import ROOT, WIDGET

SOURCES = ROOT / "web" / "widget"


def test_the_committed_file_is_what_the_sources_build() -> None:
    npm = shutil.which("npm")
    if npm is None or not (SOURCES / "node_modules").exists():
        skip_unless_ci("building the widget needs Node: run `npm ci` in web/widget")
    assert npm
    built = subprocess.run([npm, "run", "--silent", "check"], cwd=SOURCES, capture_output=True, text=True, timeout=120)
    assert built.returncode == 0, built.stdout + built.stderr


def test_the_file_is_small_and_asks_nobody_else() -> None:
    script = WIDGET.read_bytes()
    assert len(gzip.compress(script, 9)) < 25_000
    foreign = [part for part in (b"https://", b"//cdn", b"document.cookie", b"innerHTML", b"eval(") if part in script]
    assert foreign == []


def test_the_lock_names_no_registry() -> None:
    lock = json.loads((SOURCES / "package-lock.json").read_text("utf-8"))
    assert not [name for name, package in lock["packages"].items() if "resolved" in package]


def test_nothing_of_the_shop_page_comes_from_elsewhere() -> None:
    page = ROOT / "packs" / "zhiyin_shop" / "page"
    html = (page / "index.html").read_text("utf-8")
    assert "onclick=" not in html
    assert "<script>" not in html, "the content policy allows no script inside the page"
    assert "https://" not in html + (page / "shop.css").read_text("utf-8")


@pytest.mark.parametrize("key", ["name", "price_cents", "currency", "icon"])
def test_every_good_has_what_the_page_draws(key: str) -> None:
    goods = json.loads((ROOT / "packs" / "zhiyin_shop" / "page" / "catalog.json").read_text("utf-8"))
    assert goods
    assert [good for good in goods if not good.get(key)] == []
