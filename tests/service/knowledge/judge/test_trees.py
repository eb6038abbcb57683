"""The weights that ship, and the trees that read them."""

import numpy as np
import numpy.typing as npt
from tests.service.knowledge.judge.small_base import SHOP, search

from zhiyin.front.exam.boosting import Growth, draw, grow
from zhiyin.front.exam.lessons import FILES
from zhiyin.service.knowledge.judge.measures import measure
from zhiyin.service.knowledge.judge.trees import Forest, shipped, table


def planted(seed: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Make rows whose label is an exclusive or of two columns, beside one of noise."""
    random = np.random.default_rng(seed)
    rows = random.normal(size=(3000, 3)).astype(np.float32)
    return rows, ((rows[:, 0] > 0) ^ (rows[:, 1] > 0.5)).astype(np.float32)


def test_trees_learn_what_no_line_can() -> None:
    rows, labels = planted(1)
    grown = grow(rows, labels, np.ones(len(rows), np.float32), Growth(trees=40, features=1.0, rate=0.2), seed=3)
    forest = Forest(
        names=("a", "b", "c"),
        features=grown.features[None],
        thresholds=grown.thresholds[None],
        leaves=grown.leaves[None],
        bias=np.array([grown.bias], np.float32),
        lines=np.zeros((1, 4), np.float32),
    )
    fresh, truth = planted(2)
    assert (((forest.log_odds(fresh) > 0) == truth).mean()) > 0.95


def test_the_same_seed_grows_the_same_trees() -> None:
    rows, labels = planted(1)
    ones = np.ones(len(rows), np.float32)
    growth = Growth(trees=5)
    first, second = (grow(rows, labels, ones, growth, seed=9) for _ in range(2))
    assert np.array_equal(first.leaves, second.leaves)
    assert np.array_equal(first.thresholds, second.thresholds)


def test_a_line_finds_the_direction() -> None:
    random = np.random.default_rng(4)
    rows = random.normal(size=(2000, 3)).astype(np.float32)
    labels = (rows[:, 0] - 2 * rows[:, 1] + 0.5 > 0).astype(np.float32)
    weights, constant = draw(rows, labels, ridge=1.0)
    assert (((rows @ weights + constant) > 0) == labels).mean() > 0.97


def test_the_shipped_weights_know_every_measured_name() -> None:
    asked, candidates = search("what does shipping to Tibet cost", SHOP)
    measured = measure(asked, candidates)
    forest = shipped()
    assert set(forest.names) == set(measured[0].values)
    rows = table(forest.names, [m.values for m in measured])
    assert np.isfinite(rows).all()
    assert forest.models == 5
    assert len(forest.seen) == len(FILES)


def test_a_model_of_one_fold_differs_from_their_mean() -> None:
    asked, candidates = search("what does shipping to Tibet cost", SHOP)
    forest = shipped()
    rows = table(forest.names, [m.values for m in measure(asked, candidates)])
    each = np.stack([forest.log_odds(rows, model=m) for m in range(forest.models)])
    assert np.allclose(each.mean(axis=0), forest.log_odds(rows), atol=1e-4)
    assert not np.allclose(each[0], each[1])
