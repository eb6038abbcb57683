"""The widget against a scripted desk: what it shows, and what it does when things break."""

import threading
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.journeys.scripted_desk import Cut, Hold, ScriptedDesk, Step, reply
from tests.journeys.visitor import Visit, Visitor, says

pytestmark = pytest.mark.browser

ANSWER = reply(
    "衣服和鞋子30天内可以退。小家电7天内可以退。",
    ("退货 › 服饰", "衣服和鞋子签收次日起30天内可以退货。"),
    ("退货 › 小家电", "小家电7天内可以退货。"),
)


def test_the_first_words_say_that_it_is_a_machine_and_how_to_reach_a_person(visit: Visit, desk: ScriptedDesk) -> None:
    visitor = visit(desk.address).open()
    expect(visitor.find(".intro")).to_contain_text("AI 助手")
    expect(visitor.find(".intro")).to_contain_text("人工")
    expect(visitor.find(".ai")).to_have_text("AI")
    expect(visitor.find(".human")).to_be_visible()
    assert not desk.sessions, "who only looks leaves no trace"


def test_a_suggested_question_is_asked_with_one_press(visit: Visit, desk: ScriptedDesk) -> None:
    desk.plan(ANSWER)
    visitor = visit(desk.address).open()
    visitor.find(".question").first.click()
    expect(visitor.own).to_have_text(["怎么退货？"])
    expect(visitor.replies).to_have_count(1)
    expect(visitor.find(".question")).to_have_count(0)


def test_chips_stand_behind_their_sentences_and_open_their_source(visit: Visit, desk: ScriptedDesk) -> None:
    desk.plan(ANSWER)
    visitor = visit(desk.address).open()
    visitor.say("退货？")
    expect(visitor.replies).to_have_text("衣服和鞋子30天内可以退。\u20601小家电7天内可以退。\u20602")
    chip = visitor.find(".chip").nth(1)
    chip.click()
    card = visitor.find("[role=dialog].card")
    expect(card).to_contain_text("退货 › 小家电")
    expect(card).to_contain_text("小家电7天内可以退货。")
    visitor.page.keyboard.press("Escape")
    expect(card).to_have_count(0)
    expect(chip).to_be_focused()
    expect(visitor.find(".panel")).to_be_visible()
    visitor.find(".sources summary").click()
    expect(visitor.find(".source")).to_have_count(2)


def test_enter_sends_and_shift_enter_does_not(visit: Visit, desk: ScriptedDesk) -> None:
    visitor = visit(desk.address).open()
    visitor.field.type("第一行")
    height = visitor.field.bounding_box()
    visitor.field.press("Shift+Enter")
    visitor.field.type("第二行")
    grown = visitor.field.bounding_box()
    assert height
    assert grown
    assert grown["height"] > height["height"]
    visitor.field.press("Enter")
    expect(visitor.own).to_have_text("第一行\n第二行")
    expect(visitor.field).to_have_value("")


def test_enter_that_ends_a_composition_sends_nothing(visit: Visit, desk: ScriptedDesk) -> None:
    visitor = visit(desk.address).open()
    visitor.field.focus()
    typed = visitor.context.new_cdp_session(visitor.page)
    typed.send("Input.imeSetComposition", {"text": "ni hao", "selectionStart": 6, "selectionEnd": 6})
    visitor.page.keyboard.press("Enter")
    typed.send("Input.insertText", {"text": "你好"})
    expect(visitor.field).to_have_value(says("你好"))
    expect(visitor.own).to_have_count(0)
    visitor.field.press("Enter")
    expect(visitor.own).to_have_count(1)


def test_a_reply_is_streamed_and_then_stands_once(visit: Visit, desk: ScriptedDesk) -> None:
    go_on = threading.Event()
    desk.plan(
        {"type": "reply.status", "text": "searching"},
        {"type": "reply.delta", "text": "衣服和鞋子"},
        {"type": "reply.delta", "text": "30天"},
        Hold(go_on),
        ANSWER,
    )
    visitor = visit(desk.address).open()
    visitor.say("退货？")
    expect(visitor.find(".draft")).to_have_text("衣服和鞋子30天")
    assert visitor.replies.count() == 0
    go_on.set()
    expect(visitor.replies).to_have_count(1)
    expect(visitor.find(".draft")).to_be_hidden()


