"""HTML without what surrounds the content."""

import re
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from zhiyin.service.knowledge.ingest.columns import is_faq, table_blocks
from zhiyin.service.knowledge.ingest.reading import Allowance, Block, Code, Heading, Listing, Paragraph, Table
from zhiyin.service.knowledge.ingest.wording import joined, linked

if TYPE_CHECKING:
    from bs4 import Tag

# fmt: off
_DROPPED = [
    "script", "style", "noscript", "template", "nav", "footer", "aside", "form", "button", "select", "option",
    "textarea", "input", "iframe", "svg", "canvas", "object", "embed", "video", "audio", "head", "link", "meta",
    "dialog", "menu",
]
_BLOCKS = {
    "address", "article", "blockquote", "body", "center", "dd", "details", "div", "dl", "dt", "fieldset", "figcaption",
    "figure", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "hr", "html", "li", "main", "ol", "p",
    "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
}
# fmt: on
_ROLES = {"navigation", "banner", "contentinfo", "search", "complementary", "menu", "dialog", "alert"}
_AROUND = re.compile(
    r"(?:^|[\s_-])(?:nav(?:bar|igation)?|breadcrumbs?|sidebar|footer|cookie|share|menu|pagination|advert)(?:$|[\s_-])",
    re.I,
)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0", re.IGNORECASE)
_DEPTH = 60


def read_html(text: str, allowance: Allowance) -> tuple[list[Block], list[str], str, str | None]:
    """Read a page's main content.

    Returns:
        Its blocks, notes, title, and its canonical address if it names one.
    """
    # Loaded on use: 8 MB that a server without web pages need not hold.
    from bs4 import BeautifulSoup, Comment, MarkupResemblesLocatorWarning, XMLParsedAsHTMLWarning  # noqa: PLC0415

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MarkupResemblesLocatorWarning)
        warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)
        soup = BeautifulSoup(text, "lxml")
    title = joined(soup.title.get_text().split("\n")) if soup.title else ""
    canonical = soup.find("link", rel="canonical")
    address = str(canonical.get("href") or "") if canonical else ""
    for tag in soup.find_all(_DROPPED):
        tag.decompose()
    titled = {id(around) for heading in soup.find_all(["h1", "h2"], limit=20) for around in heading.parents}
    for tag in soup.find_all(True):
        if _around(tag) and not (tag.name == "header" and id(tag) in titled):
            tag.decompose()
    for comment in soup.find_all(string=lambda string: isinstance(string, Comment)):
        comment.extract()
    body = soup.body or soup
    whole = len(body.get_text(strip=True))
    for place in (*soup.find_all("main", limit=5), *soup.find_all("article", limit=5)):
        if len(place.get_text(strip=True)) >= 0.4 * whole:
            body = place
            break
    notes: list[str] = []
    blocks = list(_blocks(body, allowance, notes, 0))
    return blocks, notes, title, address if address.startswith(("http://", "https://")) else None


def _around(tag: "Tag") -> bool:
    """Say whether an element surrounds the content or is not shown."""
    if tag.get("role") in _ROLES or tag.has_attr("hidden") or tag.get("aria-hidden") == "true":
        return True
    if _HIDDEN.search(str(tag.get("style") or "")):
        return True
    if tag.name == "header":
        return True
    if tag.name in ("div", "ul", "ol", "section", "p"):
        names = f"{' '.join(tag.get_attribute_list('class') if tag.has_attr('class') else [])} {tag.get('id') or ''}"
        return _AROUND.search(names) is not None
    return False


