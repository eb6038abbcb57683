"""Why a passage was or was not returned, told stage by stage in the order of the road."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from zhiyin.conversation.ids import PassageId
from zhiyin.language.tokens import BIGRAM
from zhiyin.service.knowledge import Explanation
from zhiyin.service.knowledge.candidates import Candidate, Judged
from zhiyin.service.knowledge.search import MOST_CANDIDATES, Found, Searcher


async def explain(
    searcher: Searcher,
    found: Found,
    passage: PassageId,
    *,
    judged: Sequence[Judged],
    doubles: Mapping[PassageId, PassageId],
    limit: int,
) -> Explanation:
    """Follow one passage along the road that a question took.

    Args:
        found: of a deep search that measured the passage.
        judged: what the judge made of the candidates, best first, without doubles.
        doubles: passages left out because another says the same.
        limit: how many passages the search returns.
    """
    measured = next((c for c in (*found.candidates, *found.cut) if c.passage.id == passage), None)
    if measured is None:
        return Explanation(
            passage, False, None, 0.0, (("index", "not in the index yet; it is at the next search"),), (), ()
        )
    stages = [("question", _read(found)), ("filter", "no metadata was asked for")]
    matched, missed = _tokens(searcher, found, passage)
    ranks = await searcher.places(found, passage)
    stages.append(("words", _words(measured, ranks[0], matched, missed)))
    stages.append(("meaning", _meaning(measured, ranks[1])))
    stages.append(("fusion", _fusion(measured)))
    rank = next((n for n, j in enumerate(judged, start=1) if j.candidate.passage.id == passage), None)
    answers = judged[rank - 1].answers if rank else 0.0
    cut = _cut(found, passage, rank, doubles, limit)
    if rank:
        stages.append(
            ("judge", f"answers with probability {answers:.2f}, which makes it number {rank} of {len(judged)}")
        )
    stages.append(("result", cut or f"returned as number {rank} of {limit}"))
    return Explanation(
        passage=passage,
        returned=cut is None,
        rank=rank,
        answers=answers,
        stages=tuple(stages),
        matched=matched,
        missed=missed,
        signals={name: float(value) for name, value in asdict(measured.signals).items()},
    )


def _read(found: Found) -> str:
    said = [f"asked in {found.asked.language}"]
    if found.question.meant != found.asked.text:
        said.append(f"read as “{found.question.meant}”")
    for how, words in (("synonym", "also searched for"), ("sound", "sounds or is spelt like")):
        others = [t.token for t in found.question.terms if t.how == how and not t.token.startswith(BIGRAM)]
        if others:
            said.append(f"{words} {', '.join(others)}")
    if found.question.codes:
        said.append(f"must have {', '.join(code[1:] for code in found.question.codes)}")
    return "; ".join(said)


def _tokens(searcher: Searcher, found: Found, passage: PassageId) -> tuple[tuple[str, ...], tuple[str, ...]]:
    matched, missed = [], []
    for term in found.question.terms:
        if searcher.holds(term.token, passage):
            matched.append(term.token)
        elif term.how == "said":
            missed.append(term.token)
    return tuple(matched), tuple(missed)


def _words(measured: Candidate, rank: int, matched: Sequence[str], missed: Sequence[str]) -> str:
    signals = measured.signals
    if not matched:
        return "has none of the question's words"
    place = f"number {rank}" if rank else "beyond the places that are counted"
    told = f"BM25 {signals.bm25:.2f}, {signals.bm25_share:.0%} of the most that is possible, {place} by words"
    if signals.codes_asked:
        told += f"; has {signals.code_match:.0%} of the codes asked for"
    return f"{told}; {len(matched)} tokens matched, {len(missed)} missed"


def _meaning(measured: Candidate, rank: int) -> str:
    signals = measured.signals
    parts = [f"whole {signals.cosine_text:.2f}", f"nearest part {signals.cosine_window:.2f}"]
    if measured.passage.question:
        parts.insert(1, f"nearest question {signals.cosine_question:.2f}")
    place = f"number {rank}" if rank else "beyond the places that are counted"
    return f"cosine {signals.cosine:.2f} ({', '.join(parts)}), {place} by meaning"


def _fusion(measured: Candidate) -> str:
    signals = measured.signals
    other = "" if signals.same_language else f"; written in {measured.passage.language}, not the asker's language"
    return f"words and meaning together {signals.fused:.3f}, number {signals.fused_rank}{other}"


def _cut(
    found: Found, passage: PassageId, rank: int | None, doubles: Mapping[PassageId, PassageId], limit: int
) -> str | None:
    """Say where the passage was lost, or None if it is returned."""
    if passage in found.twins:
        return f"left out for its twin {found.twins[passage]} in the asker's language"
    if passage in doubles:
        return f"left out because passage {doubles[passage]} says the same"
    if rank is None:
        return f"cut before the judge, who sees the first {MOST_CANDIDATES}"
    if rank > limit:
        return f"judged, but only the first {limit} are returned"
    return None