def test_the_status_tells_what_is_being_done(visit: Visit, desk: ScriptedDesk) -> None:
    go_on = threading.Event()
    desk.plan({"type": "reply.status", "text": "searching"}, Hold(go_on), ANSWER)
    visitor = visit(desk.address).open()
    visitor.say("退货？")
    expect(visitor.find(".dots-text")).to_have_text("正在查找…")
    go_on.set()
    expect(visitor.find(".dots")).to_be_hidden()


def test_dots_wait_a_moment_and_give_up_after_fifteen_seconds(visit: Visit, desk: ScriptedDesk) -> None:
    visitor = visit(desk.address, clock=True).open()
    visitor.page.clock.pause_at(visitor.page.evaluate("Date.now()") / 1000 + 60)
    visitor.say("有人吗？")
    expect(visitor.find(".state")).to_contain_text("已发送")
    expect(visitor.find(".dots")).to_be_hidden()
    visitor.page.clock.run_for(400)
    expect(visitor.find(".dots")).to_be_visible()
    visitor.page.clock.run_for(15_100)
    expect(visitor.find(".dots")).to_be_hidden()


def test_what_is_withdrawn_disappears(visit: Visit, desk: ScriptedDesk) -> None:
    first, second = threading.Event(), threading.Event()
    desk.plan(
        {"type": "reply.delta", "text": "100天内可以退"},
        Hold(first),
        {"type": "reply.withdrawn"},
        Hold(second),
        ANSWER,
    )
    visitor = visit(desk.address).open()
    visitor.say("退货？")
    expect(visitor.find(".draft")).to_have_text("100天内可以退")
    first.set()
    expect(visitor.find(".draft")).to_be_hidden()
    expect(visitor.find(".dots")).to_be_visible()
    second.set()
    expect(visitor.replies).to_have_count(1)
    expect(visitor.find("[role=log]")).not_to_contain_text("100天")


def test_a_line_cut_in_the_middle_of_a_reply_is_caught_up(visit: Visit, desk: ScriptedDesk) -> None:
    visitor = _on_the_line(visit, desk)
    seen = threading.Event()
    desk.plan({"type": "reply.delta", "text": "衣服和"}, Hold(seen), Cut(), ANSWER)
    visitor.say("退货？")
    expect(visitor.find(".draft")).to_have_text("衣服和")
    seen.set()
    expect(visitor.replies.last).to_have_text("衣服和鞋子30天内可以退。\u20601小家电7天内可以退。\u20602")
    expect(visitor.find(".draft")).to_be_hidden()
    _wait(lambda: desk.sockets_opened == 2, visitor)
    desk.plan(reply("还在。"))
    visitor.say("还在吗？")
    expect(visitor.replies).to_have_count(3)
    expect(visitor.own).to_have_count(3)


def test_the_second_half_of_a_reply_does_not_stand_alone(visit: Visit, desk: ScriptedDesk) -> None:
    visitor = _on_the_line(visit, desk)
    seen, back, checked = threading.Event(), threading.Event(), threading.Event()
    after = [{"type": "reply.delta", "text": "后半句"}, {"type": "typing", "author": "bot"}]
    first: list[Step] = [{"type": "reply.delta", "text": "前半句"}, Hold(seen), Cut(), Hold(back)]
    desk.plan(*first, *after, Hold(checked), ANSWER)
    visitor.say("退货？")
    expect(visitor.find(".draft")).to_have_text("前半句")
    seen.set()
    expect(visitor.find(".draft")).to_be_hidden()
    _wait(lambda: desk.sockets_opened == 2, visitor)
    back.set()
    expect(visitor.find(".dots")).to_be_visible()  # what came behind the second half has arrived
    expect(visitor.find(".draft")).to_be_hidden()
    checked.set()
    expect(visitor.replies).to_have_count(2)


