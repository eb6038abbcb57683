"""Builds the product from its settings: which driver, which model, in which order they start and stop."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import SecretStr

from zhiyin.app.settings import Settings
from zhiyin.app.watch import Watch, start_tracing
from zhiyin.conversation.facts import PassagesFound, Understood
from zhiyin.conversation.ids import AccountId
from zhiyin.conversation.state import Conversation
from zhiyin.data.database import Database
from zhiyin.data.events.sql import SqlEventLog
from zhiyin.data.index import VectorIndex
from zhiyin.data.index.pgvector import PgVectors, has_pgvector, prepare_pgvector
from zhiyin.data.privacy.sealing import Sealing
from zhiyin.data.records.sql import SqlDirectory, SqlKnowledge
from zhiyin.errors import BadPack, ZhiyinError
from zhiyin.extend import Embedder, LanguageModel, Reranker
from zhiyin.models.completion import OpenAICompletion
from zhiyin.models.endpoint import Endpoint
from zhiyin.models.remote import RemoteEmbedder, RemoteReranker
from zhiyin.models.use import UseEmbedder
from zhiyin.service.act import Answerer
from zhiyin.service.decide import Limits
from zhiyin.service.knowledge.judge import ANSWER_FROM, CLARIFY_FROM
from zhiyin.service.knowledge.library import Library
from zhiyin.service.turn.road import ConversationRoad
from zhiyin.service.turn.walk import Stage, Steps
from zhiyin.service.turn.worker import Pace, Worker
from zhiyin.service.understand import Understander
from zhiyin.service.verify import Gate

_WARMED = 16


def utc_now() -> datetime:
    """Return the time now, aware, UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Product:
    """The assembled product, running."""

    settings: Settings
    database: Database
    events: SqlEventLog
    directory: SqlDirectory
    library: Library
    embedder: Embedder
    worker: Worker
    road: ConversationRoad
    watch: Watch
    sealing: Sealing
    facts: Mapping[str, str]


@asynccontextmanager
async def assemble(settings: Settings, *, stage: Stage | None = None) -> AsyncIterator[Product]:
    """Open the store, bring its schema up to date, start the models and the worker; stop them in reverse."""
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(await Database.connect(settings.database()))
        await database.migrate()
        sealing = Sealing(database, master_key=_clear(settings.master_key))
        events = SqlEventLog(database, sealing=sealing, clock=utc_now)
        stack.push_async_callback(events.close)
        embedder = await _embedder(settings, stack)
        library = Library(
            SqlKnowledge(database),
            embedder,
            reranker=await _reranker(settings, stack),
            meaning=await _vector_index(settings, database, embedder),
        )
        model = await _language_model(settings, stack)
        watch = Watch(start_tracing(settings))
        limits = _limits(settings)

        async def find(here: Conversation, understood: Understood) -> PassagesFound:
            return await library.find(here.account, understood.query, language=understood.language)

        worker = Worker(
            events,
            Steps(
                understander=Understander(embedder),
                find=find,
                limits=limits,
                answerer=Answerer(model),
                gate=Gate(embedder),
                default_language=settings.language,
            ),
            clock=utc_now,
            pace=Pace(lease_s=settings.turn_lease_s),
            stage=stage or watch.stage,
            recorded=watch.recorded,
        )
        worker.start()
        directory = SqlDirectory(database)
        warming = asyncio.create_task(_warm(library, directory))
        try:
            yield Product(
                settings=settings,
                database=database,
                events=events,
                directory=directory,
                library=library,
                embedder=embedder,
                worker=worker,
                road=ConversationRoad(events, worker, clock=utc_now, max_chars=settings.max_message_chars),
                watch=watch,
                sealing=sealing,
                facts=await _facts(settings, database, embedder),
            )
        finally:
            warming.cancel()
            await worker.stop(at_most_s=settings.shutdown_s)


async def _embedder(settings: Settings, stack: AsyncExitStack) -> Embedder:
    if not settings.embedder_url:
        built_in = UseEmbedder(cached=settings.embedder_cached)
        stack.push_async_callback(built_in.aclose)
        return built_in
    endpoint = Endpoint(settings.embedder_url, settings.embedder_name, key=_clear(settings.embedder_key))
    remote = RemoteEmbedder(endpoint, dims=settings.embedder_dims)
    stack.push_async_callback(remote.aclose)
    return remote


async def _vector_index(
    settings: Settings, database: Database, embedder: Embedder
) -> Callable[[AccountId], VectorIndex] | None:
    """Choose where vectors are searched; None: in this process.

    Raises:
        BadPack: pgvector is asked for and the store has none.
    """
    there = database.name == "postgresql" and await has_pgvector(database.postgres)
    if settings.vectors == "pgvector" and not there:
        raise BadPack("vectors = pgvector needs PostgreSQL with pgvector 0.8 or newer; install it, or choose auto")
    if settings.vectors == "memory" or not there:
        return None
    await prepare_pgvector(database.postgres, dims=embedder.dims)
    return lambda account: PgVectors(database.postgres, account, dims=embedder.dims)


async def _warm(library: Library, directory: SqlDirectory) -> None:
    """Load the indexes of the first accounts before anybody asks, so that nobody's first question waits."""
    for account in (await directory.accounts())[:_WARMED]:
        with suppress(ZhiyinError):
            await library.load(account.id)


async def _reranker(settings: Settings, stack: AsyncExitStack) -> Reranker | None:
    if not settings.reranker_url:
        return None
    endpoint = Endpoint(settings.reranker_url, settings.reranker_name, key=_clear(settings.reranker_key))
    remote = RemoteReranker(endpoint)
    stack.push_async_callback(remote.aclose)
    return remote


async def _language_model(settings: Settings, stack: AsyncExitStack) -> LanguageModel | None:
    if not settings.model_url:
        return None
    endpoint = Endpoint(
        settings.model_url,
        settings.model_name,
        key=_clear(settings.model_key),
        first_s=settings.model_first_token_s,
        total_s=settings.model_total_s,
    )
    completion = OpenAICompletion(endpoint)
    stack.push_async_callback(completion.aclose)
    return completion


def _limits(settings: Settings) -> Limits:
    answer_from = ANSWER_FROM if settings.answer_from is None else settings.answer_from
    clarify_from = min(CLARIFY_FROM, answer_from) if settings.clarify_from is None else settings.clarify_from
    if clarify_from > answer_from:
        raise BadPack(f"clarify_from ({clarify_from}) must not be above answer_from ({answer_from})")
    return Limits(answer_from=answer_from, clarify_from=clarify_from)


async def _facts(settings: Settings, database: Database, embedder: Embedder) -> dict[str, str]:
    store = await database.describe()
    return {
        "store": f"{store.engine} {store.version}",
        "schema": f"{store.revision} (wants {store.newest})",
        "pgvector": store.pgvector,
        "embedder": f"{embedder.name}, {embedder.dims} dimensions",
        "language model": settings.model_url or "none: answers are quoted from passages",
        "reranker": settings.reranker_url or "built-in judge",
    }


def _clear(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""
