"""Does a sentence say the opposite of the passage? Compared clause by clause with the place that it rests on."""

import re
from collections.abc import Sequence
from itertools import pairwise

from zhiyin.language.polarity import Mark, denials
from zhiyin.service.verify.amounts import Wrong, close_to_words
from zhiyin.service.verify.reading import Clause, Reading

_STRICT = frozenset(
    {
        "allow",
        "need",
        "free",
        "opened",
        "activated",
        "used",
        "linked",
        "faulty",
        "payer",
        "include",
        "valid",
        "open",
        "automatic",
        "most",
    }
)
_STATES = frozenset({"opened", "activated", "used", "linked"})
_NO_THINGS = frozenset({"befor", "after", "until", "without", "unless", "before"})
_NO = frozenset({"not", "include", "allow", "need"})
_LITTLE = 0.3
_OF_CONTEXT = frozenset({"allow", "need", "order", "include", "valid", "open", "faulty"})
"""Marks that mean little away from what they are said of: one thing is allowed, another is not."""
_LOOSE = 0.5  # in words of one's own, two clauses must be as near before a mark of one is held against the other's
_PRESENCE = 0.55  # a clause of the passage must share so much with the claim's before a missing denial means anything


_ACROSS = 0.42  # and so near must a clause in the other language be


def opposite(
    claim: Reading, rests_on: Sequence[tuple[Reading, Sequence[tuple[Clause, float]]]], *, balanced: bool
) -> Wrong | None:
    """Find a mark of yes or no that the aligned places of the passages contradict.

    `rests_on` has for each clause of the claim, in their order, the reading and the aligned clauses with their weights;
    `balanced` says that the claim says no as often as the sentence that it is nearest to.
    """
    for clause, (reading, aligned) in zip(claim.clauses, rests_on, strict=True):
        if not aligned:
            continue
        wrong = _scales(claim, clause, aligned, across=reading.han != claim.han, close=close_to_words(claim, [reading]))
        if wrong is None and reading.han == claim.han:
            near = [c for c, weight in aligned if weight >= 0.8 * aligned[0][1]]
            wrong = _moved_denial(claim, clause, reading, near) or (
                None
                if balanced
                else _denials(claim, clause, reading, aligned) or _denied_elsewhere(claim, clause, reading, aligned)
            )
        if wrong:
            return wrong
    return None


_ONE_VOICE = (_STRICT | {"order"}) - {"faulty"}


def one_voice(
    claim: Reading,
    sources: Sequence[Reading],
    rests_on: Sequence[tuple[Reading, Sequence[tuple[Clause, float]]]],
) -> Wrong | None:
    """Find a mark that all of the passages' marks of its kind contradict, wherever they stand."""
    close = close_to_words(claim, sources) or all(reading.han != claim.han for reading in sources)
    loose = [
        (c.start, c.end)
        for c, (_, aligned) in zip(claim.clauses, rests_on, strict=True)
        if not close and (not aligned or aligned[0][1] < _LOOSE)
    ]
    for mark in claim.marks:
        if mark.concept not in _ONE_VOICE:
            continue
        if mark.concept in _OF_CONTEXT and any(start <= mark.start < end for start, end in loose):
            continue
        mine = {m.sign for m in claim.marks if m.concept == mark.concept}
        theirs = {m.sign for r in sources for m in r.marks if m.concept == mark.concept}
        if theirs and not mine & theirs:
            said = claim.text[max(0, mark.start - 6) : mark.end + 6].strip()
            return Wrong("negation", f"{said!r}: the passage only says the opposite ({mark.concept})")
    return None


def _signs(clauses: Sequence[Clause], concept: str) -> set[int]:
    return {m.sign for clause in clauses for m in clause.marks if m.concept == concept}


def _scales(
    claim: Reading, clause: Clause, aligned: Sequence[tuple[Clause, float]], *, across: bool, close: bool
) -> Wrong | None:
    top = aligned[0][1]
    near = [c for c, weight in aligned if weight >= 0.8 * top]
    wide = [c for c, weight in aligned if weight >= 0.6 * top]
    for mark in clause.marks:
        if mark.concept == "not":
            continue
        mine = _signs([clause], mark.concept)
        if len(mine) > 1:
            continue
        first = [c for c, weight in aligned if weight >= 0.93 * top]
        theirs = _signs(first, mark.concept) or _signs(near, mark.concept) or (close and _signs(wide, mark.concept))
        if not across and not close and top < _LOOSE and mark.concept in _OF_CONTEXT:
            continue
        if across and (mark.concept == "faulty" or mark.concept not in _STRICT or top < _ACROSS):
            continue
        if theirs and not (theirs & mine) and (mark.concept in _STRICT or top >= _PRESENCE):
            said = claim.text[max(0, mark.start - 6) : mark.end + 6]
            return Wrong("negation", f"{said.strip()!r}: the passage says the opposite ({mark.concept})")
    return None


