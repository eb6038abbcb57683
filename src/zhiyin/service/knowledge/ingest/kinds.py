"""What kind of file it is: the content decides, the name only tells text formats apart."""

import io
import lzma
import re
import zipfile
import zlib
from pathlib import PurePosixPath
from typing import Literal

import puremagic

from zhiyin.errors import Invalid, TooLarge
from zhiyin.service.knowledge.ingest.reading import Limits

Kind = Literal["csv", "jsonl", "markdown", "html", "text", "pdf", "xlsx", "docx"]

SHOWN: dict[Kind, str] = {
    "csv": "a CSV table",
    "jsonl": "JSON lines",
    "markdown": "Markdown",
    "html": "an HTML page",
    "text": "plain text",
    "pdf": "a PDF",
    "xlsx": "an Excel workbook",
    "docx": "a Word document",
}
_TAKEN = "CSV, XLSX, JSONL, Markdown, HTML, TXT, PDF and DOCX are taken"
_BY_SUFFIX: dict[str, Kind] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".md": "markdown",
    ".markdown": "markdown",
    ".mdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".txt": "text",
    ".text": "text",
    ".pdf": "pdf",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".docx": "docx",
}
_BY_TYPE: dict[str, Kind] = {
    "text/csv": "csv",
    "text/tab-separated-values": "csv",
    "application/jsonl": "jsonl",
    "application/x-ndjson": "jsonl",
    "application/json": "jsonl",
    "text/markdown": "markdown",
    "text/html": "html",
    "application/xhtml+xml": "html",
    "text/plain": "text",
    "application/pdf": "pdf",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
}
_TEXTS: tuple[Kind, ...] = ("csv", "jsonl", "markdown", "html", "text")
_PAGE = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.{0,2000}?-->\s*)*<(?:!doctype\s+html|html)\b", re.I | re.S
)
_ENTITIES = re.compile(rb"<!(?:DOCTYPE|ENTITY)|<\x00!\x00[DE]\x00|\x00<\x00!\x00[DE]", re.IGNORECASE)
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def claimed_kind(name: str, media_type: str | None) -> Kind | None:
    """Return what the file's name says it is, or else its media type."""
    kind = _BY_SUFFIX.get(PurePosixPath(name.split("?")[0]).suffix.lower())
    return kind or _BY_TYPE.get((media_type or "").split(";")[0].strip().lower())


def kind_of(name: str, content: bytes, media_type: str | None, *, limits: Limits) -> Kind:
    """Decide the kind.

    Raises:
        Invalid: the file is empty, protected, of a kind that is not taken, or not what its name says.
        TooLarge: it is larger than the limits, packed or unpacked.
    """
    if not content.strip(b"\x00\t\n\r \xef\xbb\xbf\xff\xfe"):
        raise Invalid(f"{name} is empty")
    if len(content) > limits.file_bytes:
        raise TooLarge(f"{name} has {_mb(len(content))}, more than the {_mb(limits.file_bytes)} that are taken")
    claimed = claimed_kind(name, media_type)
    found = _binary(name, content, limits)
    if found is None:
        if len(content) > limits.text_bytes:
            raise TooLarge(f"{name} has {_mb(len(content))} of text, more than {_mb(limits.text_bytes)}; divide it")
        found = claimed if claimed in _TEXTS else "text"
        if found != "markdown" and _PAGE.match(content):
            found = "html"
    may_be = claimed is None or claimed == found or (claimed == "text" and found == "html")
    if not may_be and claimed is not None:
        raise Invalid(f"{name} is named as {SHOWN[claimed]} but holds {SHOWN[found]}; check the file or rename it")
    return found


def _binary(name: str, content: bytes, limits: Limits) -> Kind | None:
    """Recognise a format that is no text, or refuse it; None for text."""
    if b"%PDF-" in content[:1024]:
        return "pdf"
    if content.startswith(b"PK\x03\x04"):
        return _packed(name, content, limits)
    if content.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise Invalid(f"{name} is protected by a password; save it without one and give it again")
        raise Invalid(f"{name} is in an old Office format; save it as .docx or .xlsx and give it again")
    if content.startswith(b"{\\rtf"):
        raise Invalid(f"{name} is rich text (RTF); save it as .docx and give it again")
    if content.startswith(_MARKS[1:]) or b"\x00" not in content:
        return None
    try:
        guess = puremagic.from_string(content[:4096])
    except (puremagic.PureError, ValueError, IndexError):
        guess = ""
    what = f"a {guess.lstrip('.').upper()} file" if guess else "no text and no known format"
    raise Invalid(f"{name} is {what}; {_TAKEN}")


def _packed(name: str, content: bytes, limits: Limits) -> Kind:
    """Look into a ZIP archive without trusting it."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            names = {part.filename for part in parts}
            kind: Kind | None = (
                "docx" if "word/document.xml" in names else "xlsx" if "xl/workbook.xml" in names else None
            )
            if kind is None:
                raise Invalid(f"{name} is a ZIP archive but no .docx or .xlsx; unpack it and give the files in it")
            if any(part.flag_bits & 1 for part in parts):
                raise Invalid(f"{name} is protected by a password; save it without one and give it again")
            if len(parts) > 5000 or sum(part.file_size for part in parts) > limits.unpacked_bytes:
                raise TooLarge(
                    f"{name} unpacks to more than {_mb(limits.unpacked_bytes)}; divide it into smaller files"
                )
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    _refuse_entities(name, archive, part)
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, RuntimeError, ValueError, EOFError, OSError) as error:
        raise Invalid(
            f"{name} is damaged ({type(error).__name__}); open it, save it again and give it again"
        ) from error
    return kind


def _refuse_entities(name: str, archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Office files never declare entities; attacks do (XXE, exponential expansion)."""
    kept = b""
    with archive.open(part) as stream:
        while chunk := stream.read(1 << 16):
            if _ENTITIES.search(kept + chunk):
                raise Invalid(f"{name} declares XML entities, which no Office program writes; it is not read")
            kept = chunk[-24:]


def _mb(size: int) -> str:
    return f"{size / 1e6:.3g} MB"
