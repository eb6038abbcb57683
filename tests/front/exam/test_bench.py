"""The benchmarks measure what they say, on bases small enough for a test."""

import asyncio
import os
import socket
import sys

import pytest

from zhiyin.errors import Unavailable
from zhiyin.front.exam.bench import bench_embedder, bench_imports, bench_ingest, bench_start, run
from zhiyin.front.exam.bench_model import bench_model
from zhiyin.front.exam.bench_search import HashEmbedder, bench_search, made_passages
from zhiyin.front.exam.report import Row
from zhiyin.front.exam.timing import machine, memory_mb, time_calls
from zhiyin.service.knowledge import Source

SOURCES = [Source("a.md", "# 退货\n\n七天内可以退货。".encode()), Source("b.txt", b"Returns are free.")]


def value(rows: list[Row], metric: str, system: str) -> float:
    (found,) = [row.value for row in rows if row.metric == metric and row.system == system]
    return found


async def test_calls_are_timed_one_after_another_without_the_warm_up() -> None:
    timed = await time_calls(lambda _: asyncio.sleep(0.01), range(8), warm_up=3)
    assert len(timed.wall_s) == 5
    assert all(wall >= 0.009 for wall in timed.wall_s)
    rows = timed.rows("s", "x")
    assert value(rows, "p50 ms", "x") >= 9


async def test_search_is_timed_over_as_many_passages_as_asked_for() -> None:
    rows = await bench_search(300, questions=10)
    assert {row.set for row in rows} == {"search 300"}
    assert value(rows, "p50 ms", "candidates") > 0
    assert value(rows, "p50 ms", "with judge") > 0
    assert list(made_passages(50)) == list(made_passages(50))
    assert len({passage.text for passage in made_passages(300)}) > 290


async def test_ingestion_is_timed_anew_and_again() -> None:
    rows = await bench_ingest(SOURCES, HashEmbedder())
    assert {row.system for row in rows} == {"read and split", "with vectors", "again, unchanged"}
    assert all(row.value > 0 for row in rows)


async def test_the_client_is_timed_against_the_bare_endpoint() -> None:
    rows = await bench_model(calls=80)
    added = value(rows, "p50 ms added", "zhiyin")
    assert added == value(rows, "p50 ms", "zhiyin") - value(rows, "p50 ms", "bare httpx")


async def test_an_embedder_is_timed_alone_and_with_many_callers() -> None:
    rows = await bench_embedder(HashEmbedder(), questions=20, at_once=(4,))
    assert value(rows, "p50 ms", "hash, alone") > 0
    assert value(rows, "p50 ms", "hash, 4 callers") > 0


async def test_fresh_processes_are_weighed() -> None:
    rows = await bench_imports()
    assert value(rows, "MB", "with embedder") > value(rows, "MB", "python alone") + 50


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


async def test_a_server_is_started_weighed_and_stopped() -> None:
    port = free_port()
    command = [sys.executable, "-m", "zhiyin.models.scripted", "--port", str(port)]
    url = f"http://127.0.0.1:{port}/v1/models"
    rows = await bench_start(command, url=url, idle_s=0.0)
    assert value(rows, "s to ready", "server") > 0
    assert value(rows, "MB idle", "server") > 5
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", port))


async def test_a_server_that_never_answers_is_told() -> None:
    with pytest.raises(Unavailable, match="did not answer"):
        await bench_start([sys.executable, "-c", "pass"], url=f"http://127.0.0.1:{free_port()}/", at_most_s=5.0)


async def test_only_the_chosen_parts_run_and_the_machine_is_named() -> None:
    head, rows = await run(embedder=HashEmbedder(), sources=SOURCES, only=("ingest",))
    assert {row.set for row in rows} == {"ingest"}
    assert f"{os.cpu_count()} cores" in head["processor"]
    assert machine().keys() == head.keys()
    assert memory_mb() > 10