def test_a_lost_acknowledgement_doubles_nothing(visit: Visit, desk: ScriptedDesk) -> None:
    visitor = _on_the_line(visit, desk, clock=True)
    desk.swallow_acks = True
    visitor.say("在吗")
    _wait(lambda: len(desk.accepted) == 2, visitor)
    visitor.page.clock.run_for(7_000)
    _wait(lambda: len(desk.accepted) == 3, visitor)
    assert desk.accepted[1] == desk.accepted[2], "the retry carries the same id"
    expect(visitor.own).to_have_text(["你好", "在吗"])
    expect(visitor.find(".state")).to_contain_text("已发送")


def test_what_could_not_be_sent_says_so_and_goes_out_once_on_retry(visit: Visit, desk: ScriptedDesk) -> None:
    visitor = visit(desk.address).open()
    desk.unreachable = True
    visitor.say("能退吗？")
    expect(visitor.find(".state")).to_contain_text("发送中")
    expect(visitor.find(".state.bad")).to_contain_text("未发送", timeout=20_000)
    desk.unreachable = False
    desk.plan(ANSWER)
    visitor.find(".state.bad button").click()
    expect(visitor.replies).to_have_count(1)
    expect(visitor.own).to_have_count(1)
    assert len(desk.accepted) == 1


def test_a_rate_limit_counts_down_and_then_sends_by_itself(visit: Visit, desk: ScriptedDesk) -> None:
    visitor = visit(desk.address).open()
    desk.limit_next.append(2)
    desk.plan(ANSWER)
    visitor.say("退货？")
    expect(visitor.find(".notice")).to_contain_text("秒后自动为您发送")
    expect(visitor.replies).to_have_count(1)
    expect(visitor.find(".notice")).to_be_hidden()
    assert len(desk.accepted) == 1


def test_where_sockets_are_blocked_events_are_streamed(visit: Visit, desk: ScriptedDesk) -> None:
    desk.block_sockets = True
    visitor = visit(desk.address).open()
    visitor.say("你好")
    expect(visitor.own).to_have_count(1)
    _wait(lambda: desk.streams_opened == 1, visitor)
    go_on = threading.Event()
    begin = {"type": "reply.status", "text": "searching"}
    desk.plan(begin, {"type": "reply.delta", "text": "衣服"}, Hold(go_on), ANSWER)
    visitor.say("退货？")
    expect(visitor.find(".draft")).to_have_text("衣服")
    go_on.set()
    expect(visitor.replies).to_have_count(1)
    assert desk.sockets_opened == 0


def test_a_session_that_ran_out_costs_neither_the_draft_nor_the_words_on_screen(
    visit: Visit, desk: ScriptedDesk
) -> None:
    desk.plan(reply("你好。"))
    visitor = visit(desk.address).open()
    visitor.say("你好")
    expect(visitor.replies).to_have_count(1)
    visitor.field.fill("我写到一半")
    desk.forget_sessions()
    expect(visitor.field).to_have_value("我写到一半")
    desk.plan(ANSWER)
    visitor.field.press("Enter")
    expect(visitor.replies).to_have_count(2)
    expect(visitor.own).to_have_text(["你好", "我写到一半"])
    assert len(desk.logs) == 2


def test_a_request_under_a_session_that_ran_out_is_made_again(visit: Visit, desk: ScriptedDesk) -> None:
    visitor = _on_the_line(visit, desk)
    desk.sessions.clear()
    visitor.find(".human").click()
    expect(visitor.find(".presence")).to_contain_text("正在为您接通人工")
    assert desk.handoffs == 1
    expect(visitor.own).to_have_text(["你好"])


def test_what_the_desk_says_twice_is_heard_once(visit: Visit, desk: ScriptedDesk) -> None:
    visitor = _on_the_line(visit, desk)
    desk.says_twice = True
    visitor.page.evaluate(
        "() => { window.heard = 0; window.addEventListener('zhiyin:on-message', () => window.heard++); }"
    )
    desk.plan(ANSWER, reply("还有一条。"))
    visitor.say("退货？")
    expect(visitor.replies).to_have_count(3)
    assert visitor.page.evaluate("() => window.heard") == 2
    expect(visitor.own).to_have_count(2)


