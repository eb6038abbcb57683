"""A file's bytes to a reading, and to passages."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from zhiyin.errors import Invalid, TooLarge, ZhiyinError
from zhiyin.service.knowledge import Source
from zhiyin.service.knowledge.ingest.decode import decode
from zhiyin.service.knowledge.ingest.drafts import PassageDraft
from zhiyin.service.knowledge.ingest.kinds import SHOWN, Kind, kind_of
from zhiyin.service.knowledge.ingest.markup import read_markdown, read_text
from zhiyin.service.knowledge.ingest.page import read_html
from zhiyin.service.knowledge.ingest.pdf import read_pdf
from zhiyin.service.knowledge.ingest.reading import Allowance, Block, Heading, Limits, Reading
from zhiyin.service.knowledge.ingest.split import split
from zhiyin.service.knowledge.ingest.tables import read_csv, read_jsonl, read_xlsx
from zhiyin.service.knowledge.ingest.word import read_docx

_OWN = ("category", "product", "region", "updated", "version", "audience", "tags", "language")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A source ready for the index."""

    title: str
    passages: tuple[PassageDraft, ...]
    url: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def prepare(source: Source, *, limits: Limits | None = None) -> Prepared:
    """Read a source and cut it into passages. Pure CPU work on picklable values: call it in a thread or process.

    Raises:
        Invalid: it cannot be read; the message is one sentence with the file's name and what to do.
        TooLarge: it is over a limit.
    """
    limits = limits or Limits()
    reading = read(source, limits=limits)
    drafts, notes = split(reading, limits=limits, url=source.url)
    if not drafts:
        raise Invalid(f"{source.name} holds no text that could answer a question")
    return Prepared(reading.title, tuple(drafts), source.url or reading.url, reading.metadata, tuple(notes))


def read(source: Source, *, limits: Limits) -> Reading:
    """Read a source of any kind that is taken.

    Raises:
        Invalid: it is damaged, protected, empty, of another kind, or not what its name says.
        TooLarge: it is over a limit.
    """
    kind = kind_of(source.name, source.content, source.media_type, limits=limits)
    try:
        return _read(source, kind, Allowance(source.name, limits))
    except ZhiyinError:
        raise
    except MemoryError:
        raise TooLarge(f"{source.name} needs more memory than a reader has; divide it into smaller files") from None
    except Exception as error:
        # Readers of damaged files raise whatever the damage makes them stumble over: any error there is the file's.
        raise Invalid(
            f"{source.name} cannot be read as {SHOWN[kind]} ({type(error).__name__}): it seems damaged; "
            "open it, save it again and give it again"
        ) from error


def _read(source: Source, kind: Kind, allowance: Allowance) -> Reading:
    blocks: list[Block] = []
    notes: list[str] = []
    title, url = "", source.url
    own: dict[str, str] = {}
    if kind == "pdf":
        blocks, notes, title = read_pdf(source.content, allowance)
    elif kind == "docx":
        blocks, notes, title = read_docx(source.content, allowance)
    elif kind == "xlsx":
        blocks, notes = read_xlsx(source.content, allowance)
    else:
        text = decode(source.name, source.content, page=kind == "html")
        if kind == "csv":
            blocks, notes = read_csv(text, allowance)
        elif kind == "jsonl":
            blocks, notes = read_jsonl(text, allowance)
        elif kind == "markdown":
            blocks, notes, own = read_markdown(text, allowance)
        elif kind == "html":
            blocks, notes, title, address = read_html(text, allowance)
            url = url or address
        else:
            blocks = read_text(text, allowance)
    title = own.get("title", "") or _outermost(blocks) or title.strip() or _stem(source.name)
    if not url and own.get("url", "").startswith(("http://", "https://")):
        url = own["url"]
    metadata = {**{name: own[name][:200] for name in _OWN if name in own}, **source.metadata}
    return Reading(_clean(title), tuple(blocks), url, metadata, tuple(notes))


def _outermost(blocks: list[Block]) -> str:
    """Return the document's own title: its only heading of the first level, when it begins with it."""
    firsts = [block for block in blocks if isinstance(block, Heading) and block.level == 1]
    return firsts[0].text if len(firsts) == 1 and blocks[0] is firsts[0] else ""


def _stem(name: str) -> str:
    stem = PurePosixPath(name.split("?")[0].rstrip("/")).stem
    return re.sub(r"[_\s]+", " ", stem).strip() or name


def _clean(title: str) -> str:
    return " ".join(title.split())[:120]
