"""Where a sentence begins and ends, in Chinese, English and texts that mix them."""

import re
from bisect import bisect_right

LONGEST = 1200
"""A sentence longer than this many characters is cut at a comma or a space, so that no reader meets an endless one."""

_CLOSERS = "”’」』）》〉】]\"')"
_BULLET = re.compile(
    r"[ \t　]*(?:[-*•·▪●◦–]|\d{1,3}[.)、．](?!\d)|[(（][\da-z一二三四五六七八九十]{1,3}[)）]"
    r"|[一二三四五六七八九十]{1,3}、)[ \t　]*"
)
_HEADING = re.compile(r"[ \t　]*#{1,6}[ \t]")
_ENDS = re.compile(r"[。！？!?]+|…{1,2}|\.{1,6}|\n")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(（\[\"“'])(?:mr|mrs|ms|dr|prof|st|sr|jr|vs|no|nos|fig|figs|e\.g|i\.e|cf|al|approx|dept|"
    r"est|gen|gov|hon|inc|ltd|co"
    r"|corp|lt|col|capt|rev|sen|rep|tel|ext|min|max|vol|ed|pp|p|op|art|sec|ch|jan|feb|mar|apr|jun|"
    r"jul|aug|sep|sept|oct|nov"
    r"|dec|mon|tue|wed|thu|fri|sat|sun|[a-z]|(?:[a-z]\.)+[a-z])$",
    re.IGNORECASE,
)
_MAY_END = re.compile(
    r"(?:^|[\s(])(?:inc|ltd|co|corp|jr|sr|al|a\.m|p\.m|u\.s|u\.k|u\.n|d\.c|b\.c|a\.d|etc)$", re.IGNORECASE
)
_SOFT_CUT = re.compile(r"[；;，,、\s]")
_FULL_STOPS = "。！？!?.…：:；;|"


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Return [start, end) of each sentence, in order, without surrounding white space.

    Lines of lists and tables are sentences of their own; a line broken in the middle of a sentence is not a border.
    Decimals, codes, addresses, abbreviations and initials do not end one.
    """
    spans: list[tuple[int, int]] = []
    begin = 0
    for found in _ENDS.finditer(text):
        if found.start() < begin:
            continue
        end = _end_after(text, found)
        if end is not None:
            _add(spans, text, begin, end)
            begin = end
    _add(spans, text, begin, len(text))
    return spans


def sentences(text: str) -> list[str]:
    """Return the sentences of `text`."""
    return [text[start:end] for start, end in sentence_spans(text)]


def sentence_at(spans: list[tuple[int, int]], place: int) -> int | None:
    """Return which of `spans` (in order) holds the character at `place`, or None between two."""
    index = bisect_right(spans, (place, len(spans) + (1 << 40))) - 1
    return index if index >= 0 and spans[index][0] <= place < spans[index][1] else None


def _add(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    while end - start > LONGEST:
        cut = start + LONGEST
        for soft in _SOFT_CUT.finditer(text, start + LONGEST // 2, cut):
            cut = soft.end()
        spans.append((start, cut))
        start = cut
        while start < end and text[start].isspace():
            start += 1
    if start < end:
        spans.append((start, end))


def _end_after(text: str, found: re.Match[str]) -> int | None:
    """Return where the sentence ends that this mark may close, or None if it closes none."""
    mark = found.group()
    end = found.end()
    if mark == "\n":
        return end if _line_ends(text, found.start()) else None
    while end < len(text) and text[end] in _CLOSERS and not (text[end] in "\"'" and _opens(text, end)):
        end += 1
    after = text[end] if end < len(text) else ""
    if mark[0] in "。！？":
        return end
    if mark[0] == "…":
        return end if not after or after.isspace() else None
    if not after:
        return end
    if mark[0] in "!?":
        return end if after.isspace() or _is_han(after) or after in "“「『（《" else None
    if len(mark) > 1:  # an ellipsis ends a sentence only before a capital or a Chinese character
        following = text[end:].lstrip()[:1]
        return end if after.isspace() and (following.isupper() or _is_han(following)) else None
    return end if _stop_ends(text, found.start(), end, after) else None


def _stop_ends(text: str, stop: int, end: int, after: str) -> bool:
    before = text[max(0, stop - 24) : stop]
    if _is_han(after):  # "版本是5.3。" is written with "." by some; "3.苹果" is a list number
        return bool(before) and (_is_han(before[-1]) or before[-1] in _CLOSERS)
    if not after.isspace():
        return False
    line = text.rfind("\n", 0, stop) + 1
    if text[line:stop].strip().isdigit() and len(text[line:stop].strip()) <= 3:
        return False  # "1. " at the head of a line numbers it
    match = re.match(r"\s*(?:[\"“'(‘\[]\s*)?(\S)", text[end : end + 12])
    following = match.group(1) if match else ""
    if following.islower():
        return False
    if _MAY_END.search(before):
        return following.isupper() or "\n" in text[end : end + 2]
    return not _ABBREVIATION.search(before)


def _opens(text: str, place: int) -> bool:
    """Say whether the straight quote at `place` opens a quotation rather than closes one."""
    line = max(text.rfind("\n", 0, place) + 1, place - LONGEST)
    return text[place] == '"' and text.count(text[place], line, place) % 2 == 0


def _line_ends(text: str, newline: int) -> bool:
    """Say whether this line break is a border: it is not, where a printed line was merely full."""
    line = text.rfind("\n", 0, newline) + 1
    before = text[line:newline].rstrip()
    following_end = text.find("\n", newline + 1)
    after = text[newline + 1 : following_end if following_end >= 0 else len(text)]
    following = after.strip()
    if not before.strip() or not following:
        return True
    if _BULLET.match(after) or _HEADING.match(after) or _HEADING.match(before):
        return True
    if before[-1] in _FULL_STOPS or "|" in before or "|" in after or "\t" in before or "\t" in following:
        return True
    width = sum(2 if _is_han(c) else 1 for c in before)
    if width < 40:
        return True
    return not (following[0].islower() or before[-1] in ",，、-" or (_is_han(before[-1]) and _is_han(following[0])))


def _is_han(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff" or "\uf900" <= character <= "\ufaff" if character else False
