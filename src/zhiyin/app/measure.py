"""Runs the exams and the benchmarks on an installation made for the purpose, thrown away afterwards."""

import json
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from zhiyin.app import demo
from zhiyin.app.assemble import Product, assemble
from zhiyin.app.settings import Settings, read_settings
from zhiyin.conversation.facts import Language, Replied
from zhiyin.conversation.ids import AccountId, ContactId, PassageId, new_id
from zhiyin.errors import BadPack
from zhiyin.extend import Pack, find
from zhiyin.front.cli import Installation
from zhiyin.front.cli.commands import read_files
from zhiyin.front.exam import answerability, answers, company, lies, retrieval, told
from zhiyin.front.exam import bench as speed
from zhiyin.front.exam.bench_turn import Stopwatch, bench_turns, first_reply, open_talk
from zhiyin.front.exam.report import Row
from zhiyin.front.exam.timing import free_port, machine
from zhiyin.models.scripted import scripted
from zhiyin.models.use import UseEmbedder
from zhiyin.service.knowledge.judge import LearnedJudge
from zhiyin.service.verify import Gate

_QUESTIONS = 500
_TURNS = 640


@asynccontextmanager
async def laboratory(
    pack: Pack, *, stopwatch: Stopwatch | None = None, model_url: str | None = None
) -> AsyncIterator[Product]:
    """Set a pack up in a folder of its own; models and thresholds are those of the settings."""
    with tempfile.TemporaryDirectory(prefix="zhiyin-lab-") as folder:
        given = {} if model_url is None else {"model_url": model_url}
        settings: Settings = read_settings(data_dir=Path(folder), database_url="", embedder_cached=0, **given)
        async with assemble(settings, stage=stopwatch.stage if stopwatch else None) as product:
            await demo.prepare(installation(product), pack, quiet=True)
            yield product


def installation(product: Product) -> Installation:
    """Show a product as the command line sees it."""

    async def erase(account: AccountId, contact: ContactId) -> int:
        return (await product.sealing.forget(account, contact)).conversations

    return Installation(product.road, product.library, product.directory, product.facts, erase)


async def evaluate(*, data: Path, only: frozenset[str], pack: Pack) -> list[Row]:
    """Hold the exams named in `only`, or all of them.

    The company's own questions are asked of the assembled product; the open data sets of its rooms.

    Raises:
        NotFound: the data sets are not in `data`.
    """
    rows: list[Row] = []
    async with laboratory(pack) as product:
        if _wanted("answers", only) and pack.exam is not None:
            for split in ("dev", "test"):
                asked = await answers.mark(
                    answers.read_questions(pack.exam, split=split), _asker(product), await _references(product)
                )
                rows += answers.figures(asked, system=f"product, {split} split")
        if _wanted("retrieval", only):
            judge = LearnedJudge()
            searcher = await product.library.load(demo.ACCOUNT)
            names = {document.id: document.name for document in await product.library.documents(demo.ACCOUNT)}
            if pack.exam is not None:
                rows += await retrieval.demo(searcher, pack.exam, names=names, judge=judge)
            rows += await retrieval.run(product.embedder, data, judge=judge)
        if _wanted("answerability", only):
            rows += await answerability.run(product.embedder, data, pack=pack)
    if _wanted("lies", only):
        liar = told.Liar()
        async with scripted(liar) as server, laboratory(pack, model_url=server.url) as product:
            ask = _asker(product)
            rows += await told.run(liar, lambda question: ask(question, "zh"), pack.articles.parent)
            rows += await lies.run_gate(Gate(product.embedder), data)
    return rows


def _asker(product: Product) -> Callable[[str, Language], Awaitable[Replied]]:
    """Ask as a new customer each time, and return the reply."""
    shown = installation(product)

    async def ask(question: str, _language: Language) -> Replied:
        talk = await open_talk(shown, demo.ACCOUNT)
        accepted = await product.road.say(demo.ACCOUNT, talk, message=new_id(), text=question)
        return await first_reply(shown, demo.ACCOUNT, talk, after=accepted.number)

    return ask


async def _references(product: Product) -> dict[PassageId, frozenset[str]]:
    """Say what the exam may call each passage of the demo account."""
    library = product.library
    return {
        passage.id: company.references(Path(document.name), passage)
        for document in await library.documents(demo.ACCOUNT)
        for passage in await library.passages(demo.ACCOUNT, document.id)
    }


async def bench(*, passages: tuple[int, ...], only: frozenset[str]) -> tuple[dict[str, str], list[Row]]:
    """Run the benchmarks named in `only`, or all of them; times are of this process unless the row says otherwise."""
    pack: Pack = find("packs", "shop")
    head: dict[str, str] = {}
    rows: list[Row] = []
    parts = only & set(speed.PARTS) if only else frozenset(speed.PARTS)
    if parts:
        embedder = UseEmbedder(cached=0)
        port = free_port()
        with tempfile.TemporaryDirectory(prefix="zhiyin-lab-") as folder:
            head, rows = await speed.run(
                embedder=embedder,
                sources=read_files([pack.articles]),
                passages=passages,
                only=parts,
                serve=_demo_server(Path(folder), port),
                url=f"http://127.0.0.1:{port}/readyz",
                inbox=demo.WEBSITE_TOKEN,
            )
        await embedder.aclose()
    if _wanted("turn", only):
        stopwatch = Stopwatch()
        async with laboratory(pack, stopwatch=stopwatch) as product:
            for at_once in (1, 16, 64):
                rows += await bench_turns(
                    installation(product),
                    demo.ACCOUNT,
                    exam_questions(pack),
                    stopwatch=stopwatch,
                    at_once=at_once,
                    turns=_TURNS,
                )
    return head or machine(), rows


def _demo_server(folder: Path, port: int) -> list[str]:
    """Return a command that serves the demo company from `folder` on `port`."""
    settings = [
        f"ZHIYIN_DATA_DIR={folder}",
        f"ZHIYIN_PORT={port}",
        "ZHIYIN_LOG_LEVEL=error",
        "ZHIYIN_CONTACTS_PER_IP_PER_MINUTE=100000",
    ]
    return ["env", *settings, sys.executable, "-m", "zhiyin.app.main", "demo"]


def exam_questions(pack: Pack) -> Sequence[str]:
    """Return what the pack's exam asks."""
    if pack.exam is None:
        raise BadPack(f"pack {pack.name!r} has no exam to take questions from")
    lines = pack.exam.read_text("utf-8").splitlines()
    return [json.loads(line)["question"] for line in lines[:: max(1, len(lines) // _QUESTIONS)]]


def _wanted(name: str, only: frozenset[str]) -> bool:
    return not only or name in only
