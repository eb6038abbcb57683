"""PDF: text in reading order, tables, and headings by the size of their letters."""

import io
import logging
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from zhiyin.errors import Invalid, TooLarge
from zhiyin.service.knowledge.ingest.columns import found_table
from zhiyin.service.knowledge.ingest.markup import heading_level, read_text
from zhiyin.service.knowledge.ingest.reading import Allowance, Block, Heading
from zhiyin.service.knowledge.ingest.wording import repaired

_PAGE_NUMBER = re.compile(
    r"[-–—\s]*(?:第\s*)?(?:page\s*)?\d{1,4}(?:\s*(?:/|of|页|页共)\s*\d{1,4}\s*页?)?[-–—\s]*页?", re.IGNORECASE
)
_TABLE_CELLS = 20_000


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    size: float
    left: float
    right: float
    top: float
    bottom: float
    page: int
    edge: bool  # in the strip at the top or bottom where running heads and page numbers stand


def read_pdf(content: bytes, allowance: Allowance) -> tuple[list[Block], list[str], str]:
    """Read a PDF's text; returns its blocks, notes and title.

    Raises:
        Invalid: it is protected by a password, or has pictures of text but no text.
        TooLarge: more pages than the limit.
    """
    # Loaded on use: they take 20 MB and a tenth of a second.
    import pdfplumber  # noqa: PLC0415
    from pdfminer.pdfdocument import PDFEncryptionError, PDFPasswordIncorrect  # noqa: PLC0415
    from pdfplumber.utils.exceptions import PdfminerException  # noqa: PLC0415

    logging.getLogger("pdfminer").setLevel(logging.ERROR)  # it warns of every odd font, on standard error
    try:
        book = pdfplumber.open(io.BytesIO(content))
    except PdfminerException as error:
        if error.args and isinstance(error.args[0], PDFPasswordIncorrect | PDFEncryptionError):
            raise Invalid(
                f"{allowance.name} is protected by a password; save it without one and give it again"
            ) from None
        raise
    parts: list[_Line | list[list[str]]] = []
    with book:
        if len(book.pages) > allowance.limits.pages:
            raise TooLarge(
                f"{allowance.name} has {len(book.pages)} pages, more than {allowance.limits.pages}; divide it"
            )
        pictures = 0
        for number, page in enumerate(book.pages):
            allowance.check_time()
            parts += _page(page, number)
            pictures += bool(page.images)
            page.close()
        title = str((book.metadata or {}).get("Title") or "")
    lines = [part for part in parts if isinstance(part, _Line)]
    if not lines and not any(isinstance(part, list) for part in parts):
        if pictures:
            raise Invalid(
                f"{allowance.name} holds pictures of text but no text, and OCR is not on; give a version with text"
            )
        raise Invalid(f"{allowance.name} holds no text")
    blocks: list[Block] = []
    notes: list[str] = []
    running: list[_Line] = []
    sizes = _sizes(lines)
    dropped = _repeated(lines, pages=len({line.page for line in lines}))
    for part in parts:
        if isinstance(part, list):
            blocks += _flow(running, sizes, allowance)
            running = []
            some, said = found_table(part, allowance=allowance)
            blocks += some
            notes += said
        elif part not in dropped:
            running.append(part)
    blocks += _flow(running, sizes, allowance)
    return blocks, notes, title if _plausible(title) else ""


def _plausible(title: str) -> bool:
    return 0 < len(title.strip()) <= 120 and not re.search(r"untitled|\.\w{2,5}$|^microsoft", title, re.I)


