"""How much a sentence and the passage mean the same: words, vectors, and the probability that follows."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from zhiyin.extend.models import Vectors
from zhiyin.language.names import known_as
from zhiyin.service.verify.reading import Clause, Reading
from zhiyin.service.verify.synonyms import is_known


@dataclass(frozen=True, slots=True)
class Source:
    """A passage made ready: its reading, what stands around it, and the vectors of its sentences and clauses."""

    reading: Reading
    around: Reading  # title and question
    sentences: Vectors
    clauses: Vectors
    asked: Vectors  # one row: the question of an FAQ pair, else the title


@dataclass(frozen=True, slots=True)
class Likeness:
    """What the judgement is made of. All are 0–1."""

    nearest: float  # cosine to the nearest sentence, or two neighbours
    clause: float  # of the worst-aligned clause, its cosine to the nearest clause
    covered: float  # share of the words that the passage, its title or its question has
    covered_worst: float  # of the least covered clause
    new: int  # words that nothing has
    exact: int  # codes and amounts of the claim, all of which the passage has
    cross: bool  # the two are in different languages


def align(claim: Reading, rows: Vectors, sources: Sequence[Source]) -> list[tuple[Reading, list[tuple[Clause, float]]]]:
    """Return for each clause of the claim where it rests: the reading, and its clauses, best first, with weights 0–1."""
    result: list[tuple[Reading, list[tuple[Clause, float]]]] = []
    for clause, row in zip(claim.clauses, rows, strict=True):
        mine = _anchors(claim, clause.start, clause.end, clause.keys)
        called = [n.text for n in claim.names if clause.start <= n.start < clause.end][:4]
        best: tuple[Reading, list[tuple[Clause, float]]] = (sources[0].reading, [])
        for source in sources:
            reading = source.reading
            scored: list[tuple[Clause, float]] = []
            for other, vector in zip(reading.clauses, source.clauses, strict=True):
                cosine = max(0.0, float(row @ vector))
                theirs = _anchors(reading, other.start, other.end, other.keys)
                shared = len(mine & theirs) / max(1, len(mine))
                if reading.han == claim.han:
                    both = 2 * len(mine & theirs) / max(1, len(mine) + len(theirs))
                    weight = 0.4 * shared + 0.25 * both + 0.35 * cosine
                else:
                    weight = 0.8 * cosine + 0.2 * max(shared, _named(called, reading.text[other.start : other.end]))
                scored.append((other, weight))
            scored.sort(key=lambda pair: -pair[1])
            if scored and (not best[1] or scored[0][1] > best[1][0][1]):
                best = reading, scored[:3]
        result.append(best)
    return result


def nearest_sentences(whole: Vectors, sources: Sequence[Source]) -> tuple[tuple[int, int, int], float]:
    """Return the sentence, or the two neighbours, that a claim is nearest to, and the cosine."""
    best, cosine = (0, 0, 0), -1.0
    for place, source in enumerate(sources):
        rows = source.sentences
        for first in range(len(rows)):
            alike = float(rows[first] @ whole)
            if alike > cosine:
                best, cosine = (place, first, first), alike
            if first + 1 < len(rows):
                pair = rows[first] + rows[first + 1]
                alike = float(pair @ whole) / max(1e-9, float(np.linalg.norm(pair))) - 0.02
                if alike > cosine:
                    best, cosine = (place, first, first + 1), alike
    return best, cosine


def likeness(claim: Reading, whole: Vectors, rows: Vectors, sources: Sequence[Source]) -> Likeness:
    """Measure the claim against all passages that it cites. `whole` is its own vector, `rows` those of its clauses."""
    sentences = np.concatenate([s.sentences for s in sources])
    clauses = np.concatenate([s.clauses for s in sources])
    nearest = float(np.max(sentences @ whole)) if len(sentences) else 0.0
    for source in sources:
        rows_s = source.sentences
        if len(rows_s) > 1:
            pairs = rows_s[:-1] + rows_s[1:]
            pairs = pairs / np.maximum(np.linalg.norm(pairs, axis=1, keepdims=True), 1e-9)
            nearest = max(nearest, float(np.max(pairs @ whole)))
    each = np.max(rows @ np.concatenate([clauses, sentences]).T, axis=1) if len(rows) and len(clauses) else np.zeros(1)
    cross = all(s.reading.han != claim.han for s in sources)
    known = frozenset().union(*(s.reading.keys | s.around.keys for s in sources))
    text = "\n".join(f"{s.around.text}\n{s.reading.text}" for s in sources).lower()
    missing = {w.key for w in claim.words if not is_known(w.key, known, text)}
    shares = [
        sum(key not in missing for key in clause.keys) / len(clause.keys) for clause in claim.clauses if clause.keys
    ]
    return Likeness(
        nearest=max(0.0, nearest),
        clause=max(0.0, float(np.min(each))),
        covered=1 - len(missing) / max(1, len(claim.keys)),
        covered_worst=min(shares, default=1.0),
        new=len(missing),
        exact=2 * len(claim.codes) + sum(not q.weak for q in claim.quantities),
        cross=cross,
    )


def supported(like: Likeness) -> float:
    """Return the probability that the passages support the sentence, when no single check has found a fault."""
    if like.cross:
        score = CROSS[0] + CROSS[1] * like.nearest + CROSS[2] * like.clause + CROSS[3] * min(like.exact, 4)
    else:
        score = (
            SAME[0]
            + SAME[1] * like.nearest
            + SAME[2] * like.clause
            + SAME[3] * like.covered
            + SAME[4] * like.covered_worst
            + SAME[5] * min(like.new, 5)
            + SAME[6] * min(like.exact, 4)
        )
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))


SAME = (-5.2, 5.0, 2.0, 5.0, 2.0, -0.3, 0.3)
CROSS = (-6.0, 12.0, 4.0, 1.0)
"""Weights of a logistic curve, set by hand and looked at on the gate's exam; they were not fitted, so what comes out
orders sentences well but is no calibrated frequency."""


def _named(called: Sequence[str], text: str) -> float:
    return sum(known_as(name, text) for name in called) / len(called) if called else 0.0


_STATES = frozenset({"opened", "activated", "used", "linked"})


def _anchors(reading: Reading, start: int, end: int, keys: frozenset[str]) -> frozenset[str]:
    amounts = {f"#{q.kind[:2]}{q.low:g}{q.unit}" for q in reading.quantities if start <= q.start < end and not q.weak}
    text = reading.text[start:end].upper()
    states = {f"{m.concept}{m.sign}" for m in reading.marks if m.concept in _STATES and start <= m.start < end}
    return keys | states | amounts | {f"={code}" for code in reading.codes if code in text}
