"""BM25 in this process: postings as NumPy arrays, searched exactly and pruned where no hit can be lost."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from zhiyin.conversation.ids import PassageId
from zhiyin.data.index import Hit

Floats = npt.NDArray[np.float32]
Slots = npt.NDArray[np.int32]

_SMALLEST = 64  # slots


class _Postings:
    """Where one token is: slots in rising order, how often in each, and what that is worth there."""

    __slots__ = ("counts", "impacts", "new_counts", "new_slots", "slots", "stamp")

    def __init__(self) -> None:
        self.slots: Slots = np.empty(0, np.int32)
        self.counts: npt.NDArray[np.uint16] = np.empty(0, np.uint16)
        self.impacts: Floats = np.empty(0, np.float32)
        self.stamp = -1  # lengths that the impacts were reckoned with
        self.new_slots: list[int] = []
        self.new_counts: list[int] = []

    def settle(self) -> None:
        if self.new_slots:
            self.slots = np.concatenate([self.slots, np.array(self.new_slots, np.int32)])
            self.counts = np.concatenate([self.counts, np.array(self.new_counts, np.uint16)])
            self.new_slots, self.new_counts = [], []
            self.stamp = -1

    def __len__(self) -> int:
        return len(self.slots) + len(self.new_slots)


class Bm25:
    """A `LexicalIndex`. One thread at a time.

    A passage that changes gets a new slot; its old one is dead and is swept when an eighth of all are.
    """

    def __init__(self, *, k1: float = 1.2, b: float = 0.75) -> None:
        self._k1, self._b = k1, b
        self._slot_of: dict[PassageId, int] = {}
        self._passages: list[PassageId | None] = []
        self._lengths = np.zeros(_SMALLEST, np.float32)
        self._alive = np.zeros(_SMALLEST, bool)
        self._norms = np.zeros(_SMALLEST, np.float32)
        self._total = 0.0
        self._postings: dict[str, _Postings] = {}
        self._stamp = 0
        self._normed_for = -1.0  # mean length and slots that the norms were made with
        self._normed_slots = 0

    def __len__(self) -> int:
        return len(self._slot_of)

    def __contains__(self, passage: PassageId) -> bool:
        return passage in self._slot_of

    def upsert(self, passage: PassageId, tokens: Sequence[str]) -> None:
        """Take or replace a passage. Tokens may repeat."""
        self._kill(passage)
        self._sweep()
        slot = len(self._passages)
        self._passages.append(passage)
        self._slot_of[passage] = slot
        if slot >= len(self._lengths):
            grown = len(self._lengths) * 2
            self._lengths, self._norms = np.resize(self._lengths, grown), np.resize(self._norms, grown)
            self._alive = np.concatenate([self._alive, np.zeros(grown - len(self._alive), bool)])
        self._lengths[slot] = len(tokens)
        self._alive[slot] = True
        self._total += len(tokens)
        for token, count in Counter(tokens).items():
            postings = self._postings.get(token)
            if postings is None:
                postings = self._postings[token] = _Postings()
            postings.new_slots.append(slot)
            postings.new_counts.append(min(count, 65535))

    def delete(self, passage: PassageId) -> None:
        """Forget a passage; one that is not there is no error."""
        self._kill(passage)
        self._sweep()

    def frequency(self, token: str) -> int:
        """Count the passages that have the token; until the next sweep, replaced ones too."""
        postings = self._postings.get(token)
        return len(postings) if postings else 0

    def idf(self, token: str) -> float:
        """Weigh how rare a token is (Robertson and Spärck Jones, never negative)."""
        n, df = len(self._passages), self.frequency(token)
        return math.log(1 + (n - df + 0.5) / (df + 0.5))

    def vocabulary(self) -> Iterator[str]:
        """Yield every token, in the order of their first coming; a sweep may take away, never reorder."""
        return iter(self._postings)

    def vocabulary_size(self) -> int:
        """Count the tokens."""
        return len(self._postings)

    def search(self, weighted: dict[str, float], *, limit: int, among: frozenset[PassageId] | None = None) -> list[Hit]:
        """Return the best passages, best first; equal scores in the order of their coming."""
        n = len(self._passages)
        terms = self._terms(weighted)
        if not terms or not self._slot_of or limit < 1:
            return []
        allowed = self._alive[:n]
        if among is not None:
            allowed = np.zeros(n, bool)
            allowed[[self._slot_of[p] for p in among if p in self._slot_of]] = True
        scores = np.zeros(n, np.float32)
        left = sum(weight * float(p.impacts.max(initial=0.0)) for p, weight in terms)
        kept: Slots | None = None
        for postings, weight in terms:
            if kept is None and len(postings.slots) * 16 > n and n > 4096:
                kept = _could_win(scores, allowed, left, limit)
            left -= weight * float(postings.impacts.max(initial=0.0))
            if kept is None:
                scores[postings.slots] += postings.impacts * np.float32(weight)
            else:
                scores[kept] += np.float32(weight) * _look_up(postings, kept)
        if kept is None:
            kept = np.flatnonzero((scores > 0) & allowed).astype(np.int32)
        if len(kept) > limit:
            # ties at the edge must not depend on partition order
            edge = np.partition(scores[kept], len(kept) - limit)[len(kept) - limit]
            kept = kept[scores[kept] >= edge]
        best = kept[np.lexsort((kept, -scores[kept]))][:limit]
        return [Hit(p, float(scores[s])) for s in best if (p := self._passages[s]) is not None]

    def impacts(self, tokens: Sequence[str], passages: Sequence[PassageId]) -> Floats:
        """Return what each token is worth in each passage: idf × saturated count, 0 where it is missing.

        Shapes: (tokens, passages).
        """
        out = np.zeros((len(tokens), len(passages)), np.float32)
        slots = np.array([self._slot_of.get(p, -1) for p in passages], np.int32)
        self._reckon_norms()
        for row, token in enumerate(tokens):
            if postings := self._postings.get(token):
                self._reckon(postings)
                out[row] = _look_up(postings, slots) * self.idf(token)
        return out

    @property
    def ceiling(self) -> float:
        """What a token's saturated count can reach at most, before its idf."""
        return self._k1 + 1

    def _terms(self, weighted: dict[str, float]) -> list[tuple[_Postings, float]]:
        """Return postings and weight × idf, the rarest token first."""
        self._reckon_norms()
        terms = []
        for token, weight in weighted.items():
            if (postings := self._postings.get(token)) and weight > 0:
                self._reckon(postings)
                terms.append((postings, weight * self.idf(token)))
        return sorted(terms, key=lambda term: len(term[0].slots))

    def _reckon_norms(self) -> None:
        n = len(self._passages)
        mean = self._total / max(len(self._slot_of), 1) or 1.0
        if self._normed_slots != n or abs(mean - self._normed_for) > 0.01 * mean:
            if abs(mean - self._normed_for) > 0.01 * mean:
                self._normed_for = mean
                self._stamp += 1
            self._norms[:n] = self._k1 * (1 - self._b + self._b * self._lengths[:n] / self._normed_for)
            self._normed_slots = n

    def _reckon(self, postings: _Postings) -> None:
        postings.settle()
        if postings.stamp != self._stamp:
            counts = postings.counts.astype(np.float32)
            postings.impacts = counts * np.float32(self._k1 + 1) / (counts + self._norms[postings.slots])
            postings.stamp = self._stamp

    def _kill(self, passage: PassageId) -> None:
        slot = self._slot_of.pop(passage, None)
        if slot is not None:
            self._total -= float(self._lengths[slot])
            self._alive[slot] = False
            self._passages[slot] = None

    def _sweep(self) -> None:
        n = len(self._passages)
        if (n - len(self._slot_of)) * 8 <= n:
            return
        alive = self._alive[:n]
        renumbered = np.cumsum(alive, dtype=np.int32) - 1
        for token in list(self._postings):
            postings = self._postings[token]
            postings.settle()
            keep = alive[postings.slots]
            if not keep.any():
                del self._postings[token]
            elif not keep.all():
                postings.slots, postings.counts = renumbered[postings.slots[keep]], postings.counts[keep]
                postings.stamp = -1
            else:
                postings.slots = renumbered[postings.slots]
        self._lengths[: len(self._slot_of)] = self._lengths[:n][alive]
        self._passages = [p for p in self._passages if p is not None]
        self._alive[:] = False
        self._alive[: len(self._passages)] = True
        self._slot_of = {p: s for s, p in enumerate(self._passages) if p is not None}
        self._normed_slots = -1


def _could_win(scores: Floats, allowed: npt.NDArray[np.bool_], left: float, limit: int) -> Slots | None:
    """Return the slots that may still be among the best, or None while any may (MaxScore).

    Source: Turtle and Flood 1995; ours looks at whole arrays, and only before a token that many passages have.
    """
    seen = np.flatnonzero((scores > 0) & allowed)
    if len(seen) < limit:
        return None
    edge = np.partition(scores[seen], len(seen) - limit)[len(seen) - limit]
    if edge < left:
        return None
    kept: Slots = seen[scores[seen] + left >= edge].astype(np.int32)
    return kept


def _look_up(postings: _Postings, slots: Slots) -> Floats:
    """Return the impacts at these slots, 0 where the token is missing; slots need not be sorted."""
    if not len(postings.slots):
        return np.zeros(len(slots), np.float32)
    places = np.minimum(np.searchsorted(postings.slots, slots), len(postings.slots) - 1)
    found: Floats = np.where(postings.slots[places] == slots, postings.impacts[places], np.float32(0))
    return found