def _blocks(tag: Any, allowance: Allowance, notes: list[str], depth: int) -> Iterator[Block]:
    """Walk block elements in order; inline text between them gathers into paragraphs."""
    running: list[Any] = []
    for child in tag.children:
        name = getattr(child, "name", None)
        if name is None or depth >= _DEPTH or (name not in _BLOCKS and child.find(_BLOCKS) is None):
            running.append(child)
            continue
        yield from _running(running)
        running = []
        allowance.check_time()
        if name in ("h1", "h2", "h3", "h4", "h5", "h6"):
            if words := _inline(child).replace("\n", " "):
                yield Heading(int(name[1]), words)
        elif name in ("ul", "ol"):
            items = tuple(item for item in _items(child, 0) if item.strip("- ."))
            if items:
                yield Listing(items)
        elif name == "table":
            yield from _table(child, allowance, notes, depth)
        elif name == "pre":
            if child.get_text().strip():
                yield Code(child.get_text().strip("\n"))
        elif name in ("summary", "dt") and (words := _inline(child).replace("\n", " ")):
            yield Heading(6, words)
        else:
            yield from _blocks(child, allowance, notes, depth + 1)
    yield from _running(running)


def _running(nodes: list[Any]) -> Iterator[Block]:
    words = _text(nodes)
    if words:
        yield Paragraph(words)


def _inline(tag: Any) -> str:
    return _text(list(tag.children))


def _text(nodes: list[Any]) -> str:
    parts: list[str] = []
    stack = list(reversed(nodes))
    while stack:
        node = stack.pop()
        if isinstance(node, str) and getattr(node, "name", None) is None:
            parts.append(node.replace("\n", " "))
        elif node.name == "br":
            parts.append("\n")
        elif node.name == "img":
            parts.append(str(node.get("alt") or ""))
        elif node.name == "a":
            parts.append(linked(node.get_text().replace("\n", " "), str(node.get("href") or "")))
        else:
            if node.name in _BLOCKS:
                parts.append("\n")
            stack.extend(reversed(list(node.children)))
    lines = (joined([line]) for line in "".join(parts).split("\n"))
    return "\n".join(line for line in lines if line)


def _items(tag: Any, depth: int) -> Iterator[str]:
    for place, item in enumerate(tag.find_all("li", recursive=False), 1):
        mark = f"{place}. " if tag.name == "ol" else "- "
        own = [child for child in item.children if getattr(child, "name", None) not in ("ul", "ol")]
        nested = item.find_all(["ul", "ol"], recursive=False) if depth < 8 else []
        lines = [line for inner in nested for block in _items(inner, depth + 1) for line in block.split("\n")]
        yield "\n".join([mark + _text(own).replace("\n", " "), *("  " + line for line in lines)])


def _table(tag: Any, allowance: Allowance, notes: list[str], depth: int) -> Iterator[Block]:
    if tag.find("table") is not None and depth < _DEPTH:  # a table around tables only lays the page out
        yield from _blocks(tag, allowance, notes, depth + 1)
        return
    rows: list[list[str]] = []
    named = False
    for row in tag.find_all("tr"):
        cells = row.find_all(["td", "th"], recursive=False)
        words: list[str] = []
        for cell in cells:
            width = str(cell.get("colspan") or "1")
            words += [_inline(cell).replace("\n", " ")] * (
                min(int(width), 50) if width.isdigit() and width != "0" else 1
            )
        if not rows:
            named = bool(cells) and (all(cell.name == "th" for cell in cells) or tag.find("thead") is not None)
        if any(words):
            allowance.take_row(len(words))
            rows.append(words)
    if caption := tag.find("caption"):
        yield Paragraph(
            _inline(caption).replace("\n", " ") + ("：" if any(c >= "\u4e00" for c in _inline(caption)) else ":")
        )
    if not rows:
        return
    if is_faq(rows[0]):
        blocks, said = table_blocks(enumerate(rows, 1), allowance=allowance)
        notes += said
        yield from blocks
    elif len(rows[0]) == 1 and all(len(row) == 1 for row in rows):
        yield from (Paragraph(row[0]) for row in rows)
    elif named:
        yield Table(tuple(rows[0]), tuple(map(tuple, rows[1:])))
    else:
        yield Table((), tuple(map(tuple, rows)))
