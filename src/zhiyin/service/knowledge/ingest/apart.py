"""Reading in a process of its own: it may take all its time and memory, and nobody else waits."""

import contextlib
import resource
from dataclasses import replace

import anyio
import anyio.lowlevel
import anyio.to_process

from zhiyin.errors import Invalid, TooLarge
from zhiyin.service.knowledge import Source
from zhiyin.service.knowledge.ingest.read import Prepared, prepare
from zhiyin.service.knowledge.ingest.reading import Limits

_MEMORY_BYTES = 3_000_000_000  # of addresses, of which a reader uses a small part
_GRACE_S = 20.0  # to start the process, and for a page that cannot be interrupted


async def prepare_apart(source: Source, *, limits: Limits | None = None, at_most_s: float | None = None) -> Prepared:
    """Do what `prepare` does in a worker process, one at a time, and kill it when it takes too long.

    The process begins at the first call (about half a second) and ends after five idle minutes.

    Raises:
        Invalid: it cannot be read, or it made the reader fall over.
        TooLarge: it is over a limit, of time and memory too.
    """
    limits = limits or Limits()
    try:
        with anyio.fail_after(limits.read_s + _GRACE_S if at_most_s is None else at_most_s):
            return await anyio.to_process.run_sync(_bounded, source, limits, cancellable=True, limiter=_one())
    except TimeoutError:
        raise TooLarge(f"{source.name} takes too long to read; divide it into smaller files") from None
    except anyio.BrokenWorkerProcess:
        raise Invalid(f"{source.name} made the reader fall over; open it, save it again and give it again") from None


def _bounded(source: Source, limits: Limits) -> Prepared:
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, resource.getrlimit(resource.RLIMIT_AS)[1]))
    prepared = prepare(source, limits=limits)
    return replace(prepared, metadata=dict(prepared.metadata))


_LIMITER: anyio.lowlevel.RunVar[anyio.CapacityLimiter] = anyio.lowlevel.RunVar("_LIMITER")


def _one() -> anyio.CapacityLimiter:
    """Return this event loop's limit of one reader at a time."""
    try:
        return _LIMITER.get()
    except LookupError:
        limiter = anyio.CapacityLimiter(1)
        _LIMITER.set(limiter)
        return limiter
