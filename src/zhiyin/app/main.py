"""The `zhiyin` command: hands the command line the doors to the whole product."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from rich.console import Console

from zhiyin.app import demo, measure
from zhiyin.app.assemble import assemble
from zhiyin.app.serve import serve
from zhiyin.app.settings import Settings, read_settings
from zhiyin.app.watch import start_logging
from zhiyin.extend import find
from zhiyin.front.cli import Installation
from zhiyin.front.cli.commands import build_cli
from zhiyin.front.exam.report import Row

out = Console()


class AppDoors:
    """Opens, serves and measures installations as the settings say."""

    @asynccontextmanager
    async def open(self, **settings: Any) -> AsyncIterator[Installation]:
        """Open the installation that the settings describe."""
        read = read_settings(**settings)
        _quiet()
        async with assemble(read) as product:
            yield measure.installation(product)

    def serve(self, *, pack: str | None, **settings: Any) -> None:
        """Serve until stopped."""
        read = read_settings(**settings)
        address = read.public_url or f"http://{read.host}:{read.port}"
        out.print(f"[bold green]==> Zhiyin 知音 serves on {address}[/]  (API: {address}/docs, Ctrl+C stops)")
        serve(read, pack=pack)

    async def prepare(self, installation: Installation, pack: str) -> None:
        """Set a pack up, printing progress."""
        await demo.prepare(installation, find("packs", pack))

    def settings(self, **settings: Any) -> list[tuple[str, str, str]]:
        """Return (name, value with secrets masked, meaning) of every setting."""
        read = read_settings(**settings)
        return [
            (f"ZHIYIN_{name.upper()}", _shown(getattr(read, name)), field.description or "")
            for name, field in Settings.model_fields.items()
        ]

    async def evaluate(self, *, data: Path, only: frozenset[str], pack: str) -> list[Row]:
        """Run the exams."""
        _quiet()
        return await measure.evaluate(data=data, only=only, pack=find("packs", pack))

    async def bench(self, *, passages: tuple[int, ...], only: frozenset[str]) -> tuple[dict[str, str], list[Row]]:
        """Run the benchmarks."""
        _quiet()
        return await measure.bench(passages=passages, only=only)


def _quiet() -> None:
    start_logging(read_settings().model_copy(update={"log_level": "warning"}))


def _shown(value: Any) -> str:
    if isinstance(value, SecretStr):
        return "********"
    return "" if value is None else str(value)


def main() -> None:
    """Run the command line."""
    build_cli(AppDoors())()


if __name__ == "__main__":
    main()