def test_nothing_is_shown_of_a_reply_without_words(visit: Visit, desk: ScriptedDesk) -> None:
    desk.plan(reply("  \n "), ANSWER)
    visitor = visit(desk.address).open()
    visitor.say("退货？")
    expect(visitor.replies).to_have_count(1)
    expect(visitor.replies).to_contain_text("30天")


def test_untrusted_text_stays_text(visit: Visit, desk: ScriptedDesk) -> None:
    trap = "<img src=x onerror=alert(1)> [点我](javascript:alert`1`) [也点](data:text/html,x)"
    trap += " **粗** [好](https://example.com/a)\n- 一\n- 二"
    desk.plan(reply(trap))
    visitor = visit(desk.address).open()
    visitor.say("<b>你好</b>")
    expect(visitor.replies).to_contain_text("<img src=x onerror=alert(1)>")
    expect(visitor.own).to_have_text("<b>你好</b>")
    expect(visitor.find("img")).to_have_count(0)
    links = visitor.replies.locator("a")
    expect(links).to_have_count(1)
    expect(links).to_have_attribute("href", "https://example.com/a")
    expect(links).to_have_attribute("rel", says("noopener"))
    expect(visitor.replies.locator("strong")).to_have_text("粗")
    expect(visitor.replies.locator("li")).to_have_text(["一", "二"])


def test_a_reload_keeps_the_talk_the_draft_and_the_open_window(visit: Visit, desk: ScriptedDesk) -> None:
    desk.plan(ANSWER)
    visitor = visit(desk.address).open()
    visitor.say("退货？")
    expect(visitor.replies).to_have_count(1)
    visitor.field.type("还有")
    visitor.page.reload()
    expect(visitor.find(".panel")).to_be_visible()
    expect(visitor.own).to_have_text("退货？")
    expect(visitor.replies).to_have_count(1)
    expect(visitor.field).to_have_value("还有")
    assert len(desk.logs) == 1


def test_tabs_show_the_same_and_a_closed_one_counts_what_is_unread(visit: Visit, desk: ScriptedDesk) -> None:
    desk.plan(ANSWER)
    first = visit(desk.address).open()
    first.say("退货？")
    expect(first.replies).to_have_count(1)
    second = first.another_tab().open()
    expect(second.own).to_have_text("退货？")
    desk.plan(reply("好的。"))
    second.say("谢谢")
    expect(first.own).to_have_text(["退货？", "谢谢"])
    expect(first.replies).to_have_count(2)
    for tab in (first, second):
        tab.page.keyboard.press("Escape")
    desk.tell(reply("还有什么可以帮您？", outcome="courtesy"))
    expect(first.find(".badge")).to_have_text("1")
    expect(second.find(".badge")).to_have_text("1")
    first.open()
    expect(second.find(".badge")).to_be_hidden()


def test_two_tabs_that_begin_at_once_begin_one_talk(visit: Visit, desk: ScriptedDesk) -> None:
    first = visit(desk.address).open()
    second = first.another_tab().open()
    desk.meet_when = threading.Event()
    for tab, text in ((first, "一"), (second, "二")):
        tab.say(text)
        expect(tab.find(".state")).to_contain_text("发送中")
    desk.meet_when.set()
    for tab in (first, second):
        expect(tab.own).to_have_count(2)
    assert len(desk.meetings) == 1
    assert len(desk.logs) == 1


def test_what_waits_to_be_sent_survives_a_reload(visit: Visit, desk: ScriptedDesk) -> None:
    visitor = visit(desk.address).open()
    desk.unreachable = True
    visitor.say("能退吗？")
    expect(visitor.find(".state")).to_contain_text("发送中")
    visitor.page.reload()
    expect(visitor.own).to_have_text("能退吗？")
    desk.unreachable = False
    desk.plan(ANSWER)
    expect(visitor.replies).to_have_count(1)
    assert len(desk.accepted) == 1


