"""Markdown, HTML and plain text."""

import re
from collections.abc import Iterator

import yaml
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from zhiyin.service.knowledge.ingest.columns import is_faq, table_blocks
from zhiyin.service.knowledge.ingest.page import read_html
from zhiyin.service.knowledge.ingest.reading import Allowance, Block, Code, Heading, Listing, Paragraph, Table
from zhiyin.service.knowledge.ingest.wording import joined, linked

_FRONT = re.compile(r"\A---\n(.{0,20000}?)\n(?:---|\.\.\.)\n", re.DOTALL)
_LIST_LINE = re.compile(r"\s*(?:[-*•·▪●]\s+|\d{1,3}[.)、．]\s*(?!\d)|[(（][\da-z一二三四五六七八九十]{1,3}[)）])\S")
_CHAPTER = re.compile(
    r"(?P<one>第[一二三四五六七八九十百零〇\d]{1,6}[编章部分篇])|(?P<two>第[一二三四五六七八九十百零〇\d]{1,6}[节條条])"
    r"|(?P<han>[一二三四五六七八九十]{1,3}[、．.])|(?P<paren>[（(][一二三四五六七八九十]{1,3}[）)])"
    r"|(?P<number>\d{1,2}(?:\.\d{1,2}){0,3})[.、．]?\s+(?=\S)|(?P<word>(?:chapter|section|article|part)\s+[\divxlc]+)\b",
    re.IGNORECASE,
)
_NO_TITLE = re.compile(r"[。！？!?；;，,、：:.]\s*$")


def read_markdown(text: str, allowance: Allowance) -> tuple[list[Block], list[str], dict[str, str]]:
    """Read Markdown with tables; the YAML lines at its head become metadata."""
    metadata: dict[str, str] = {}
    if found := _FRONT.match(text):
        metadata = _front(found.group(1))
        if metadata:
            text = text[found.end() :]
    notes: list[str] = []
    tree = SyntaxTreeNode(MarkdownIt("commonmark").enable("table").parse(text))
    return list(_markdown(tree, allowance, notes)), notes, metadata


def _front(text: str) -> dict[str, str]:
    try:
        fields = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}
    if not isinstance(fields, dict):
        return {}
    return {
        str(name): str(value)
        for name, value in fields.items()
        if isinstance(value, str | int | float) or hasattr(value, "isoformat")
    }


def _markdown(tree: SyntaxTreeNode, allowance: Allowance, notes: list[str]) -> Iterator[Block]:
    for node in tree.children:
        allowance.check_time()
        if node.type == "heading":
            yield Heading(int(node.tag[1]), _inline(node).replace("\n", " "))
        elif node.type == "paragraph":
            if words := _inline(node):
                yield Paragraph(words)
        elif node.type in ("bullet_list", "ordered_list"):
            yield Listing(tuple(_items(node)))
        elif node.type == "table":
            rows = [
                [_inline(cell).replace("\n", " ") for cell in row.children]
                for part in node.children
                for row in part.children
            ]
            yield from _table(rows, allowance, notes)
        elif node.type in ("fence", "code_block"):
            if node.content.strip():
                yield Code(node.content.rstrip("\n"))
        elif node.type == "html_block":
            blocks, said, _, _ = read_html(node.content, allowance)
            notes += said
            yield from blocks
        elif node.type == "blockquote":
            yield from _markdown(node, allowance, notes)


def _table(rows: list[list[str]], allowance: Allowance, notes: list[str]) -> Iterator[Block]:
    if rows and is_faq(rows[0]):
        blocks, said = table_blocks(enumerate(rows, 1), allowance=allowance)
        notes += said
        yield from blocks
        return
    for row in rows:
        allowance.take_row(len(row))
    if any(any(row) for row in rows):
        yield Table(tuple(rows[0]), tuple(tuple(row) for row in rows[1:]))


def _items(node: SyntaxTreeNode, *, depth: int = 0) -> Iterator[str]:
    first = int(str(node.attrs.get("start", 1) or 1)) if node.type == "ordered_list" else 0
    for place, item in enumerate(node.children):
        mark = f"{first + place}. " if node.type == "ordered_list" else "- "
        words: list[str] = []
        nested: list[str] = []
        for child in item.children:
            if child.type in ("bullet_list", "ordered_list"):
                nested += _items(child, depth=depth + 1) if depth < 8 else []
            elif child.type in ("fence", "code_block", "html_block"):
                words.append(child.content.strip())
            elif part := _inline(child):
                words.append(part)
        yield "\n".join([mark + joined(words), *("  " + line for block in nested for line in block.split("\n"))])


def _inline(node: SyntaxTreeNode) -> str:
    parts: list[str] = []
    for child in node.children:
        if child.type in ("text", "code_inline"):
            parts.append(child.content)
        elif child.type == "softbreak":
            parts.append("\n")
        elif child.type == "hardbreak":
            parts.append("\x0b")
        elif child.type == "image":
            parts.append(child.content)
        elif child.type == "link":
            parts.append(linked(_inline(child), str(child.attrs.get("href", ""))))
        elif child.type != "html_inline":
            parts.append(_inline(child))
    lines = [joined(line.split("\n")) for line in "".join(parts).split("\x0b")]
    return "\n".join(line for line in lines if line)


def read_text(text: str, allowance: Allowance) -> list[Block]:
    """Read plain text: blank lines part paragraphs, numbered and short lines become headings, marked lines lists."""
    blocks: list[Block] = []
    for chunk in re.split(r"\n[ \t\u3000]*\n", text.replace("\x0b", "\n").replace("\x0c", "\n\n")):
        allowance.check_time()
        lines = [line.strip(" \t\u3000") for line in chunk.split("\n")]
        lines = [line for line in lines if line]
        running: list[str] = []
        for line in lines:
            level = heading_level(line)
            if level is not None and not (_LIST_LINE.match(line) and len(lines) > 2 and not running):
                blocks += _flowing(running)
                running = []
                blocks.append(Heading(level, line))
            else:
                running.append(line)
        blocks += _flowing(running)
    return blocks


def heading_level(line: str) -> int | None:
    """Say how deep a line of plain text is as a heading, by its numbering; None for running text."""
    found = _CHAPTER.match(line)
    if (
        found is None
        or len(line) > (40 if any("\u4e00" <= c <= "\u9fff" for c in line) else 80)
        or _NO_TITLE.search(line)
    ):
        return None
    if found.group("number"):
        return 2 + found.group("number").count(".")
    return {"one": 1, "word": 1, "two": 2, "han": 2, "paren": 3}.get(found.lastgroup or "")


def _flowing(lines: list[str]) -> Iterator[Block]:
    """Part a run of lines into paragraphs and lists."""
    words: list[str] = []
    items: list[str] = []
    for line in lines:
        if _LIST_LINE.match(line):
            if words:
                yield Paragraph(joined(words))
                words = []
            items.append(line)
        elif items and not _NO_TITLE.search(items[-1]):
            items[-1] = joined([items[-1], line])  # a list item that goes on in the next line
        else:
            if items:
                yield Listing(tuple(items))
                items = []
            words.append(line)
    if words:
        yield Paragraph(joined(words))
    if items:
        yield Listing(tuple(items))
