"""Blocks to passages, along the structure of the document."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import Literal

from zhiyin.conversation.facts import Language
from zhiyin.errors import TooLarge
from zhiyin.language.fold import guess_language
from zhiyin.language.sentences import sentences
from zhiyin.service.knowledge.ingest.drafts import PassageDraft
from zhiyin.service.knowledge.ingest.reading import Code, Heading, Limits, Listing, Pair, Paragraph, Reading, Table

_LATIN_WORD = re.compile(r"[A-Za-z0-9À-ɏ]+")
_WIDE = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]")
_WORD_WEIGHT = 2.2  # 160 English words weigh as much as 350 Chinese characters
_FULL = 350.0
_LONG_ANSWER = 4 * _FULL  # an answer of more is an article whose title is the question
_TINY = 15.0
_SMALL = 60.0  # what is smaller joins its neighbour
_TITLE_CHARS = 120

_Piece = tuple[Literal["text", "table"], str]


def weight(text: str) -> float:
    """Measure a text so that both languages fill a passage with about as much meaning."""
    return len(_WIDE.findall(text)) + _WORD_WEIGHT * len(_LATIN_WORD.findall(text))


def split(
    reading: Reading, *, limits: Limits | None = None, url: str | None = None
) -> tuple[list[PassageDraft], list[str]]:
    """Cut a reading into passages of up to about 350 Chinese characters or 160 English words, and say what is left out.

    Never across headings; sentences, rows and list items stay whole; a list keeps the line that leads to it, and a
    table split in parts its column names; a question keeps its answer. What comes twice under one title is kept once.

    Raises:
        TooLarge: more passages than the limit.
    """
    limits = limits or Limits()
    address = url or reading.url
    drafts: dict[tuple[object, ...], PassageDraft] = {}
    doubled = 0
    main = _main_language(reading)
    for draft in _drafts(reading, address, main):
        key = (draft.kind, draft.title, draft.question, draft.text)
        if key in drafts:
            doubled += 1
            more = tuple(dict.fromkeys((*drafts[key].similar, *draft.similar)))
            drafts[key] = replace(drafts[key], similar=more)
            continue
        drafts[key] = draft
        if len(drafts) > limits.passages:
            raise TooLarge(f"{reading.title} makes more than {limits.passages} passages; divide it into smaller files")
    notes = list(reading.notes)
    if doubled:
        notes.append(f"{doubled} passage{'s' if doubled > 1 else ''} said again in the same words and kept once")
    return list(drafts.values()), notes


def _main_language(reading: Reading) -> Language:
    said = "\n".join(
        block.text if isinstance(block, Paragraph) else block.answer if isinstance(block, Pair) else ""
        for block in reading.blocks[:400]
    )
    return guess_language(said[:20_000] if said.strip() else reading.title)


def _drafts(reading: Reading, url: str | None, main: Language) -> Iterator[PassageDraft]:
    path: list[tuple[int, str]] = []
    section: list[Paragraph | Listing | Table | Code] = []

    def title() -> tuple[str, ...]:
        parts = [reading.title, *(text for _, text in path)]
        return tuple(part for place, part in enumerate(parts) if part and (place == 0 or part != parts[place - 1]))

    def finished() -> Iterator[PassageDraft]:
        for kind, text in _packed(list(_pieces(section))):
            yield PassageDraft(kind, _language(text, main), title(), text, url=url, metadata=dict(reading.metadata))
        section.clear()

    for block in reading.blocks:
        if isinstance(block, Heading):
            yield from finished()
            while path and path[-1][0] >= block.level:
                path.pop()
            if words := " ".join(block.text.split())[:_TITLE_CHARS]:
                path.append((block.level, words))
        elif isinstance(block, Pair):
            yield from finished()
            if weight(block.answer) <= _LONG_ANSWER:
                yield _of_pair(block, title(), url, reading.metadata)
                continue
            place = (*title(), " ".join(block.question.split())[:_TITLE_CHARS])
            whole = {**reading.metadata, **block.metadata}
            for _, text in _packed(list(_pieces([Paragraph(part) for part in block.answer.split("\n\n")]))):
                yield PassageDraft("text", _language(text, main), place, text, url=block.url or url, metadata=whole)
        else:
            section.append(block)
    yield from finished()


def _of_pair(pair: Pair, title: tuple[str, ...], url: str | None, metadata: Mapping[str, str]) -> PassageDraft:
    language: Language = "zh" if pair.language == "zh" else "en" if pair.language == "en" else "zh"
    if not pair.language:
        language = guess_language(f"{pair.question}\n{pair.answer}")
    place = (*title[1:], pair.category) if pair.category else title
    return PassageDraft(
        "faq",
        language,
        tuple(dict.fromkeys(part for part in place if part)) or title,
        pair.answer,
        question=pair.question,
        similar=pair.similar,
        url=pair.url or url,
        metadata={**metadata, **pair.metadata},
    )


def _language(text: str, main: Language) -> Language:
    """Guess a passage's language; one of codes and numbers alone has its document's."""
    return guess_language(text) if re.search(r"[A-Za-z]{2,}[^A-Za-z]+[A-Za-z]{2,}|[\u3400-\u9fff]", text) else main


def _pieces(section: Sequence[Paragraph | Listing | Table | Code]) -> Iterator[_Piece]:
    """Cut a section's blocks into pieces that are no larger than a passage; a lead-in goes with what it leads to."""
    lead = ""
    for place, block in enumerate(section):
        following = section[place + 1] if place + 1 < len(section) else None
        if isinstance(block, Paragraph):
            leads = isinstance(following, Listing | Table | Code) and weight(block.text) <= _FULL / 3
            if leads and (block.text.rstrip().endswith((":", "：")) or isinstance(following, Listing)):
                lead = block.text
                continue
            yield from (("text", part) for part in _fitting(_sentences_of(block.text), glue=""))
        elif isinstance(block, Listing):
            yield from (("text", part) for part in _fitting(list(block.items), glue="\n", lead=lead))
        elif isinstance(block, Code):
            yield from (("text", part) for part in _fitting(block.text.split("\n"), glue="\n", lead=lead))
        else:
            yield from (("table", part) for part in _fitting(_rows(block), glue="\n", lead=_head(block, lead)))
        lead = ""