def _page(page: Any, number: int) -> Iterator[_Line | list[list[str]]]:
    """Yield the lines and tables of a page from top to bottom, column by column where there are two."""
    ruled = len(page.rects) + len(page.lines) + len(page.curves)
    tables = page.find_tables() if 2 < ruled < 5000 else []
    tables = [table for table in tables if 2 <= len(table.cells) <= _TABLE_CELLS and len(table.rows) > 1]
    boxes = [table.bbox for table in tables]

    def outside(thing: Any) -> bool:
        if thing["object_type"] != "char":
            return False
        x, y = (thing["x0"] + thing["x1"]) / 2, (thing["top"] + thing["bottom"]) / 2
        return not any(box[0] <= x <= box[2] and box[1] <= y <= box[3] for box in boxes)

    text, height = page.filter(outside), float(page.height)
    found: list[tuple[float, _Line | list[list[str]]]] = []
    for table in tables:
        rows = [[repaired(cell or "") for cell in row] for row in table.extract()]
        found.append((table.bbox[1], rows))
    gutter = _gutter(text) if not tables else None
    if gutter is None:
        found += [(line.top, line) for line in _lines(text, number, height=height)]
        yield from (part for _, part in sorted(found, key=lambda pair: pair[0]))
        return
    for left, right in ((0, gutter), (gutter, float(page.width))):
        box = (max(left, page.bbox[0]), page.bbox[1], min(right, page.bbox[2]), page.bbox[3])
        yield from _lines(text.crop(box), number, height=height)


def _gutter(page: Any) -> float | None:
    """Find an empty stripe down the middle of a page with text on both sides."""
    words = page.extract_words()
    if len(words) < 40:
        return None
    for share in (0.5, 0.48, 0.52, 0.46, 0.54):
        x = float(page.bbox[0]) + float(page.width) * share
        crossing = sum(1 for word in words if word["x0"] < x < word["x1"])
        near = sum(1 for word in words if word["x0"] < x + 6 and word["x1"] > x - 6)
        left = {round(word["top"]) for word in words if word["x1"] <= x}
        right = {round(word["top"]) for word in words if word["x0"] >= x}
        if not crossing and near <= len(words) // 100 and min(len(left), len(right)) >= 8:
            return x
    return None


def _lines(page: Any, number: int, *, height: float) -> Iterator[_Line]:
    for line in page.extract_text_lines(strip=True, return_chars=True):
        text = repaired(line["text"].replace("\x00", "").strip())
        if text:
            sizes = Counter(round(char["size"], 1) for char in line["chars"])
            size = sizes.most_common(1)[0][0] if sizes else 0.0
            edge = line["bottom"] < 0.09 * height or line["top"] > 0.91 * height
            yield _Line(text, size, line["x0"], line["x1"], line["top"], line["bottom"], number, edge)


def _repeated(lines: Sequence[_Line], *, pages: int) -> set[_Line]:
    """Find page numbers, and running heads and feet: lines at the edge that come again on most pages."""
    edges = [line for line in lines if line.edge]
    forms = Counter(re.sub(r"\d+", "#", line.text) for line in edges)
    often = max(3, 0.6 * pages)
    return {
        line for line in edges if _PAGE_NUMBER.fullmatch(line.text) or forms[re.sub(r"\d+", "#", line.text)] >= often
    }


def _sizes(lines: Sequence[_Line]) -> tuple[float, list[float]]:
    """Return the size of running text, and the sizes of headings from the largest down."""
    letters: Counter[float] = Counter()
    for line in lines:
        letters[line.size] += len(line.text)
    body = letters.most_common(1)[0][0] if letters else 0.0
    total = sum(letters.values())
    return body, sorted((s for s, n in letters.items() if s > body * 1.12 and n < 0.3 * total), reverse=True)


def _flow(lines: Sequence[_Line], sizes: tuple[float, list[float]], allowance: Allowance) -> Iterator[Block]:
    """Make headings and paragraphs of lines: a wide gap, a short line's end or a larger letter parts them."""
    body, larger = sizes
    right = max((line.right for line in lines), default=0.0)
    chunk: list[str] = []
    before: _Line | None = None

    def said() -> Iterator[Block]:
        yield from read_text("\n".join(chunk), allowance)
        chunk.clear()

    for line in lines:
        level = larger.index(line.size) + 1 if line.size in larger and len(line.text) <= 80 else None
        if level is not None:
            yield from said()
            yield Heading(min(level, 6), line.text)
            before = None
            continue
        if before is not None:
            height = max(1.0, before.bottom - before.top)
            gap = line.top - before.bottom if line.page == before.page else 0.0
            ended = before.right < right - 3 * body and re.search(r"[。！？!?.:：;；]$", before.text) is not None
            if gap > 0.9 * height or ended or heading_level(line.text) is not None:
                chunk.append("")
        chunk.append(line.text)
        before = line
    yield from said()
