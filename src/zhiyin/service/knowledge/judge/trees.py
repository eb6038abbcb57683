"""Boosted decision trees, read from a file and evaluated in NumPy: the whole of what the judge has learned."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import cast

import numpy as np
import numpy.typing as npt

from zhiyin.errors import BadPack

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Forest:
    """Several models of boosted trees, each trained without one fold of the articles; all trees have one depth.

    Shapes: features, thresholds (models, trees, 2^depth − 1); leaves (models, trees, 2^depth); bias
    (models,); lines (models, names + 1), the last the constant. A row goes right where its value is greater than
    the threshold. The lines are of passages that are judged alone, with nothing beside them to compare.
    """

    names: tuple[str, ...]
    features: Ints = field(repr=False)
    thresholds: Floats = field(repr=False)
    leaves: Floats = field(repr=False)
    bias: Floats = field(repr=False)
    lines: Floats = field(repr=False)
    slope: float = 1.0  # of the calibration on out-of-fold log-odds
    shift: float = 0.0
    seen: frozenset[str] = frozenset()  # sha256 of the data files that it was trained on

    @property
    def models(self) -> int:
        """Return how many models are averaged."""
        return len(self.bias)

    def log_odds(self, rows: Floats, *, model: int | None = None, alone: bool = False) -> Floats:
        """Return the log-odds of each row, of one model or the mean of all. Shapes: rows (n, names) → (n,)."""
        chosen = slice(None) if model is None else slice(model, model + 1)
        features, thresholds, leaves = self.features[chosen], self.thresholds[chosen], self.leaves[chosen]
        count, trees, inner = features.shape
        total = count * trees
        flat_features, flat_thresholds = features.reshape(-1), thresholds.reshape(-1)
        base = np.arange(total) * inner
        node = np.zeros((len(rows), total), dtype=np.int64)
        row = np.arange(len(rows))[:, None]
        for _ in range((inner + 1).bit_length() - 1):
            at = base + node
            node = 2 * node + 1 + (rows[row, flat_features[at]] > flat_thresholds[at])
        sums = (
            leaves.reshape(-1)[np.arange(total) * (inner + 1) + node - inner]
            .reshape(len(rows), count, trees)
            .sum(axis=2)
        )
        odds = (sums + self.bias[chosen]).mean(axis=1)
        if alone:
            lines = self.lines[chosen]
            odds = (odds + (rows @ lines[:, :-1].T + lines[:, -1]).mean(axis=1)) / 2
        return cast(Floats, odds.astype(np.float32))

    def calibrated(self, odds: Floats) -> Floats:
        """Turn raw log-odds into probabilities that mean what they say."""
        return cast(Floats, 1.0 / (1.0 + np.exp(-(self.slope * odds + self.shift))))


def table(names: Sequence[str], values: Sequence[Mapping[str, float]]) -> Floats:
    """Lay measured numbers out in the order that a forest reads them."""
    return np.array([[row[name] for name in names] for row in values], dtype=np.float32).reshape(
        len(values), len(names)
    )


@cache
def shipped() -> Forest:
    """Read the weights that come with the package.

    Raises:
        BadPack: the file is missing or damaged; install the package again.
    """
    try:
        with (
            files(__package__).joinpath("weights.npz").open("rb") as opened,
            np.load(opened, allow_pickle=False) as read,
        ):
            return Forest(
                names=tuple(str(name) for name in read["names"]),
                features=read["features"],
                thresholds=read["thresholds"],
                leaves=read["leaves"].astype(np.float32),
                bias=read["bias"],
                lines=read["lines"],
                slope=float(read["calibration"][0]),
                shift=float(read["calibration"][1]),
                seen=frozenset(str(sha) for sha in read["seen"]),
            )
    except (OSError, ValueError, KeyError) as error:
        raise BadPack(f"the judge's weights cannot be read ({error}): install the package again") from error
