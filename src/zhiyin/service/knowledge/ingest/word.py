"""DOCX: headings, lists and tables in the order of the document."""

import io
import re
from collections.abc import Iterator
from typing import Any

from zhiyin.service.knowledge.ingest.columns import found_table
from zhiyin.service.knowledge.ingest.markup import heading_level
from zhiyin.service.knowledge.ingest.reading import Allowance, Block, Heading, Listing, Paragraph
from zhiyin.service.knowledge.ingest.wording import joined, repaired

_STYLE = re.compile(r"(?:heading|标题|標題)\s*([1-9])", re.IGNORECASE)


def read_docx(content: bytes, allowance: Allowance) -> tuple[list[Block], list[str], str]:
    """Read a Word document; returns its blocks, notes and title."""
    # Loaded on use: a server without Word files need not hold it.
    from docx import Document  # noqa: PLC0415
    from docx.table import Table as WordTable  # noqa: PLC0415

    document = Document(io.BytesIO(content))
    blocks: list[Block] = []
    notes: list[str] = []
    items: list[str] = []
    title = (document.core_properties.title or "").strip()
    for part in document.iter_inner_content():
        allowance.check_time()
        if isinstance(part, WordTable):
            blocks += _listed(items)
            some, said = found_table(list(_rows(part, allowance)), allowance=allowance)
            blocks += some
            notes += said
            continue
        text = repaired(joined(part.text.split("\n")))
        if not text:
            continue
        style = (part.style.name if part.style is not None else "") or ""
        if style.lower() in ("title", "标题") and not _STYLE.search(style):
            title = title or text
            blocks += [*_listed(items), Heading(1, text)]
        elif found := _STYLE.search(style):
            blocks += [*_listed(items), Heading(int(found.group(1)), text)]
        elif "list" in style.lower() or "列表" in style or _numbered(part):
            items.append(("- " if "number" not in style.lower() else f"{len(items) + 1}. ") + text)
        elif (level := heading_level(text)) is not None:
            blocks += [*_listed(items), Heading(level, text)]
        else:
            blocks += [*_listed(items), Paragraph(text)]
    blocks += _listed(items)
    return blocks, notes, title if len(title) <= 120 else ""


def _listed(items: list[str]) -> Iterator[Block]:
    """Give out the list that has gathered, if any, and begin a new one."""
    if items:
        gathered = tuple(items)
        items.clear()
        yield Listing(gathered)


def _numbered(paragraph: Any) -> bool:
    properties = paragraph._p.pPr  # the only way python-docx offers to numbering
    return properties is not None and properties.numPr is not None


def _rows(table: Any, allowance: Allowance) -> Iterator[list[str]]:
    for row in table.rows:
        allowance.check_time()
        cells: list[str] = []
        before: Any = None
        for cell in row.cells[: allowance.limits.columns + 1]:
            if before is None or cell._tc is not before:  # a merged cell comes once for each column that it covers
                cells.append(repaired(cell.text))
            before = cell._tc
        yield cells
