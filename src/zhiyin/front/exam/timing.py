"""How long calls take, and on what machine."""

import os
import platform
import socket
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from zhiyin.front.exam.report import Row

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Timed:
    """The time of each of several calls, and the CPU of this process over all of them."""

    wall_s: tuple[float, ...]
    cpu_s: float

    def rows(self, set: str, system: str, *, what: str = "call") -> list[Row]:
        """Report median, 99th percentile and CPU."""
        n = len(self.wall_s)
        return [
            Row(set, "p50 ms", system, percentile_ms(self.wall_s, 50), n),
            Row(set, "p99 ms", system, percentile_ms(self.wall_s, 99), n),
            Row(set, f"CPU ms a {what}", system, 1000 * self.cpu_s / max(1, n), n),
        ]


def percentile_ms(seconds: Iterable[float], percent: int) -> float:
    """Return a percentile in milliseconds; 0 of nothing."""
    values = list(seconds)
    return float(np.percentile(values, percent)) * 1000 if values else 0.0


async def time_calls(call: Callable[[T], Awaitable[object]], arguments: Iterable[T], *, warm_up: int = 5) -> Timed:
    """Call once for each argument, one after another; the first `warm_up` are not counted."""
    walls: list[float] = []
    cpu = time.process_time()
    for place, argument in enumerate(arguments):
        if place == warm_up:
            cpu = time.process_time()
        began = time.perf_counter()
        await call(argument)
        walls.append(time.perf_counter() - began)
    return Timed(tuple(walls[warm_up:]), time.process_time() - cpu)


def free_port() -> int:
    """Return a local port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def machine() -> dict[str, str]:
    """Name the machine and how busy it is, for the head of every table of times."""
    threads = os.environ.get("OPENBLAS_NUM_THREADS") or os.environ.get("OMP_NUM_THREADS")
    return {
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "load": " ".join(f"{load:.2f}" for load in os.getloadavg()) + " (1, 5, 15 minutes, before the benchmarks)",
        "system": f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
        "BLAS threads": threads or "as many as cores",
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def memory_mb(pid: int | None = None) -> float:
    """Return the resident memory of a process (this one unless named) and its children, in MB; 0 where unknown."""
    root = Path("/proc") / str(pid or os.getpid())
    try:
        pages = int((root / "statm").read_text().split()[1])
        children = [
            int(child) for task in (root / "task").iterdir() for child in (task / "children").read_text().split()
        ]
    except (OSError, ValueError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6 + sum(memory_mb(child) for child in children)
