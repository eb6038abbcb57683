"""Bytes to text, for files that do not say how they were written."""

import codecs
import re
import unicodedata

from charset_normalizer import from_bytes

from zhiyin.errors import Invalid
from zhiyin.service.knowledge.ingest.wording import repaired

_META = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([a-zA-Z0-9_-]{2,20})", re.IGNORECASE)
_PUNCTUATION = re.compile(r"[\u2010-\u203b\u3000-\u303f\uff00-\uffef\u00a0-\u00ff]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")


def decode(name: str, content: bytes, *, page: bool = False) -> str:
    """Return the text in NFC with plain line ends; a byte order mark, UTF-8, GB18030 and Big5 are tried in turn.

    Raises:
        Invalid: it is not text in any encoding that is known here.
    """
    text = _marked(content)
    if text is None and page and (found := _META.search(content[:4096])):
        text = _as(content, found.group(1).decode("ascii"))
    if text is None:
        text = _as(content, "utf-8")
    if text is None:
        text = _guessed(content)
    if text is None:
        raise Invalid(f"{name} is not readable text; save it as UTF-8 and give it again")
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    controls = len(_CONTROLS.findall(text))
    if controls > 8 and controls > len(text) // 200:
        raise Invalid(f"{name} is not readable text; save it as UTF-8 and give it again")
    return repaired(_CONTROLS.sub("", text))


def _marked(content: bytes) -> str | None:
    if content.startswith(codecs.BOM_UTF8):
        return _as(content, "utf-8-sig")
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _as(content, "utf-16")
    return None


def _as(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode("gb18030" if encoding.lower() in ("gb2312", "gbk") else encoding)
    except (UnicodeError, LookupError, ValueError):
        return None


def _guessed(content: bytes) -> str | None:
    """Tell Chinese encodings apart by how common their characters are: a wrong one gives rare ones."""
    for encoding, plain, low, high in (("gb18030", "gb2312", 0xB0, 0xD7), ("big5", "big5", 0xA4, 0xC6)):
        text = _as(content, encoding)
        if text is None:
            continue
        foreign = [c for c in text[:20_000] if ord(c) > 127]
        common = sum(1 for c in foreign if _PUNCTUATION.match(c) or low <= _first_byte(c, plain) <= high)
        if foreign and common >= 0.8 * len(foreign) and any("\u4e00" <= c <= "\u9fff" for c in foreign):
            return text
    best = from_bytes(content[:200_000], cp_exclusion=["utf_7"]).best()
    return _as(content, best.encoding) if best is not None else None


def _first_byte(character: str, encoding: str) -> int:
    try:
        return character.encode(encoding)[0]
    except UnicodeError:
        return 0
