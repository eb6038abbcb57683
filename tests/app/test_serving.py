"""The server as an operator runs it: processes, signals, metrics."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
from tests.kit.play import ACCOUNT, FAQ
from tests.kit.servers import until_ready

from zhiyin.app.assemble import assemble
from zhiyin.app.settings import read_settings
from zhiyin.conversation.ids import ConversationId, InboxId, new_id
from zhiyin.data.records import Account, Inbox
from zhiyin.front.exam.timing import free_port
from zhiyin.models.scripted import Asked, Reply, hang, scripted
from zhiyin.service.knowledge import Source

TOKEN = "serving"


async def prepare(**settings: Any) -> None:
    async with assemble(read_settings(**settings)) as product:
        await product.directory.ensure_account(Account(ACCOUNT, "Acme"))
        await product.directory.put_inbox(Inbox(InboxId(new_id()), ACCOUNT, "site", website_token=TOKEN))
        assert [one async for one in product.library.ingest(ACCOUNT, [Source("faq.csv", FAQ.encode())])]


@asynccontextmanager
async def served(**settings: str) -> AsyncIterator[tuple[str, "subprocess.Popen[bytes]"]]:
    port = free_port()
    environment = {**os.environ, **{f"ZHIYIN_{k.upper()}": v for k, v in settings.items()}, "ZHIYIN_PORT": str(port)}
    server = _start(environment)
    try:
        await until_ready(f"http://127.0.0.1:{port}/readyz", server)
        yield f"http://127.0.0.1:{port}", server
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGKILL)
        await anyio.to_thread.run_sync(server.wait)


def _start(environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "zhiyin.app.main", "serve"]
    return subprocess.Popen(command, env=environment, start_new_session=True, stderr=subprocess.DEVNULL)


async def come_in(client: httpx.AsyncClient, url: str) -> str:
    base = f"{url}/public/api/v1/inboxes/{TOKEN}"
    session = (await client.post(f"{base}/contacts", json={})).raise_for_status().json()["session"]
    client.headers["Authorization"] = f"Bearer {session}"
    opened = (await client.post(f"{base}/conversations", json={})).raise_for_status()
    return f"{base}/conversations/{opened.json()['id']}"


async def reply_to(client: httpx.AsyncClient, talk: str, text: str) -> str:
    said = (await client.post(f"{talk}/messages", json={"id": new_id(), "text": text})).raise_for_status().json()
    async with client.stream("GET", f"{talk}/events", params={"after": said["number"]}) as events:
        async for line in events.aiter_lines():
            if line.startswith("data:") and '"author":"bot"' in line.replace(" ", "") and "message.created" in line:
                return line
    raise AssertionError("the stream ended without a reply")


async def test_two_processes_on_postgresql_serve_each_others_conversations(postgres_url: str, tmp_path: Path) -> None:
    await prepare(database_url=postgres_url, data_dir=tmp_path)
    settings = {"database_url": postgres_url, "data_dir": str(tmp_path), "secret_key": "s" * 40, "turn_lease_s": "2"}
    async with served(**settings, workers="2") as (url, _), httpx.AsyncClient(timeout=60) as client:
        talk = await come_in(client, url)
        for _ in range(6):  # each request may land on either process
            assert "12个月" in await reply_to(client, talk, "积分会过期吗？")
        metrics = (await client.get(f"{url}/metrics")).text
        counted = re.search(r'zhiyin_replies_total\{outcome="answered"\} (\d+)', metrics)
        assert counted
        assert float(counted[1]) == 6


async def test_on_sigterm_a_running_turn_is_handed_back_and_the_next_server_answers(tmp_path: Path) -> None:
    await prepare(data_dir=tmp_path)
    asked = anyio.Event()

    def script(_asked: Asked) -> Reply:
        asked.set()
        return hang()

    async with scripted(script) as model, httpx.AsyncClient(timeout=60) as client:
        settings = {"data_dir": str(tmp_path), "shutdown_s": "1", "turn_lease_s": "300"}
        async with served(**settings, model_url=model.url) as (url, server):
            talk = await come_in(client, url)
            await client.post(f"{talk}/messages", json={"id": "m1", "text": "积分会过期吗？"})
            await asked.wait()
            server.terminate()
            assert await anyio.to_thread.run_sync(server.wait) in (0, -signal.SIGTERM)
        id = ConversationId(talk.rpartition("/")[2])
        async with assemble(read_settings(data_dir=tmp_path)) as product, _patience():
            async for _ in product.road.follow(ACCOUNT, id):
                state = await product.road.load(ACCOUNT, id)
                if not state.unanswered:
                    break
        assert "12个月" in state.replies[-1].text


async def test_metrics_tell_stages_outcomes_and_abstentions(tmp_path: Path) -> None:
    await prepare(data_dir=tmp_path)
    async with served(data_dir=str(tmp_path)) as (url, _), httpx.AsyncClient(timeout=60) as client:
        talk = await come_in(client, url)
        await reply_to(client, talk, "积分会过期吗？")
        await reply_to(client, talk, "你们招聘程序员吗")
        metrics = (await client.get(f"{url}/metrics")).text
        for stage in ("understand", "search", "answer", "verify", "store", "turn"):
            assert f'zhiyin_stage_seconds_count{{stage="{stage}"}}' in metrics
        assert 'zhiyin_replies_total{outcome="answered"} 1.0' in metrics
        assert "zhiyin_abstentions_total 1.0" in metrics
        assert "zhiyin_request_seconds_count" in metrics
        await reply_to(client, talk, "转人工")
        metrics = (await client.get(f"{url}/metrics")).text
        assert "zhiyin_queue_conversations 1.0" in metrics
        for gauge in ("zhiyin_turns_running", "zhiyin_turns_due", "zhiyin_queue_conversations", "zhiyin_followers"):
            assert gauge in metrics


@asynccontextmanager
async def _patience() -> AsyncIterator[None]:
    with anyio.fail_after(60):
        yield
