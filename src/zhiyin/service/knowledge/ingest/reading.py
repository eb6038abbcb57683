"""What a file says, whatever its format: a title and blocks in reading order."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from zhiyin.errors import TooLarge


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of one file is taken; more is refused, never cut silently."""

    file_bytes: int = 30_000_000
    text_bytes: int = 8_000_000  # of CSV, JSONL, Markdown, HTML and plain text
    unpacked_bytes: int = 200_000_000  # of XLSX and DOCX, which are ZIP archives
    pages: int = 600
    rows: int = 50_000
    cells: int = 1_000_000
    columns: int = 200
    passages: int = 50_000
    read_s: float = 120.0


@dataclass(frozen=True, slots=True)
class Heading:
    """A title over what follows; 1 is the outermost level."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    text: str


@dataclass(frozen=True, slots=True)
class Listing:
    """A list; each item keeps its mark and its nested items."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells; `header` is empty when no row names the columns."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Code:
    """Text whose line breaks matter."""

    text: str


@dataclass(frozen=True, slots=True)
class Pair:
    """A question with its answer."""

    question: str
    answer: str
    similar: tuple[str, ...] = ()
    category: str = ""
    url: str | None = None
    language: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)


Block = Heading | Paragraph | Listing | Table | Code | Pair


@dataclass(frozen=True, slots=True)
class Reading:
    """A file's contents; `notes` tell the operator, a sentence each, what was left out."""

    title: str
    blocks: tuple[Block, ...]
    url: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


class Allowance:
    """What is left of the limits while one file is read."""

    def __init__(self, name: str, limits: Limits) -> None:
        self.name, self.limits = name, limits
        self._until = time.monotonic() + limits.read_s
        self._cells = 0
        self._rows = 0

    def check_time(self) -> None:
        """Raise TooLarge when reading has taken too long."""
        if time.monotonic() > self._until:
            raise TooLarge(
                f"{self.name} took longer than {self.limits.read_s:g} s to read; divide it into smaller files"
            )

    def take_row(self, cells: int) -> None:
        """Count a row of a table. Raises TooLarge."""
        self._rows += 1
        self._cells += cells
        if self._rows > self.limits.rows:
            raise TooLarge(f"{self.name} has more than {self.limits.rows} rows; divide it into smaller files")
        if self._cells > self.limits.cells:
            raise TooLarge(f"{self.name} has more than {self.limits.cells} cells; divide it into smaller files")
        if cells > self.limits.columns:
            raise TooLarge(
                f"{self.name} has a row with more than {self.limits.columns} columns; remove the unused ones"
            )
        if self._rows % 256 == 0:
            self.check_time()
