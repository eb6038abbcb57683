"""Training on a few made-up rows: every fold has a model that has not seen it, and lines leave comparisons out."""

import numpy as np

from zhiyin.front.exam.boosting import Growth
from zhiyin.front.exam.lessons import FOLDS
from zhiyin.front.exam.train_judge import Taught, train

NAMES = ("found", "near_lead", "noise")


def taught(set_: str, candidates: int) -> list[Taught]:
    random = np.random.default_rng(5)
    out = []
    for number in range(400):
        rows = random.normal(size=(candidates, len(NAMES))).astype(np.float32)
        rows[:, 1] = rows[:, 0]
        answers = tuple(bool(value > 0) for value in rows[:, 0])
        out.append(Taught(set_, "asked", number % FOLDS, 1.0, answers, rows))
    return out


def test_each_fold_is_told_by_a_model_that_has_not_seen_it() -> None:
    lessons = [*taught("made up", 3), *taught("squad2 own", 1)]
    forest, odds = train(NAMES, lessons, seen=["sha"], growth=Growth(trees=8, depth=2, rate=0.3), seed=1)
    truth = np.concatenate([np.array(t.answers) for t in lessons])
    assert forest.models == FOLDS
    assert ((odds > 0) == truth).mean() > 0.9


def test_the_line_for_a_passage_alone_leaves_comparisons_out() -> None:
    forest, _ = train(NAMES, taught("squad2 own", 1), seen=[], growth=Growth(trees=2, depth=2), seed=1)
    assert (forest.lines[:, NAMES.index("near_lead")] == 0).all()
    assert (forest.lines[:, NAMES.index("found")] > 0).all()
