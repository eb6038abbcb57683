"""The demo company with its real server: what a customer does on the shop's page, from question to person."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from tests.journeys.visitor import Visit, Visitor, says

pytestmark = pytest.mark.browser

READY_WITHIN_S = 240.0  # the first start ingests the articles


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the demo company on a port of its own; or visit the one that ZHIYIN_SHOP_URL names."""
    if running := os.environ.get("ZHIYIN_SHOP_URL"):
        yield running
        return
    data = tmp_path_factory.mktemp("shop")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "ZHIYIN_DATA_DIR": str(data),
        "ZHIYIN_VISITOR_MESSAGES_PER_MINUTE": "600",
        "ZHIYIN_CONTACTS_PER_IP_PER_MINUTE": "600",
    }
    told = (data / "told.txt").open("w+")
    server = subprocess.Popen(
        [sys.executable, "-m", "zhiyin.app.main", "demo", "--port", str(port)],
        env={name: value for name, value in os.environ.items() if not name.startswith("ZHIYIN_")} | settings,
        cwd=data,
        stdout=told,
        stderr=subprocess.STDOUT,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_until_ready(server, address, data / "told.txt")
        yield address
    finally:
        server.terminate()
        try:
            server.wait(timeout=30)
        except subprocess.TimeoutExpired:
            server.kill()
        told.close()


def _wait_until_ready(server: "subprocess.Popen[bytes]", address: str, told: Path) -> None:
    last = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < last:
        assert server.poll() is None, f"the server stopped: {told.read_text('utf-8')[-2000:]}"
        try:
            if httpx.get(f"{address}/readyz", timeout=2).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.2)
    raise AssertionError(f"not ready after {READY_WITHIN_S} s: {told.read_text('utf-8')[-2000:]}")


def answered(visitor: Visitor, count: int = 1) -> None:
    """Wait until so many replies stand."""
    expect(visitor.replies).to_have_count(count, timeout=30_000)


