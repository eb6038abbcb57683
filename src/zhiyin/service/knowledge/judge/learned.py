"""The judge that needs no model outside: measures, trees, and the sentences to quote."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from zhiyin.service.knowledge.candidates import Asked, Candidate, Judged
from zhiyin.service.knowledge.judge.measures import Measured, measure
from zhiyin.service.knowledge.judge.trees import Forest, shipped, table

READ_WHOLE = 12
"""So many of the candidates, the best fused first, are read word by word; the rest keep their places behind them."""

ANSWER_FROM = 0.3
"""From this probability of the best passage on, an answer is given; accounts may choose another.

Chosen on the demo company's dev questions, out of fold: there abstention's precision and recall have the best mean
(F1 0.59), and 0.81 of the questions with an answer get the right one.
"""

CLARIFY_FROM = 0.08
"""From here on the nearest topics are worth offering."""

MOST_HIGHLIGHTS = 4
_FOREIGN = np.float32(0.6)  # log-odds that a passage loses to those in the asker's own language
_UNREAD = 0.9  # each unread candidate is a little less probable than the one before it
_WHOLE_FAQ = 600
"""An FAQ answer up to this many characters is quoted whole: its author meant it to be read so."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with all that it rests on, for `explain`."""

    judged: Judged
    measured: Mapping[str, float] = field(repr=False)


class LearnedJudge:
    """Judges by the weights that come with the package. Stateless: one serves all accounts."""

    def __init__(self, forest: Forest | None = None, *, model: int | None = None, read_whole: int = READ_WHOLE) -> None:
        """Take other weights, or one model of several, as an exam does that may not ask a model what it has seen.

        Args:
            read_whole: so many candidates are measured; each costs about 0.15 ms.
        """
        self._forest = forest or shipped()
        self._model, self._read_whole = model, read_whole

    async def judge(self, asked: Asked, candidates: Sequence[Candidate]) -> Sequence[Judged]:
        """Say how probably each candidate answers, best first."""
        return [judgement.judged for judgement in self.explain(asked, candidates)]

    def explain(self, asked: Asked, candidates: Sequence[Candidate]) -> list[Judgement]:
        """Judge, and show what was measured. Ties keep the order in which search had them."""
        if not candidates:
            return []
        read, rest = candidates[: self._read_whole], candidates[self._read_whole :]
        measured = measure(asked, read)
        rows = table(self._forest.names, [m.values for m in measured])
        odds = self._forest.log_odds(rows, model=self._model, alone=len(read) == 1)
        foreign = np.array([c.passage.language != asked.language for c in read])
        if foreign.any() and not foreign.all():
            odds = odds - _FOREIGN * foreign.astype(np.float32)
        chances = self._forest.calibrated(odds)
        order = sorted(range(len(read)), key=lambda i: -float(odds[i]))
        judgements = [
            Judgement(Judged(read[i], float(chances[i]), _highlights(read[i], measured[i])), measured[i].values)
            for i in order
        ]
        least = float(chances.min())
        return judgements + [Judgement(Judged(c, least * _UNREAD**n), {}) for n, c in enumerate(rest, start=1)]


def _highlights(candidate: Candidate, measured: Measured) -> tuple[tuple[int, int], ...]:
    spans, strength = measured.page.spans, measured.sentences
    order = sorted(range(len(spans)), key=lambda i: (-strength[i], i))
    if candidate.passage.kind == "faq" and len(candidate.passage.text) <= _WHOLE_FAQ:
        return tuple(spans[i] for i in order)
    best = strength[order[0]]
    return tuple(spans[i] for i in order[:MOST_HIGHLIGHTS] if strength[i] >= 0.75 * best)
