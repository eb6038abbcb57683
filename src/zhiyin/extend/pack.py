"""The door for a trade: a folder with knowledge, greetings and an exam, later flows and tools."""

from dataclasses import dataclass, field
from pathlib import Path

from zhiyin.conversation.facts import Language


@dataclass(frozen=True, slots=True)
class Pack:
    """What a trade brings. Paths are folders or files inside the installed package."""

    name: str
    title: dict[Language, str]
    articles: Path  # everything below it is ingested
    dictionary: Path | None = None  # one word a line
    synonyms: Path | None = None  # term<TAB>synonym|synonym
    exam: Path | None = None  # questions.jsonl
    page: Path | None = None  # static files of the company's own home page
    greetings: dict[Language, tuple[str, ...]] = field(default_factory=dict)