def test_the_page_shows_goods_in_two_languages_and_two_lights(visit: Visit, shop: str) -> None:
    visitor = visit(shop)
    goods = visitor.page.locator(".good h3")
    expect(goods.filter(has_text="IH电饭煲PPR-9087")).to_be_visible()
    visitor.picture("shop")
    visitor.page.locator("#language").click()
    expect(goods.filter(has_text="Induction rice cooker PPR-9087")).to_be_visible()
    visitor.page.locator("#theme").click()
    expect(visitor.page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(visitor.widget).to_have_attribute("data-scheme", "dark")
    visitor.page.locator("[data-ask]").first.click()
    expect(visitor.find(".human")).to_have_text("Talk to a person")


def test_a_question_in_chinese_is_answered_with_its_source(visit: Visit, shop: str) -> None:
    visitor = visit(shop).open()
    visitor.say("衣服和鞋子几天内可以退？")
    answered(visitor)
    expect(visitor.replies).to_contain_text("30天")
    visitor.picture("chat-light-zh")
    visitor.find(".chip").first.click()
    card = visitor.find(".card")
    expect(card).to_contain_text("30天")
    visitor.picture("sources")
    visitor.page.keyboard.press("Escape")
    expect(card).to_have_count(0)


def test_a_question_in_english_is_answered_in_english_in_the_dark(visit: Visit, shop: str) -> None:
    visitor = visit(shop, locale="en-GB", color_scheme="dark").open()
    expect(visitor.find(".intro")).to_contain_text("AI assistant")
    visitor.say("What does E12 mean on the rice cooker PPR-9087?")
    answered(visitor)
    expect(visitor.replies).to_contain_text("E12")
    expect(visitor.find(".chip").first).to_be_visible()
    visitor.picture("chat-dark-en")


def test_a_bad_answer_is_rated_with_a_reason(visit: Visit, shop: str) -> None:
    visitor = visit(shop).open()
    visitor.say("满多少包邮？")
    answered(visitor)
    visitor.find(".thumb").nth(1).click()
    visitor.find(".reason").nth(1).click()
    visitor.find(".why textarea").fill("我问的是新疆")
    visitor.picture("rating")
    visitor.find(".why button[type=submit]").click()
    expect(visitor.find(".thanks")).to_have_text("谢谢您的反馈")
    visitor.page.reload()
    expect(visitor.find(".thumb").nth(1)).to_have_attribute("aria-pressed", "true")


def test_a_person_is_asked_for(visit: Visit, shop: str) -> None:
    visitor = visit(shop).open()
    visitor.say("衣服和鞋子几天内可以退？")
    answered(visitor)
    visitor.find(".human").click()
    expect(visitor.find(".presence")).to_contain_text("正在为您接通人工")
    expect(visitor.find(".note")).to_contain_text("正在等待人工客服接入")
    visitor.picture("waiting")
    visitor.page.reload()
    expect(visitor.find(".presence")).to_contain_text("正在为您接通人工")


def test_a_reload_keeps_the_history(visit: Visit, shop: str) -> None:
    visitor = visit(shop).open()
    visitor.say("耳机QH-T55保修多久？")
    answered(visitor)
    text = visitor.replies.inner_text()
    visitor.page.reload()
    expect(visitor.own).to_have_text("耳机QH-T55保修多久？")
    expect(visitor.replies).to_have_text(says(text.split("\n")[0][:12]))


def test_what_was_missed_offline_is_caught_up(visit: Visit, shop: str) -> None:
    visitor = visit(shop).open()
    visitor.say("满多少包邮？")
    answered(visitor)
    other = visitor.another_tab().open()
    answered(other)
    visitor.context.set_offline(True)
    visitor.say("香港运费多少？")
    expect(visitor.find(".presence")).to_contain_text("网络已断开")
    visitor.context.set_offline(False)
    answered(visitor, 2)
    answered(other, 2)
    expect(visitor.own).to_have_text(["满多少包邮？", "香港运费多少？"])
    expect(other.own).to_have_text(["满多少包邮？", "香港运费多少？"])


def test_a_phone_gives_it_the_whole_screen(visit: Visit, shop: str) -> None:
    phone = {"viewport": {"width": 390, "height": 760}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
    visitor = visit(shop, reduced_motion="reduce", **phone).open()
    visitor.page.wait_for_function(  # it may still be opening
        "() => document.querySelector('zhiyin-chat').shadowRoot.querySelector('.panel').getBoundingClientRect().x === 0"
    )
    box = visitor.find(".panel").bounding_box()
    assert box == {"x": 0, "y": 0, "width": 390, "height": 760}
    expect(visitor.find(".launcher")).to_be_hidden()
    visitor.say("满多少包邮？")
    answered(visitor)
    visitor.picture("phone")
    across = visitor.page.evaluate("() => document.documentElement.scrollWidth")
    assert across <= 390, "nothing sticks out sideways"
    visitor.find(".head .quiet").click()
    expect(visitor.find(".launcher")).to_be_visible()


def test_everything_can_be_done_from_the_keyboard(visit: Visit, shop: str) -> None:
    visitor = visit(shop)
    visitor.find(".launcher").focus()
    visitor.page.keyboard.press("Enter")
    visitor.page.keyboard.type("满多少包邮？")
    visitor.page.keyboard.press("Enter")
    answered(visitor)
    for _ in range(20):
        visitor.page.keyboard.press("Tab")
        if visitor.focused() == "chip":
            break
    visitor.page.keyboard.press("Enter")
    expect(visitor.find(".card")).to_be_visible()
    visitor.page.keyboard.press("Escape")
    assert visitor.focused() == "chip"
    visitor.page.keyboard.press("Escape")
    expect(visitor.find(".panel")).to_be_hidden()


@pytest.mark.usefixtures("axe")
def test_nothing_serious_stands_in_the_way_on_the_real_page(visit: Visit, shop: str) -> None:
    visitor = visit(shop, reduced_motion="reduce").open()
    visitor.say("衣服和鞋子几天内可以退？")
    answered(visitor)
    assert visitor.barriers() == []