def test_who_signs_in_brings_the_talk_along_and_nobody_inherits_it(visit: Visit, desk: ScriptedDesk) -> None:
    visitor = _on_the_line(visit, desk)
    visitor.page.evaluate("() => window.zhiyin.setUser('anna', { jwt: 'signed' })")
    assert desk.meetings[-1] == ("session-1", {"identity": "signed"})
    visitor.page.evaluate("() => window.zhiyin.setUser('berta', { identifier_hash: 'ab12', name: 'Berta' })")
    assert desk.meetings[-1] == ("", {"identifier": "berta", "identifier_hash": "ab12", "name": "Berta"})
    expect(visitor.own).to_have_count(0)


def test_a_person_is_called_waits_shows_and_leaves(visit: Visit, desk: ScriptedDesk) -> None:
    visitor = visit(desk.address).open()
    visitor.find(".human").click()
    expect(visitor.find(".presence")).to_contain_text("正在为您接通人工")
    expect(visitor.find(".human")).to_have_attribute("aria-disabled", "true")
    assert desk.handoffs == 1
    visitor.find(".human").click(force=True)
    desk.tell({"type": "owner.changed", "owner": "person"})
    expect(visitor.find(".presence")).to_contain_text("人工客服正在为您服务")
    expect(visitor.find(".ai")).to_be_hidden()
    assert desk.handoffs == 1, "a second press calls nobody else"
    desk.tell({"type": "message.created", "author": "person", "key": "k", "text": "我是小林。"})
    expect(visitor.find(".row.person")).to_contain_text("我是小林。")
    desk.tell({"type": "owner.changed", "owner": "nobody"})
    expect(visitor.find(".presence")).to_contain_text("会话已结束")
    expect(visitor.find(".human")).to_be_visible()


def test_thumbs_down_asks_why_and_survives_a_reload(visit: Visit, desk: ScriptedDesk) -> None:
    desk.plan(ANSWER)
    visitor = visit(desk.address).open()
    visitor.say("退货？")
    visitor.find(".thumb").nth(1).click()
    visitor.find(".reason").first.click()
    visitor.find(".why textarea").fill("天数不对")
    visitor.find(".why button[type=submit]").click()
    expect(visitor.find(".thanks")).to_have_text("谢谢您的反馈")
    key = desk.logs["talk-1"][1]["key"]
    assert desk.ratings[-1] == {"key": key, "helpful": False, "reasons": ["inaccurate"], "comment": "天数不对"}
    visitor.page.reload()
    expect(visitor.find(".thumb").nth(1)).to_have_attribute("aria-pressed", "true")


def test_quick_replies_are_buttons_of_the_last_reply_only(visit: Visit, desk: ScriptedDesk) -> None:
    desk.plan(reply("您要问哪一个？", quick_replies=["运费", "退款"], outcome="clarified"))
    visitor = visit(desk.address).open()
    visitor.say("多少钱")
    expect(visitor.find(".reply")).to_have_text(["运费", "退款"])
    expect(visitor.find(".thumb")).to_have_count(0)
    desk.plan(ANSWER)
    visitor.find(".reply").nth(1).click()
    expect(visitor.own).to_have_text(["多少钱", "退款"])
    expect(visitor.find(".reply")).to_have_count(0)


def test_the_keyboard_alone_is_enough(visit: Visit, desk: ScriptedDesk) -> None:
    visitor = visit(desk.address)
    visitor.find(".launcher").focus()
    visitor.page.keyboard.press("Enter")
    expect(visitor.field).to_be_focused()
    seen = set()
    for _ in range(12):
        visitor.page.keyboard.press("Tab")
        seen.add(visitor.focused())
    assert "human" in seen
    assert "quiet" in seen
    assert "launcher" not in seen, "the focus stays in the window"
    visitor.page.keyboard.press("Escape")
    expect(visitor.find(".panel")).to_be_hidden()
    expect(visitor.find(".launcher")).to_be_focused()


