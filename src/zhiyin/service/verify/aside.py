"""Is a true sentence also an answer to what was asked? And did it leave out what limits it?"""

from collections.abc import Sequence

from zhiyin.conversation.facts import FoundPassage
from zhiyin.extend.models import Vectors
from zhiyin.service.verify.amounts import Wrong
from zhiyin.service.verify.meaning import Source
from zhiyin.service.verify.reading import Clause, Reading

_STATES = frozenset({"opened", "activated", "used", "linked", "faulty"})
_HARDLY = 0.35  # a passage this much less probable than the best is hardly an answer
_NOT_QUITE = 0.75
_CLOSER = 0.12  # cosine by which the question is closer to the best passage


def off_question(
    query: Reading,
    asked: Vectors,
    cited: Sequence[tuple[FoundPassage, Source]],
    found: Sequence[tuple[FoundPassage, Source]],
) -> Wrong | None:
    """Find out whether the cited passages answer another question than the one that was asked."""
    best, best_source = max(found, key=lambda pair: pair[0].answers)
    mine, _ = max(cited, key=lambda pair: pair[0].answers)
    if mine is best:
        return None
    if query.codes:
        named = [p for p, s in found if _has_codes(query, s)]
        if named and not any(_has_codes(query, s) for _, s in cited):
            return Wrong("off_question", f"the question names {query.codes[0]!r}, the cited passage does not")
    states = {(m.concept, m.sign) for m in query.marks if m.concept in _STATES}
    if states and any(_in_state(s, states) for _, s in found) and all(_against(s, states) for _, s in cited):
        return Wrong("off_question", "the cited passage is about the opposite case")
    ratio = mine.answers / max(best.answers, 1e-9)
    near = max(_relevance(asked, source) for _, source in cited)
    nearest = _relevance(asked, best_source)
    if ratio < _HARDLY and near < nearest + 0.05:
        return Wrong(
            "off_question", f"the cited passage answers with probability {mine.answers:.2f}, another {best.answers:.2f}"
        )
    if ratio < _NOT_QUITE and near < nearest - _CLOSER:
        return Wrong("off_question", "the question is closer to another passage than to the cited one")
    return None


def _relevance(asked: Vectors, source: Source) -> float:
    rows = [float(asked @ row) for row in (*source.asked, *source.sentences)]
    return max(rows, default=0.0)


def _has_codes(query: Reading, source: Source) -> bool:
    have = {c.replace("-", "") for c in (*source.reading.codes, *source.around.codes)}
    return all(code.replace("-", "") in have for code in query.codes)


def _in_state(source: Source, states: set[tuple[str, int]]) -> bool:
    marks = {(m.concept, m.sign) for m in (*source.around.marks, *source.reading.marks)}
    return states <= marks


def _against(source: Source, states: set[tuple[str, int]]) -> bool:
    asked = {(m.concept, m.sign) for m in source.around.marks} or {(m.concept, m.sign) for m in source.reading.marks}
    return any((concept, -sign) in asked and (concept, sign) not in asked for concept, sign in states)


def dropped_condition(
    claim: Reading, query: Reading, rests_on: Sequence[tuple[Reading, Sequence[tuple[Clause, float]]]]
) -> Wrong | None:
    """Find a limit in the very clause that a sentence rests on, which neither it nor the question mentions."""
    told = {_kind(said) for _, _, said in (*claim.limits, *query.limits)}
    told |= {f"{m.concept}{m.sign}" for m in (*claim.marks, *query.marks)}
    for clause, (reading, aligned) in zip(claim.clauses, rests_on, strict=True):
        if not aligned or aligned[0][1] < 0.6 or len(clause.keys) < 2:
            continue
        best = aligned[0][0]
        for start, end, said in reading.limits:
            if not best.start <= start < best.end:
                continue
            kind = _kind(said)
            inside = [q for q in reading.quantities if q.start < end and start < q.end]
            if kind == "spend" and any(q.agrees(o) for q in inside for o in claim.quantities):
                continue
            state = {f"{m.concept}{m.sign}" for m in best.marks if m.start < end and start < m.end}
            if kind == "except" and _said_otherwise(claim, reading, start, end):
                continue
            if kind in _RESTRICTS and kind not in told and not (state & told):
                return Wrong(
                    "meaning", f"the passage limits this by {reading.text[start:end]!r}, the sentence does not"
                )
    return None


def _said_otherwise(claim: Reading, reading: Reading, start: int, end: int) -> bool:
    """Say whether a claim denies something of what the passage excepts: "clearance does not count"."""
    excepted = {w.key for w in reading.words if start - 10 <= w.start < end + 24}
    return any(m.sign < 0 for m in claim.marks) and bool(excepted & claim.keys)


_RESTRICTS = frozenset(
    {"sealed", "opened", "idle", "active", "unlinked", "linked", "only", "except", "spend", "faulty"}
)


def _kind(said: str) -> str:
    for kind, words in _KINDS:
        if any(word in said for word in words):
            return kind
    return said


_KINDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("sealed", ("未拆", "未开封", "unopened")),
    ("opened", ("拆封", "opened")),
    ("idle", ("未激活",)),
    ("active", ("激活", "activated")),
    ("unlinked", ("未绑定",)),
    ("linked", ("绑定",)),
    ("faulty", ("质量", "faulty")),
    ("except", ("除", "unless", "except", "exclud")),
    ("only", ("仅", "只", "限", "only")),
    ("spend", ("满",)),
)
