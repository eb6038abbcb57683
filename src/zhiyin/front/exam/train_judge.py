"""Trains the judge: reads the open data sets and the demo company's dev questions, writes the weights, says how good.

Every figure is of questions whose article, entity or FAQ the model that answered had not seen.
"""

import argparse
import asyncio
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from zhiyin.extend import find
from zhiyin.extend.models import Embedder
from zhiyin.extend.pack import Pack
from zhiyin.front.exam.boosting import Grown, Growth, draw, grow
from zhiyin.front.exam.lessons import FILES, FOLDS, lessons
from zhiyin.front.exam.report import Row, table
from zhiyin.models.use import UseEmbedder
from zhiyin.service.knowledge.judge.measures import measure
from zhiyin.service.knowledge.judge.trees import Forest

Floats = npt.NDArray[np.float32]

_ALONE = "squad2 own"
_COMPARING = ("near_", "crowd_", "missing_thing", "absent_thing", "asks_second", "title_coverage_")
"""Measures that say nothing of a passage that is judged alone, or say again what another says; no line has them."""

_LINE_RIDGE = 20.0
_NEAR = 4  # places from which on the wrong candidates are thinned out: most are easy
_KEPT = 0.4


@dataclass(frozen=True, slots=True)
class Taught:
    """What is kept of a lesson: numbers. Shapes: rows (candidates, names)."""

    set: str
    kind: str
    fold: int
    weight: float
    answers: tuple[bool, ...]
    rows: Floats


async def teach(
    data: Path, pack: Pack | None, embedder: Embedder, *, seed: int
) -> tuple[tuple[str, ...], list[Taught]]:
    """Measure every lesson; the names say what the columns are."""
    names: tuple[str, ...] = ()
    taught: list[Taught] = []
    async for lesson in lessons(data, pack, embedder, seed=seed):
        measured = measure(lesson.asked, lesson.candidates)
        if not measured:
            continue
        names = names or tuple(measured[0].values)
        rows = np.array([[m.values[n] for n in names] for m in measured], dtype=np.float32)
        clear = ~np.array(lesson.unclear or (False,) * len(rows))
        if clear.any():
            answers = tuple(answer for answer, kept in zip(lesson.answers, clear, strict=True) if kept)
            taught.append(Taught(lesson.set, lesson.kind, lesson.fold, lesson.weight, answers, rows[clear]))
    return names, taught


def train(
    names: tuple[str, ...], taught: Sequence[Taught], *, seen: Sequence[str], growth: Growth, seed: int
) -> tuple[Forest, Floats]:
    """Grow a model for each fold from the other folds; return them with the out-of-fold log-odds of every row."""
    rows = np.concatenate([t.rows for t in taught])
    labels = np.concatenate([np.array(t.answers, dtype=np.float32) for t in taught])
    sizes = [len(t.rows) for t in taught]
    folds = np.repeat([t.fold for t in taught], sizes)
    alone = np.repeat([t.set == _ALONE for t in taught], sizes)
    weights = np.repeat([t.weight for t in taught], sizes).astype(np.float32)
    place = np.concatenate([np.arange(size) for size in sizes])
    random = np.random.default_rng(seed)
    easy = (place >= _NEAR) & (labels == 0)
    kept = ~easy | (random.random(len(labels)) < _KEPT)
    weights = np.where(easy, weights / _KEPT, weights).astype(np.float32)
    itself = np.array([not name.startswith(_COMPARING) for name in names], dtype=np.float32)
    grown: list[Grown] = []
    lines: list[tuple[Floats, float]] = []
    for fold in range(FOLDS):
        others = (folds != fold) & kept
        grown.append(grow(rows[others], labels[others], weights[others], growth, seed=seed + fold))
        own = (folds != fold) & alone
        line, constant = draw(rows[own] * itself, labels[own], ridge=_LINE_RIDGE)
        lines.append((line * itself, constant))
    raw = Forest(
        names=names,
        features=np.stack([g.features for g in grown]),
        thresholds=np.stack([g.thresholds for g in grown]),
        leaves=np.stack([g.leaves for g in grown]).astype(np.float16).astype(np.float32),
        bias=np.array([g.bias for g in grown], dtype=np.float32),
        lines=np.stack([np.r_[line, constant].astype(np.float32) for line, constant in lines]),
        seen=frozenset(seen),
    )
    odds = np.empty(len(rows), dtype=np.float32)
    for fold in range(FOLDS):
        for single in (False, True):
            mine = (folds == fold) & (alone == single)
            odds[mine] = raw.log_odds(rows[mine], model=fold, alone=single)
    return raw, odds