def test_blocked_storage_does_not_stop_the_talk(visit: Visit, desk: ScriptedDesk) -> None:
    blocked = """for (const name of ["localStorage", "sessionStorage"])
        Object.defineProperty(window, name, { get() { throw new DOMException("blocked", "SecurityError"); } });"""
    desk.plan(ANSWER)
    visitor = visit(desk.address, prepare=blocked).open()
    visitor.say("退货？")
    expect(visitor.replies).to_have_count(1)
    desk.plan(reply("好。"))
    visitor.say("谢谢")
    expect(visitor.replies).to_have_count(2)
    assert len(desk.logs) == 1


def test_settings_and_the_page_may_steer_it(visit: Visit, desk: ScriptedDesk) -> None:
    settings = """window.zhiyinSettings = {
            position: "left", type: "expanded_bubble", launcherTitle: "Need help?", locale: "en" };
        window.heard = [];
        for (const name of ["ready", "opened", "closed", "on-message", "error"])
            window.addEventListener("zhiyin:" + name, () => window.heard.push(name));"""
    visitor = visit(desk.address + "/?plain", prepare=settings)
    expect(visitor.find(".launcher")).to_contain_text("Need help?")
    box = visitor.find(".launcher").bounding_box()
    assert box
    assert box["x"] < 100
    visitor.page.wait_for_function("() => window.heard.includes('ready')")
    visitor.page.evaluate("() => window.zhiyin.toggle('open')")
    expect(visitor.find(".panel")).to_be_visible()
    desk.plan(ANSWER)
    visitor.say("returns?")
    expect(visitor.replies).to_have_count(1)
    visitor.page.evaluate("() => { window.zhiyin.setLocale('zh_CN'); window.zhiyin.setColorScheme('dark'); }")
    expect(visitor.find(".human")).to_have_text("人工")
    expect(visitor.widget).to_have_attribute("data-scheme", "dark")
    visitor.page.evaluate("() => window.zhiyin.reset()")
    expect(visitor.find(".panel")).to_be_hidden()
    visitor.open()
    expect(visitor.own).to_have_count(0)
    heard = visitor.page.evaluate("() => window.heard")
    assert heard == ["ready", "opened", "on-message", "closed", "opened"]
    assert visitor.context.cookies() == []


def test_too_long_a_message_is_not_sent(visit: Visit, desk: ScriptedDesk) -> None:
    visitor = visit(desk.address).open()
    visitor.field.fill("长" * 4001)
    expect(visitor.find(".count")).to_contain_text("超出 1 字")
    visitor.field.press("Enter")
    expect(visitor.own).to_have_count(0)


@pytest.mark.usefixtures("axe")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_stands_in_the_way_of_anybody(visit: Visit, desk: ScriptedDesk, scheme: str) -> None:
    visitor = visit(desk.address, color_scheme=scheme, reduced_motion="reduce")
    assert visitor.barriers() == []
    visitor.open()
    desk.plan(ANSWER | {"quick_replies": ["运费谁出？"]})
    visitor.say("退货？")
    visitor.find(".sources summary").click()
    visitor.find(".thumb").nth(1).click()
    expect(visitor.find(".why")).to_be_visible()
    assert visitor.barriers() == []
    visitor.find(".chip").first.click()
    assert visitor.barriers() == []
    visitor.page.keyboard.press("Escape")
    visitor.find(".human").click()
    expect(visitor.find(".note")).to_be_visible()
    assert visitor.barriers() == []


def _on_the_line(visit: Visit, desk: ScriptedDesk, *, clock: bool = False) -> Visitor:
    """Say hello, so that the live line is open."""
    visitor = visit(desk.address, clock=clock).open()
    desk.plan(reply("你好。"))
    visitor.say("你好")
    expect(visitor.replies).to_have_count(1)
    _wait(lambda: desk.sockets_opened == 1, visitor)
    return visitor


def _wait(until: Callable[[], bool], visitor: Visitor) -> None:
    """Let the browser go on until the desk has seen it happen."""
    last = time.monotonic() + 15
    while not until():
        assert time.monotonic() < last, "it did not happen within 15 s"
        visitor.page.evaluate("() => document.title")
