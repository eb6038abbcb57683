"""Trains boosted trees in NumPy: small, seeded, and without a library that the product would have to carry.

Source: Friedman's gradient boosting with second-order leaves as in XGBoost and quantised features as in LightGBM;
ours grows level by level to one fixed depth, so that all trees are arrays of one shape.
"""

from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Bins = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Growth:
    """How trees are grown."""

    trees: int = 200
    depth: int = 5
    rate: float = 0.065
    at_least: float = 12.0  # hessian in a leaf
    ridge: float = 6.0
    features: float = 0.5  # share tried in each tree
    rows: float = 0.7  # share read by each tree
    bins: int = 48


@dataclass(frozen=True, slots=True)
class Grown:
    """One model. Shapes as in `Forest`, without the first axis."""

    features: npt.NDArray[np.int16]
    thresholds: Floats
    leaves: Floats
    bias: float


def grow(rows: Floats, labels: Floats, weights: Floats, growth: Growth, *, seed: int) -> Grown:
    """Fit trees to 0/1 labels by log loss. Shapes: rows (n, f), labels and weights (n,)."""
    random = np.random.default_rng(seed)
    edges = _edges(rows, growth.bins)
    binned = np.stack([np.searchsorted(edges[j], rows[:, j], side="left") for j in range(rows.shape[1])]).astype(
        np.uint8
    )
    share = float(np.clip((labels * weights).sum() / weights.sum(), 1e-4, 1 - 1e-4))
    bias = float(np.log(share / (1 - share)))
    odds = np.full(len(rows), bias, dtype=np.float64)
    inner = 2**growth.depth - 1
    features = np.zeros((growth.trees, inner), dtype=np.int16)
    thresholds = np.full((growth.trees, inner), np.inf, dtype=np.float32)
    leaves = np.zeros((growth.trees, inner + 1), dtype=np.float32)
    mass = weights.astype(np.float64)
    for tree in range(growth.trees):
        chance = 1.0 / (1.0 + np.exp(-odds))
        gradient = (chance - labels) * mass
        hessian = np.maximum(chance * (1 - chance), 1e-6) * mass
        kept = np.flatnonzero(random.random(len(rows)) < growth.rows)
        tried = np.sort(random.permutation(rows.shape[1])[: max(1, int(growth.features * rows.shape[1]))])
        splits, feature, leaf = _tree(binned[:, kept], gradient[kept], hessian[kept], tried, growth)
        features[tree] = feature
        leaves[tree] = leaf
        for node in range(inner):
            if splits[node] >= 0:
                thresholds[tree, node] = edges[feature[node]][splits[node]]
        node_of = np.zeros(len(rows), dtype=np.int64)
        everyone = np.arange(len(rows))
        for _ in range(growth.depth):
            limit = np.where(splits[node_of] >= 0, splits[node_of], 255)
            node_of = 2 * node_of + 1 + (binned[feature[node_of], everyone] > limit)
        odds += leaf[node_of - inner]
    return Grown(features, thresholds, leaves, bias)


def draw(rows: Floats, labels: Floats, *, ridge: float = 50.0, steps: int = 25) -> tuple[Floats, float]:
    """Fit a logistic line by Newton's method; return its weights for the raw numbers, and its constant.

    Shapes: rows (n, f), labels (n,) → (f,).
    """
    middle, spread = rows.mean(axis=0), rows.std(axis=0)
    spread = np.where(spread > 1e-6, spread, np.inf)
    scaled = np.c_[(rows - middle) / spread, np.ones(len(rows))].astype(np.float64)
    penalty = np.r_[np.full(rows.shape[1], ridge), 1e-6]
    line = np.zeros(scaled.shape[1])
    for _ in range(steps):
        chance = 1.0 / (1.0 + np.exp(-np.clip(scaled @ line, -30, 30)))
        slope = scaled.T @ (chance - labels) + penalty * line
        bend = (scaled * (chance * (1 - chance))[:, None]).T @ scaled + np.diag(penalty)
        step = np.linalg.solve(bend, slope)
        line -= step
        if float(np.abs(step).max()) < 1e-6:
            break
    weights = line[:-1] / spread
    return weights.astype(np.float32), float(line[-1] - weights @ middle)


def _edges(rows: Floats, bins: int) -> list[Floats]:
    edges = []
    for column in rows.T:
        values = np.unique(column)
        if len(values) > bins:
            values = np.unique(np.quantile(column, np.linspace(0, 1, bins + 1)[1:-1]).astype(np.float32))
            edges.append(values)
        else:
            edges.append(((values[:-1] + values[1:]) / 2).astype(np.float32) if len(values) > 1 else values)
    return edges


def _tree(
    binned: Bins,
    gradient: npt.NDArray[np.float64],
    hessian: npt.NDArray[np.float64],
    tried: npt.NDArray[np.int64],
    growth: Growth,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    inner, width = 2**growth.depth - 1, growth.bins + 1
    split = np.full(inner, -1, dtype=np.int64)
    feature = np.zeros(inner, dtype=np.int64)
    node_of = np.zeros(binned.shape[1], dtype=np.int64)  # within the level
    everyone = np.arange(binned.shape[1])
    for level in range(growth.depth):
        nodes = 2**level
        best_gain = np.full(nodes, 1e-3)
        first = nodes - 1
        for j in tried:
            key = node_of * width + binned[j]
            g = np.bincount(key, gradient, nodes * width).reshape(nodes, width).cumsum(axis=1)
            h = np.bincount(key, hessian, nodes * width).reshape(nodes, width).cumsum(axis=1)
            all_g, all_h = g[:, -1:], h[:, -1:]
            gain = (
                g**2 / (h + growth.ridge)
                + (all_g - g) ** 2 / (all_h - h + growth.ridge)
                - all_g**2 / (all_h + growth.ridge)
            )
            gain[(h < growth.at_least) | (all_h - h < growth.at_least)] = 0.0
            place = gain.argmax(axis=1)
            value = gain[np.arange(nodes), place]
            better = value > best_gain
            best_gain[better] = value[better]
            split[first : first + nodes][better] = place[better]
            feature[first : first + nodes][better] = j
        limit = split[first + node_of]
        right = (limit >= 0) & (binned[feature[first + node_of], everyone] > limit)
        node_of = 2 * node_of + right
    g = np.bincount(node_of, gradient, inner + 1)
    h = np.bincount(node_of, hessian, inner + 1)
    return split, feature, cast(npt.NDArray[np.float64], -growth.rate * g / (h + growth.ridge))