def figures(taught: Sequence[Taught], odds: Floats) -> list[Row]:
    """Reckon, out of fold: who is first, whether answerable is told from not, and whether the probability is true."""
    rows: list[Row] = []
    for name in dict.fromkeys(t.set for t in taught):
        mine = [(t, chance) for t, chance in _with_chances(taught, odds) if t.set == name]
        asked = [(t, chance) for t, chance in mine if any(t.answers)]
        if name != _ALONE and asked:
            first = [t.answers[int(chance.argmax())] for t, chance in asked]
            fused = [t.answers[0] for t, _ in asked]
            rows.append(Row(name, "right passage first", "search", float(np.mean(fused)), len(asked)))
            rows.append(Row(name, "right passage first", "judge", float(np.mean(first)), len(asked)))
        top = np.array([chance.max() for _, chance in mine])
        there = np.array([any(t.answers) for t, _ in mine])
        rows.append(
            Row(name, "answerable told (accuracy at 0.5)", "judge", float(((top > 0.5) == there).mean()), len(top))
        )
        rows.append(Row(name, "answerable told (AUC)", "judge", _auc(top, there), len(top)))
        chances = np.concatenate([chance for _, chance in mine])
        truth = np.concatenate([np.array(t.answers) for t, _ in mine])
        rows.append(Row(name, "calibration error (ECE)", "judge", _ece(chances, truth), len(chances)))
    return rows


def write(forest: Forest, path: Path) -> None:
    """Write the weights as arrays; nothing in the file can be executed."""
    np.savez_compressed(
        path,
        names=np.array(forest.names),
        features=forest.features,
        thresholds=forest.thresholds,
        leaves=forest.leaves.astype(np.float16),
        bias=forest.bias,
        lines=forest.lines,
        calibration=np.array([forest.slope, forest.shift]),
        seen=np.array(sorted(forest.seen)),
    )


def sha256(path: Path) -> str:
    """Name a data file by what is in it."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _with_chances(taught: Sequence[Taught], odds: Floats) -> Iterator[tuple[Taught, Floats]]:
    start = 0
    for one in taught:
        end = start + len(one.rows)
        yield one, (1.0 / (1.0 + np.exp(-odds[start:end]))).astype(np.float32)
        start = end


def _auc(chance: npt.NDArray[np.float32], truth: npt.NDArray[np.bool_]) -> float:
    """Return how often a true one has the greater chance; one half when there is only one kind."""
    yes, no = chance[truth], chance[~truth]
    if not len(yes) or not len(no):
        return 0.5
    order = np.concatenate([yes, no]).argsort(kind="stable").argsort(kind="stable")[: len(yes)] + 1
    return float((order.sum() - len(yes) * (len(yes) + 1) / 2) / (len(yes) * len(no)))


def _ece(chance: npt.NDArray[np.float32], truth: npt.NDArray[np.bool_], *, bins: int = 10) -> float:
    place = np.minimum((chance * bins).astype(int), bins - 1)
    gaps = [
        abs(float(chance[place == b].mean() - truth[place == b].mean())) * float((place == b).mean())
        for b in range(bins)
        if (place == b).any()
    ]
    return float(sum(gaps))


async def _main(data: Path, out: Path, pack_name: str | None, seed: int) -> None:
    embedder = UseEmbedder()
    try:
        names, taught = await teach(data, find("packs", pack_name) if pack_name else None, embedder, seed=seed)
    finally:
        await embedder.aclose()
    seen = [sha256(data / name) for name in FILES]
    forest, odds = train(names, taught, seen=seen, growth=Growth(), seed=seed)
    write(forest, out)
    print(table(figures(taught, odds)))
    print(f"{sum(len(t.rows) for t in taught)} candidates of {len(taught)} questions; weights in {out}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument(
        "--pack", default="shop", help="name of the company whose dev questions teach too; empty for none"
    )
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, default=Path("src/zhiyin/service/knowledge/judge/weights.npz"))
    given = parser.parse_args()
    asyncio.run(_main(given.data, given.out, given.pack or None, given.seed))
