"""The doors through which others join: channels, models and packs, found by entry point and by name."""

from importlib.metadata import entry_points
from typing import Any

from zhiyin.errors import BadPack
from zhiyin.extend.channel import Channel
from zhiyin.extend.models import Embedder, LanguageModel, Line, Prompt, Reranker, Vectors
from zhiyin.extend.pack import Pack

__all__ = [
    "Channel",
    "Embedder",
    "LanguageModel",
    "Line",
    "Pack",
    "Prompt",
    "Reranker",
    "Vectors",
    "find",
]


def find(door: str, name: str) -> Any:
    """Load what an installed package offers as `name` behind `zhiyin.<door>`.

    Raises:
        BadPack: no package offers it, or more than one does.
    """
    offers = [entry for entry in entry_points(group=f"zhiyin.{door}") if entry.name == name]
    if len(offers) != 1:
        known = sorted({entry.name for entry in entry_points(group=f"zhiyin.{door}")})
        raise BadPack(
            f"{len(offers)} packages offer {door} {name!r}; want exactly 1. Installed: {', '.join(known) or 'none'}"
        )
    return offers[0].load()