def _sentences_of(text: str) -> list[str]:
    """Cut a paragraph into sentences that joined again give the paragraph, but for line breaks."""
    parts: list[str] = []
    place = 0
    for sentence in sentences(text):
        found = text.find(sentence, place)
        start = found if found >= 0 else place
        if parts:
            parts[-1] += re.sub(r"[^\S\n]+", " ", text[place:start])
        parts.append(sentence)
        place = start + len(sentence)
    return parts or [text]


def _head(table: Table, lead: str) -> str:
    """Return what stands over every part of a table: its lead-in, and column names that the rows do not repeat."""
    names = _paired(*table.header) if len(table.header) == 2 else " | ".join(table.header)
    spelled = len(table.header) > 2
    return "\n".join(part for part in (lead, "" if spelled else names) if part)


def _rows(table: Table) -> list[str]:
    """Write rows as statements that can be quoted alone: `column: cell; column: cell`."""
    rows: list[str] = []
    for row in table.rows:
        cells = [cell for cell in row if cell]
        if len(table.header) > 2:
            named = zip_longest(table.header, row, fillvalue="")
            rows.append(_enumerated([_paired(name, cell) for name, cell in named if cell]))
        elif len(cells) == 2 and len(row) == 2:
            rows.append(_paired(*cells))
        else:
            rows.append(_enumerated(cells))
    return [row for row in rows if row]


def _paired(name: str, cell: str) -> str:
    if not name:
        return cell
    return f"{name}：{cell}" if _WIDE.search(name + cell) else f"{name}: {cell}"


def _enumerated(cells: Sequence[str]) -> str:
    return ("；" if any(_WIDE.search(cell) for cell in cells) else "; ").join(cells)


def _fitting(parts: Sequence[str], *, glue: str, lead: str = "") -> Iterator[str]:
    """Join parts until a passage is full; the lead-in stands before each passage."""
    head = f"{lead}\n" if lead else ""
    full = max(_FULL - weight(lead), _FULL / 2)
    held: list[str] = []
    held_weight = 0.0
    for part in (small for whole in parts for small in _bounded(whole, full)):
        size = weight(part)
        if held and held_weight + size > full:
            yield head + glue.join(held).strip()
            held, held_weight = [], 0.0
        held.append(part)
        held_weight += size
    if held and (text := glue.join(held).strip()):
        yield head + text


def _bounded(part: str, full: float) -> Iterator[str]:
    """Cut what alone would fill several passages: at sentences, else at its middle characters."""
    if weight(part) <= 2 * full and len(part) <= 4000:
        yield part
        return
    inner = sentences(part)
    if len(inner) > 1:
        yield from _fitting(inner, glue="" if _WIDE.search(part) else " ")
        return
    step = max(200, min(2000, int(len(part) * full / max(weight(part), 1.0))))
    yield from (part[start : start + step] for start in range(0, len(part), step))


def _packed(pieces: list[_Piece]) -> Iterator[_Piece]:
    """Join neighbours of one section that together fill no more than a passage, if they are in one language."""
    held: _Piece | None = None
    for piece in pieces:
        if held is None:
            held = piece
            continue
        both = weight(held[1]) + weight(piece[1])
        small = min(weight(held[1]), weight(piece[1])) < _SMALL and both <= 1.3 * _FULL
        if held[0] == piece[0] == "text":
            alike = (
                guess_language(held[1]) == guess_language(piece[1]) or min(weight(held[1]), weight(piece[1])) < _TINY
            )
            join = alike and (small or both <= _FULL)
        else:  # a remark may join its table; a table never dissolves in running text
            join = small and min((weight(text), kind) for kind, text in (held, piece))[1] == "text"
        if join:
            held = ("table" if "table" in (held[0], piece[0]) else "text", f"{held[1]}\n{piece[1]}")
        else:
            yield held
            held = piece
    if held is not None:
        yield held
