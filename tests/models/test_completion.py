"""A model that is slow, down, rate-limited, cut off or talking nonsense, over real HTTP."""

import asyncio
import json
import logging
import random
import traceback
from collections.abc import AsyncIterator

import pytest

from zhiyin.errors import BadPack, Refused, TimedOut, Unavailable, ZhiyinError
from zhiyin.extend.models import Line, Prompt
from zhiyin.models.completion import OpenAICompletion
from zhiyin.models.endpoint import Endpoint
from zhiyin.models.scripted import Reply, Script, Scripted, garbage, hang, refuse, say, scripted
from zhiyin.models.thinking import Thinking

ASK = Prompt((Line("system", "You help."), Line("user", "几天内可以退货？")), max_tokens=50)
KEY = "sk-very-secret-4242"


class Waits:
    """Stands in for sleeping between tries, and remembers for how long."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


def model_at(server: Scripted, *, waits: Waits | None = None, **patience: float) -> OpenAICompletion:
    endpoint = Endpoint(server.url, "scripted", key=KEY, **patience)  # type: ignore[arg-type]
    return OpenAICompletion(endpoint, dice=random.Random(7), sleep=waits or Waits())


async def answer(
    script: Script, *, waits: Waits | None = None, **patience: float
) -> tuple[str | ZhiyinError, Scripted]:
    async with scripted(script) as server:
        model = model_at(server, waits=waits, **patience)
        try:
            said = "".join([piece async for piece in model.complete(ASK)])
        except ZhiyinError as error:
            return error, server
        finally:
            await model.aclose()
        return said, server


async def test_streams_the_answer_and_sends_the_prompt_with_its_bounds() -> None:
    said, server = await answer([say("七天内可以退货。[1]")])
    assert said == "七天内可以退货。[1]"
    asked = server.asked[0]
    assert asked.lines == (("system", "You help."), ("user", "几天内可以退货？"))
    assert asked.body["max_tokens"] == 50
    assert asked.body["stream"] is True
    assert asked.headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("status", [429, 500, 502, 503])
async def test_tries_again_after_a_passing_failure(status: int) -> None:
    waits = Waits()
    said, server = await answer([refuse(status), refuse(status), say("好")], waits=waits)
    assert said == "好"
    assert len(server.asked) == 3
    assert len(waits.seconds) == 2
    assert 0 <= waits.seconds[0] <= 0.25
    assert 0 <= waits.seconds[1] <= 0.5


async def test_waits_as_long_as_the_service_asks() -> None:
    waits = Waits()
    said, _ = await answer([refuse(429, retry_after_s=2), say("好")], waits=waits)
    assert said == "好"
    assert 2 <= waits.seconds[0] <= 2.25


async def test_leaves_a_service_alone_that_asks_for_too_much_time() -> None:
    async with scripted([refuse(429, retry_after_s=3600), say("好")]) as server:
        model = model_at(server)
        for _ in range(2):
            with pytest.raises(Unavailable):
                _ = [piece async for piece in model.complete(ASK)]
        await model.aclose()
        assert model.resting
        assert len(server.asked) == 1


async def test_gives_up_after_its_retries() -> None:
    error, server = await answer([refuse(500)] * 9)
    assert isinstance(error, Unavailable)
    assert "500" in str(error)
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    ("status", "hint"), [(401, "key"), (403, "key"), (404, "URL"), (301, "redirect"), (400, "400")]
)
async def test_does_not_repeat_a_request_that_cannot_succeed(status: int, hint: str) -> None:
    error, server = await answer([refuse(status, code="some_code")] * 3)
    assert isinstance(error, Refused)
    assert hint in str(error)
    assert "some_code" in str(error)
    assert len(server.asked) == 1


async def test_a_silent_server_is_left_in_time() -> None:
    error, server = await answer([hang()] * 3, first_s=0.05)
    assert isinstance(error, TimedOut)
    assert len(server.asked) == 1


async def test_an_accepted_request_without_a_token_is_left_in_time() -> None:
    error, _ = await answer([say("never", hang_after=0)], first_s=0.05)
    assert isinstance(error, TimedOut)
    assert "first token" in str(error)


async def test_a_stream_that_stalls_is_left_in_time_and_not_begun_again() -> None:
    async with scripted([say("one two three", hang_after=2), say("other")]) as server:
        model = model_at(server, between_s=0.05)
        pieces = model.complete(ASK)
        got = [await anext(pieces), await anext(pieces)]
        with pytest.raises(TimedOut, match="next token"):
            await anext(pieces)
        await model.aclose()
        assert "".join(got).startswith("one")
        assert len(server.asked) == 1


async def test_the_total_time_is_bounded_however_lively_the_stream() -> None:
    error, _ = await answer([say("word " * 1000, between_s=0.01)], total_s=0.1, between_s=5.0)
    assert isinstance(error, TimedOut)


async def test_a_cut_before_the_first_token_is_tried_again_one_after_is_not() -> None:
    said, server = await answer([say("gone", cut_after=0), say("好")])
    assert said == "好"
    error, server = await answer([say("one two", cut_after=1), say("好")])
    assert isinstance(error, Unavailable)
    assert len(server.asked) == 1


def chunk(text: str, *, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
    return f"data: {json.dumps({'choices': [choice]})}\n\n".encode()


@pytest.mark.parametrize(
    "reply",
    [
        garbage(),
        garbage(b"", kind="text/event-stream"),
        garbage(b"\x00\xff" * 5000, kind="text/event-stream"),
        garbage(b"data: {bad\n\n" * 50, kind="text/event-stream"),
        garbage(b'data: {"choices": 7}\n\n' * 50, kind="text/event-stream"),
        garbage(b'data: {"choices": [{"delta": {"content": {"a": 1}}}]}\n\n' * 50, kind="text/event-stream"),
        garbage(b'data: {"error": {"message": "overloaded"}}\n\n', kind="text/event-stream"),
        garbage(b"data: " + b"[" * 100_000 + b"\n\n", kind="text/event-stream"),
        garbage(b"data: " + b"a" * 400_000, kind="text/event-stream"),
        garbage(b"data: [DONE]\n\n", kind="text/event-stream"),
        garbage(b"[]", kind="application/json"),
        garbage(b"{}", kind="application/json"),
        garbage(b"nonsense", kind="application/json"),
        garbage(b'{"choices": [{"message": {"content": null}}]}', kind="application/json"),
        garbage(b"{" + b" " * 500_000, kind="application/json"),
    ],
)
async def test_nonsense_is_unavailable(reply: Reply) -> None:
    error, server = await answer([reply] * 3)
    assert isinstance(error, Unavailable)
    assert len(server.asked) == 3


async def test_a_few_broken_lines_are_forgiven() -> None:
    body = b": hello\n\ndata: {broken\n\n" + chunk("好") + b"event: x\nretry: 1\ndata:\n\n" + chunk("的", finish="stop")
    said, _ = await answer([garbage(body, kind="text/event-stream; charset=utf-8")])
    assert said == "好的"


async def test_an_answer_that_ends_without_saying_so_is_cut_off() -> None:
    error, _ = await answer([garbage(chunk("好"), kind="text/event-stream")])
    assert isinstance(error, Unavailable)
    assert "middle" in str(error)


async def test_a_server_that_cannot_stream_is_understood() -> None:
    body = json.dumps({"choices": [{"message": {"content": "<think>hm</think>\n\n好的"}}]}).encode()
    said, _ = await answer([garbage(body, kind="application/json")])
    assert said == "好的"


async def test_no_more_is_taken_than_was_asked_for() -> None:
    said, server = await answer([say("word " * 100_000)])
    assert isinstance(said, str)
    assert len(said) == 50 * 8
    assert server.asked[0].left.is_set()


async def test_leaving_early_ends_the_request() -> None:
    async with scripted([say("one two three", between_s=0.02, hang_after=2)]) as server:
        model = model_at(server)
        pieces: AsyncIterator[str] = model.complete(ASK)
        assert await anext(pieces)
        await pieces.aclose()  # type: ignore[attr-defined]
        async with asyncio.timeout(5):
            await server.asked[0].left.wait()
        await model.aclose()


async def test_a_failing_service_is_left_alone_and_tried_again_later() -> None:
    now = [0.0]
    async with scripted(lambda asked: refuse(500) if now[0] < 10 else say("back")) as server:
        endpoint = Endpoint(server.url, "scripted", retries=0)
        model = OpenAICompletion(endpoint, clock=lambda: now[0], dice=random.Random(1), sleep=Waits())
        for _ in range(8):
            with pytest.raises(Unavailable):
                _ = [piece async for piece in model.complete(ASK)]
        assert len(server.asked) == 5
        now[0] = 30.0
        assert "".join([piece async for piece in model.complete(ASK)]) == "back"
        await model.aclose()


async def test_a_server_that_is_not_there() -> None:
    async with scripted([]) as server:
        pass
    model = model_at(server, waits=Waits())
    with pytest.raises(Unavailable, match="cannot be reached"):
        _ = [piece async for piece in model.complete(ASK)]
    await model.aclose()


async def test_no_secret_gets_into_errors_or_logs(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    echo = json.dumps({"error": {"message": f"Incorrect API key {KEY}", "code": f"bad_{KEY}", "type": "auth"}}).encode()
    scripts: list[list[Reply]] = [
        [garbage(echo, kind="application/json", status=401)],
        [say("x", cut_after=0)] * 3,
        [hang()],
    ]
    for script in scripts:
        async with scripted(script) as server:
            model = OpenAICompletion(
                Endpoint(server.url + "?api-version=2026", "scripted", key=KEY, first_s=0.05), sleep=Waits()
            )
            with pytest.raises(ZhiyinError) as caught:
                _ = [piece async for piece in model.complete(ASK)]
            await model.aclose()
        shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + repr(model)
        assert KEY not in shown
        assert "api-version" not in shown
        assert "退货" not in shown
    assert KEY not in caplog.text
    assert KEY not in repr(Endpoint("http://localhost/v1", "m", key=KEY))


@pytest.mark.parametrize(
    "url", ["", "localhost:80", "ftp://x/v1", "http://", "http://me:pw@host/v1", "http://host/v1?api_key=pw"]
)
def test_a_url_that_cannot_be_used_is_refused_at_once(url: str) -> None:
    with pytest.raises(BadPack) as caught:
        Endpoint(url, "m")
    assert "pw" not in str(caught.value)


def test_a_key_that_no_header_carries_is_refused_at_once() -> None:
    with pytest.raises(BadPack, match="key"):
        OpenAICompletion(Endpoint("http://localhost/v1", "m", key="秘密"))


@pytest.mark.parametrize(
    ("pieces", "spoken"),
    [
        (["好", "的"], "好的"),
        (["<th", "ink>I thi", "nk</thi", "nk>\n好"], "好"),
        (["  <think></think>好"], "好"),
        (["<b>好", "</b>"], "<b>好</b>"),
        (["<"], "<"),
        (["<think>never ", "ends"], ""),
        (["a <think>b</think>"], "a <think>b</think>"),
    ],
)
def test_thoughts_are_not_spoken(pieces: list[str], spoken: str) -> None:
    thinking = Thinking()
    said = "".join(thinking.spoken(piece) for piece in pieces) + thinking.spoken("", last=True)
    assert said == spoken
