"""What operators see of a running server: metrics, logs and, with the extra, traces. No personal data in any."""

import importlib
import logging
import sys
import time
import traceback
from collections.abc import Iterator, MutableMapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess
from prometheus_client.values import ValueClass

from zhiyin import __version__
from zhiyin.app.settings import Settings
from zhiyin.conversation.facts import Fact, ModelFailed, Replied, Withheld
from zhiyin.conversation.state import Conversation
from zhiyin.errors import BadPack
from zhiyin.front.services import Answered

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Watch:
    """Counts and times what happens; `text()` is what Prometheus reads."""

    def __init__(self, tracer: Any = None) -> None:
        self._registry = CollectorRegistry()
        self._tracer = tracer
        self._stages = Histogram(
            "zhiyin_stage_seconds", "Time in a stage of a turn", ["stage"], buckets=_SECONDS, registry=self._registry
        )
        self._replies = Counter("zhiyin_replies_total", "Replies by outcome", ["outcome"], registry=self._registry)
        self._abstained = Counter(
            "zhiyin_abstentions_total", "Replies that did not answer for want of a source", registry=self._registry
        )
        self._withheld = Counter(
            "zhiyin_withheld_total", "Sentences not said, by fault", ["fault"], registry=self._registry
        )
        self._failures = Counter(
            "zhiyin_model_errors_total", "Turns in which a model did not help", ["model"], registry=self._registry
        )
        self._requests = Histogram(
            "zhiyin_request_seconds",
            "HTTP requests",
            ["method", "route", "status"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.followers = Gauge(
            "zhiyin_followers", "Open sockets and streams", registry=self._registry, multiprocess_mode="livesum"
        )
        self.running = Gauge(
            "zhiyin_turns_running", "Turns under way", registry=self._registry, multiprocess_mode="livesum"
        )
        self.due = Gauge(
            "zhiyin_turns_due",
            "Conversations that wait for a turn",
            registry=self._registry,
            multiprocess_mode="mostrecent",
        )
        self.queue = Gauge(
            "zhiyin_queue_conversations",
            "Conversations that wait for a person",
            registry=self._registry,
            multiprocess_mode="mostrecent",
        )

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time one stage, and trace it when tracing is on."""
        span: AbstractContextManager[Any] = (
            self._tracer.start_as_current_span(f"turn.{name}") if self._tracer else nullcontext()
        )
        began = time.perf_counter()
        with span:
            try:
                yield
            finally:
                self._stages.labels(name).observe(time.perf_counter() - began)

    def recorded(self, conversation: Conversation, facts: Sequence[Fact]) -> None:
        """Count what a turn left in the log, and log one line about it."""
        for fact in facts:
            match fact:
                case Replied():
                    self._replies.labels(fact.outcome).inc()
                    if fact.outcome in ("clarified", "offered_person"):
                        self._abstained.inc()
                    structlog.get_logger("zhiyin.turn").info(
                        "turn.replied", account=conversation.account, conversation=conversation.id, outcome=fact.outcome
                    )
                case Withheld():
                    self._withheld.labels(fact.fault).inc()
                case ModelFailed():
                    self._failures.labels(fact.model).inc()
                case _:
                    pass

    def answered(self, request: Answered) -> None:
        """Count one HTTP request."""
        self._requests.labels(request.method, request.route, str(request.status)).observe(request.took_s)

    def text(self) -> bytes:
        """Return the metrics in Prometheus' text form, of all worker processes where there are several."""
        if ValueClass.__name__ == "MmapedValue":
            everyone = CollectorRegistry()
            multiprocess.MultiProcessCollector(everyone)  # type: ignore[no-untyped-call]
            return generate_latest(everyone)
        return generate_latest(self._registry)


def _places(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Put an exception's places in the code for the exception: its words and locals may hold a customer's."""
    if event.pop("exc_info", None):
        _, error, trace = sys.exc_info()
        event["error"] = type(error).__name__
        event["at"] = [f"{f.filename.rsplit('/', 2)[-1]}:{f.lineno}:{f.name}" for f in traceback.extract_tb(trace)[-8:]]
    return event


def start_logging(settings: Settings) -> None:
    """Send all logs to standard error, structured."""
    level = getattr(logging, settings.log_level.upper())
    last: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            _places,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: structlog.WriteLogger(sys.stderr),  # looked up each time: it may be redirected
        cache_logger_on_first_use=False,
    )
    logging.getLogger().setLevel(max(level, logging.WARNING))  # libraries speak through the handler of last resort


def start_tracing(settings: Settings) -> Any:
    """Return a tracer that exports to `trace_url`, or None when tracing is off.

    Raises:
        BadPack: tracing is asked for and the extra is not installed.
    """
    if not settings.trace_url:
        return None
    try:
        sdk = importlib.import_module("opentelemetry.sdk.trace")
        export = importlib.import_module("opentelemetry.sdk.trace.export")
        otlp = importlib.import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
        resources = importlib.import_module("opentelemetry.sdk.resources")
    except ImportError:
        raise BadPack("trace_url is set but tracing is not installed: pip install 'zhiyin[trace]'") from None
    resource = resources.Resource.create({"service.name": "zhiyin", "service.version": __version__})
    provider = sdk.TracerProvider(resource=resource)
    provider.add_span_processor(export.BatchSpanProcessor(otlp.OTLPSpanExporter(endpoint=settings.trace_url)))
    return provider.get_tracer("zhiyin")
