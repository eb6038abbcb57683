"""Runs `tests.kit.another_process` and hears what it says."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_PATIENCE_S = 60.0


class Other:
    """The second process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def line(self) -> str:
        """Return its next line; empty at its end."""
        assert self._process.stdout is not None
        return (await asyncio.wait_for(self._process.stdout.readline(), _PATIENCE_S)).decode().strip()

    async def lines(self) -> list[str]:
        """Return all the lines it has left to say, once it has ended."""
        assert self._process.stdout is not None
        rest = (await asyncio.wait_for(self._process.stdout.read(), _PATIENCE_S)).decode()
        await self._process.wait()
        whole, _, _ = rest.rpartition("\n")  # what was cut off by a kill was not said
        return whole.split("\n") if whole else []

    def kill(self) -> None:
        """End it at once (SIGKILL)."""
        self._process.kill()

    @property
    def code(self) -> int | None:
        """How it ended."""
        return self._process.returncode


@asynccontextmanager
async def another_process(deed: str, url: str, *words: str) -> AsyncIterator[Other]:
    """Start it and wait until it has opened the store."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.kit.another_process",
        deed,
        url,
        *words,
        cwd=_ROOT,
        env={**os.environ, "PYTHONPATH": f"{_ROOT}{os.pathsep}{_ROOT / 'src'}"},
        stdout=asyncio.subprocess.PIPE,
    )
    other = Other(process)
    try:
        assert await other.line() == "ready"
        yield other
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