def _denials(claim: Reading, clause: Clause, reading: Reading, aligned: Sequence[tuple[Clause, float]]) -> Wrong | None:
    best, weight = aligned[0]
    if weight < _PRESENCE:
        return None
    mine = [m for m in clause.marks if m.concept == "not"]
    near = [c for c, w in aligned if w >= 0.8 * weight]
    theirs = [m for c in near for m in c.marks if m.concept == "not"]
    negative = any(
        m.sign < 0 and m.concept in ("allow", "include", "valid", "free", "need", "like", "win")
        for c in near
        for m in c.marks
    )
    own_negative = any(
        m.sign < 0 and m.concept in ("allow", "include", "valid", "free", "need", "like", "win") for m in clause.marks
    )
    if mine and not theirs and not negative and not _conditional(claim, clause, mine[0], near):
        said = claim.text[max(0, mine[0].start - 6) : mine[0].end + 8]
        return Wrong("negation", f"{said.strip()!r}: the passage does not deny this")
    if not mine and not own_negative:
        denied = [m for m in best.marks if m.concept == "not"]
        if denied and len(near) == 1:
            said = reading.text[max(0, denied[0].start - 6) : denied[0].end + 8]
            return Wrong("negation", f"the passage says {said.strip()!r}, which the sentence leaves out")
    return None


_CONDITION = re.compile(r"如果|要是|假如|的话|\b(?:if|when|where)\b", re.IGNORECASE)
_IF = re.compile(r"如果|要是|假如|的话|\b(?:if|unless|when|where)\b", re.IGNORECASE)


def _conditional(claim: Reading, clause: Clause, denial: Mark, near: Sequence[Clause]) -> bool:
    """Say whether a denial is the other side of what the passage demands: "if it is not paid" of "must be paid"."""
    before = claim.text[clause.start : denial.start]
    return _IF.search(before) is not None and any(m.concept == "need" and m.sign > 0 for c in near for m in c.marks)


def _moved_denial(claim: Reading, clause: Clause, reading: Reading, near: Sequence[Clause]) -> Wrong | None:
    """Find a word that only one side denies."""
    denied = {w.key for w in claim.words if clause.start <= w.start < clause.end and w.denied}
    plain = {w.key for w in claim.words if clause.start <= w.start < clause.end and not w.denied} - denied
    inside = [w for c in near for w in reading.words if c.start <= w.start < c.end]
    theirs = {w.key for w in inside if w.denied}
    theirs_plain = {w.key for w in inside if not w.denied} - theirs
    if denied & theirs_plain and (plain & theirs) - _NO_THINGS:
        word = sorted((plain & theirs) - _NO_THINGS)[0]
        return Wrong("negation", f"the passage denies {word!r}, the sentence something else")
    return None


def _denied_elsewhere(
    claim: Reading, clause: Clause, reading: Reading, aligned: Sequence[tuple[Clause, float]]
) -> Wrong | None:
    """Find a word that one side always denies and the other never: 有保温 of 没有保温功能, where little else is alike."""
    if aligned[0][1] < _LITTLE:
        return None
    theirs = _voices(reading, 0, len(reading.text))
    for key, denied in _voices(claim, clause.start, clause.end).items():
        if len(denied) == 1 and len(theirs.get(key, ())) == 1 and denied != theirs[key] and len(key) > 1:
            if reading.text.lower().count(key[:5]) > sum(word.key == key for word in reading.words):
                continue  # it stands there in another form as well
            return Wrong("negation", f"the sentence and the passage disagree about {key!r}")
    return None


def _voices(reading: Reading, start: int, end: int) -> dict[str, set[bool]]:
    """Return for each word from `start` to `end` whether it is denied, where it stands right after the denial, or said
    plainly in a clause that denies nothing."""
    found: dict[str, set[bool]] = {}
    for clause in reading.clauses:
        negative = [m.end for m in clause.marks if m.sign < 0 and m.concept in _NO]
        conditional = bool(negative) and _IF.search(reading.text, clause.start, clause.end) is not None
        for word in reading.words:
            if not max(start, clause.start) <= word.start < min(end, clause.end):
                continue
            reach = 3 if reading.han else 14
            if not conditional and any(0 <= word.start - place <= reach for place in negative):
                found.setdefault(word.key, set()).add(True)
            elif not negative:
                found.setdefault(word.key, set()).add(False)
            else:
                found.setdefault(word.key, set()).update((True, False))
    return found


def said_no(
    claim: Reading, query: Reading, sources: Sequence[Reading], nearest: tuple[int, int, int]
) -> tuple[int, int]:
    """Return how often the claim says no, and how often the sentences that it is nearest to.

    A state that the question is about (unopened, not activated) may be left out: it counts on neither side.
    """
    place, first, last = nearest
    reading = sources[place]
    asked = frozenset((m.concept, m.sign) for m in query.marks if m.concept in _STATES)
    whole = (0, len(claim.text))
    mine = denials(claim.text, *whole, known=asked)
    if not reading.sentences:
        return mine, 0
    there = reading.sentences[first][0], reading.sentences[last][1]
    theirs = denials(reading.text, *there, known=asked)
    if mine == theirs == 0 or reading.han != claim.han:
        return mine, theirs
    firm = _firmly(claim, *whole, asked), _firmly(reading, *there, asked)
    if mine == theirs:  # "is not covered" of "is covered, if there is no record from …": as often, elsewhere
        return firm
    return (mine, theirs) if firm[0] != firm[1] or _much_alike(claim, reading, *there) else (mine, mine)


def _firmly(reading: Reading, start: int, end: int, known: frozenset[tuple[str, int]]) -> int:
    """Count how often a text says no outside of conditions."""
    count = 0
    for clause in reading.clauses:
        if start <= clause.start < end:
            condition = _CONDITION.search(reading.text, clause.start, clause.end)
            till = clause.end if condition is None else clause.start if condition[0] == "的话" else condition.start()
            count += denials(reading.text, clause.start, till, known=known)
    return count


def _much_alike(claim: Reading, reading: Reading, start: int, end: int) -> bool:
    there = {w.key for w in reading.words if start <= w.start < end}
    return len(claim.keys & there) >= 0.85 * max(len(claim.keys), len(there), 1)


def unbalanced(
    claim: Reading,
    said: tuple[int, int],
    sources: Sequence[Reading],
    around: Sequence[Reading],
    nearest: tuple[int, int, int],
    cosine: float,
) -> Wrong | None:
    """Find a no too many or too few against the sentences that say the same.

    `said` is what `said_no` returned; `nearest` is the place of the source, and of the first and last of its
    sentences that the claim is nearest to.
    """
    mine, theirs = said
    if cosine < _ACROSS:
        return None
    if mine > theirs and not any(denials(r.text, 0, len(r.text)) for r in (*sources, *around)):
        return Wrong("negation", "the sentence says no, the passage nowhere does")
    if mine == theirs:
        return None
    place, first, last = nearest
    reading = sources[place]
    start, end = reading.sentences[first][0], reading.sentences[last][1]
    if reading.han == claim.han:
        here = claim.keys
        there = {w.key for w in reading.words if start <= w.start < end}
        both = len(here & there)
        if both < 0.7 * len(here) or both < 0.7 * len(there):
            return None
    else:
        long = len(claim.text) / max(1, end - start) * (_HAN_IN_LATIN if claim.han else 1 / _HAN_IN_LATIN)
        if not 0.62 <= long <= 1.6:
            return None
    more = "more" if mine > theirs else "less"
    return Wrong("negation", f"the sentence says no {abs(mine - theirs)} times {more} than the passage")


_HAN_IN_LATIN = 3.0  # characters of English for one of Chinese


def roles_swapped(claim: Reading, sources: Sequence[Reading]) -> Wrong | None:
    """Find two words that stand in the other order than in the passage around the same verb: A to B for B to A.

    Only told when the sentence is otherwise the passage's own: every word is shared, and one pair is turned round.
    """
    order = [w.key for w in claim.words]
    if len(order) < 3 or len(set(order)) != len(order):
        return None
    for reading in sources:
        if reading.han != claim.han:
            continue
        for start, end in reading.sentences:
            theirs = [w.key for w in reading.words if start <= w.start < end]
            if len(set(theirs)) != len(theirs) or not set(order) <= set(theirs):
                continue
            places = [theirs.index(key) for key in order]
            turned = [i for i, (a, b) in enumerate(pairwise(places)) if b < a]
            if not turned:
                return None
            swapped = [i for i, place in enumerate(places) if place != sorted(places)[i]]
            if len(swapped) == 2 and len(order) >= 4 and len(theirs) - len(order) <= 1 and swapped[1] - swapped[0] > 1:
                one, two = (order[i] for i in swapped)
                return Wrong("meaning", f"{one!r} and {two!r} have changed places")
    return None
