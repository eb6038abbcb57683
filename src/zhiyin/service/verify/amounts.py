"""Does every amount of a sentence stand in the passage, and belong there to the same thing?"""

from collections.abc import Sequence
from dataclasses import dataclass

from zhiyin.conversation.facts import Fault
from zhiyin.language.quantities import Quantity
from zhiyin.service.verify.reading import Clause, Reading

_DATES = ("date", "weekday", "time")
_UPPER = {"at_most", "under", "before"}
_LOWER = {"at_least", "over", "after"}
_NEAR = 1.0  # weight of a word between the same fine borders as the amount
_CLAUSE = 0.45  # in the same clause
_SENTENCE = 0.15  # in the same sentence
_CLOSE = 0.8
_FEW = 2  # words of a clause that leaves its subject to the one before
_SAME_BOUND = 0.5  # a bonus when both are limits of the same sort, or none is
_MARGIN_FREE = 1.2  # the same for a sentence in words of its own, whose surroundings tell less
_MARGIN = 0.4  # how much better another amount's surroundings must fit before we say that it was meant


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with a sentence, for the log."""

    fault: Fault
    detail: str


def missing_amount(claim: Reading, sources: Sequence[Reading], around: Sequence[Reading]) -> Wrong | None:
    """Find an amount of the claim that no passage has. `around` are titles and questions of the passages."""
    known = [q for reading in (*sources, *around) for q in reading.quantities]
    years = {q.unit[:4] for q in known if q.kind == "date"} | {f"{q.low:.0f}" for q in known if q.kind == "number"}
    for amount in claim.quantities:
        dated = amount.kind != "date" or amount.unit[:2] == "*-" or amount.unit[:4] in years
        if amount.weak or (dated and (_supported(amount, known) or _end_of_range(amount, claim.quantities, known))):
            continue
        if _said_twice(amount, claim.quantities, known):
            continue
        said = claim.text[amount.start : amount.end].strip()
        return Wrong("date" if amount.kind in _DATES else "number", f"{said!r} is not in the passage")
    return None


def _supported(amount: Quantity, known: Sequence[Quantity]) -> bool:
    if any(amount.agrees(other) and _as_exact(amount, other) for other in known):
        return True
    if amount.low == amount.high and amount.bound:  # "within 3 days" of "1 to 3 days"
        for other in known:
            if other.low < other.high and (other.kind == amount.kind):
                end = other.high if amount.bound in _UPPER else other.low
                if abs(end - amount.low) < 1e-6:
                    return True
    if amount.low < amount.high:  # "1 to 3" of "1, 2 or 3": both ends must be there
        return all(
            any(o.kind in (amount.kind, "number") and o.low <= end <= o.high and end in (o.low, o.high) for o in known)
            for end in (amount.low, amount.high)
        )
    return False


def _said_twice(amount: Quantity, said: Sequence[Quantity], known: Sequence[Quantity]) -> bool:
    """Say whether a claim says an amount in rough words and at once exactly: 一个月(30天)."""
    return amount.kind == "months" and any(
        q.kind == "duration"
        and 0 < q.start - amount.end <= 2
        and abs(q.low - 30.4 * amount.low) <= 2 + amount.low
        and any(q.agrees(o) for o in known)
        for q in said
    )


def _end_of_range(amount: Quantity, said: Sequence[Quantity], known: Sequence[Quantity]) -> bool:
    """Say whether a claim has both ends of a range of the passage: "between 14 and 18" of "14 to 18"."""
    for other in known:
        ends = (other.low, other.high)
        if other.low < other.high and amount.low == amount.high and amount.low in ends and _alike(amount, other):
            rest = ends[1] if amount.low == ends[0] else ends[0]
            if any(q is not amount and q.low == q.high == rest and _alike(q, other) for q in said):
                return True
    return False


def _alike(one: Quantity, two: Quantity) -> bool:
    return one.kind == two.kind or "number" in (one.kind, two.kind)


def _as_exact(amount: Quantity, other: Quantity) -> bool:
    """Say whether a date of the passage says as much as the claim's: a year does not support a day."""
    if amount.kind != "date":
        return True
    if other.kind != "date":
        return amount.unit.endswith("-*-*")
    (_, month, day), (_, other_month, other_day) = amount.unit.split("-"), other.unit.split("-")
    return (month == "*" or other_month != "*") and (day == "*" or other_day != "*")


def misplaced_amount(claim: Reading, sources: Sequence[Reading]) -> Wrong | None:
    """Find an amount that the passage gives to something else: 7 days are for the opened, 15 for the unopened.

    Among all amounts of its kind the one whose surroundings fit the claim's best must be one that agrees.
    """
    several_times = sum(q.kind == "time" for q in claim.quantities) > 1
    margin = _MARGIN if close_to_words(claim, sources) else _MARGIN_FREE
    everything = [q for reading in sources for q in reading.quantities]
    for amount in claim.quantities:
        if (
            amount.weak
            or (amount.kind == "time" and several_times)
            or _end_of_range(amount, claim.quantities, everything)
        ):
            continue  # opening hours come in pairs, in whose surroundings nothing differs
        rivals = [
            (reading, other)
            for reading in sources
            for other in reading.quantities
            if _comparable(amount, other) and not other.weak
        ]
        agreeing = [(r, o) for r, o in rivals if amount.agrees(o)]
        others = [(r, o) for r, o in rivals if not amount.agrees(o)]
        if not agreeing or not others or any(r.han != claim.han for r, _ in rivals):
            continue
        mine = _surroundings(claim, amount)
        if not mine:
            continue
        fits = max(_fit(mine, _surroundings(r, o)) + _bounds_fit(amount, o) for r, o in agreeing)
        best, reading, meant = max(
            ((_fit(mine, _surroundings(r, o)) + _bounds_fit(amount, o), r, o) for r, o in others),
            key=lambda found: found[0],
        )
        if best > fits + margin and not _told_both(claim, amount, meant, best - fits, others + agreeing):
            said = claim.text[amount.start : amount.end].strip()
            fault: Fault = "date" if amount.kind in _DATES else "number"
            return Wrong(
                fault,
                f"the passage has {said!r} for something else; here it says {reading.text[meant.start : meant.end].strip()!r}",
            )
    return None


def close_to_words(claim: Reading, sources: Sequence[Reading]) -> bool:
    """Say whether a sentence keeps to the words of its passages."""
    known = frozenset().union(*(reading.keys for reading in sources))
    return len(claim.keys & known) >= _CLOSE * max(1, len(claim.keys))


def _told_both(
    claim: Reading, amount: Quantity, meant: Quantity, gain: float, known: Sequence[tuple[Reading, Quantity]]
) -> bool:
    """Say whether a claim has the amount that seems meant as well, and that one fits its own place by more."""
    for other in claim.quantities:
        if other is amount or not other.agrees(meant):
            continue
        mine = _surroundings(claim, other)
        own = max(
            (_fit(mine, _surroundings(r, o)) + _bounds_fit(other, o) for r, o in known if other.agrees(o)), default=0.0
        )
        swapped = max(
            (_fit(mine, _surroundings(r, o)) + _bounds_fit(other, o) for r, o in known if amount.agrees(o)), default=0.0
        )
        if own - swapped > gain - _MARGIN:
            return True
    return False


def repeated_amount(claim: Reading, sources: Sequence[Reading]) -> Wrong | None:
    """Find an amount that a sentence gives to two things and the passage to one, while it has another for the second."""
    for amount in claim.quantities:
        same = [q for q in claim.quantities if q.agrees(amount) and _comparable(q, amount) and not q.weak]
        if len(same) != 2 or same[0].kind in _DATES:
            continue
        rivals = [o for r in sources for o in r.quantities if _comparable(amount, o) and not o.weak]
        others = [o for o in rivals if not amount.agrees(o)]
        untold = [o for o in others if not any(q.agrees(o) for q in claim.quantities)]
        if len(rivals) - len(others) == 1 and untold and not _same_thing(claim, *same):
            said = claim.text[same[1].start : same[1].end].strip()
            return Wrong("number", f"the passage has {said!r} once, the sentence twice")
    return None


def _same_thing(claim: Reading, one: Quantity, two: Quantity) -> bool:
    """Say whether an amount is only said again: 三个月(90天), or for both sides of one limit."""
    return two.start - one.end <= 2 or (one.bound != two.bound and bool(one.bound) and bool(two.bound))


def unlike_bound(claim: Reading, sources: Sequence[Reading]) -> Wrong | None:
    """Find a price said as a threshold, or as a limit, where the passage has another price for that: free from ¥12."""
    for amount in claim.quantities:
        if amount.kind != "money" or amount.bound not in ("at_least", "over"):
            continue
        rivals = [o for r in sources for o in r.quantities if o.kind == "money"]
        agreeing = [o for o in rivals if amount.agrees(o)]
        others = [o for o in rivals if not amount.agrees(o)]
        if agreeing and not any(o.bound for o in agreeing) and any(o.bound in ("at_least", "over") for o in others):
            said = claim.text[amount.start : amount.end].strip()
            return Wrong("number", f"{said!r} is no threshold in the passage")
    return None


def _bounds_fit(one: Quantity, two: Quantity) -> float:
    """Return a bonus where both amounts are limits of the same sort, or both none."""
    sides = ["upper" if q.bound in _UPPER else "lower" if q.bound in _LOWER else "" for q in (one, two)]
    return _SAME_BOUND if sides[0] == sides[1] else 0.0


def _comparable(one: Quantity, two: Quantity) -> bool:
    if one.kind in ("duration", "working_days", "months"):
        return two.kind in ("duration", "working_days", "months")
    if one.kind in ("percent", "off"):
        return two.kind in ("percent", "off")
    if one.kind in ("count", "number", "times"):
        return two.kind == one.kind and (one.unit == two.unit or one.kind != "count")
    return one.kind == two.kind and one.unit == two.unit if one.kind == "measure" else one.kind == two.kind


def turned_bound(
    claim: Reading, rests_on: Sequence[tuple[Reading, Sequence[tuple[Clause, float]]]], *, balanced: bool
) -> Wrong | None:
    """Find a limit that was turned round: after 7 days for within 7 days, at least for at most."""
    for clause, (reading, aligned) in zip(claim.clauses, rests_on, strict=True):
        near = [c for c, weight in aligned if weight >= 0.85 * aligned[0][1]]
        for amount in claim.quantities:
            opposite = _LOWER if amount.bound in _UPPER else _UPPER if amount.bound in _LOWER else None
            if opposite is None or amount.kind == "date" or not clause.start <= amount.start < clause.end:
                continue
            agreeing = [o for o in reading.quantities if amount.agrees(o)]
            inside = [o for o in agreeing if any(c.start <= o.start < c.end for c in near)] or agreeing
            if not inside or not all(o.bound in opposite for o in inside):
                continue
            if amount.kind == "money" and not all(o.bound in opposite for o in agreeing):
                continue  # "free from ¥99, below ¥99 it costs ¥8" tells both sides
            if any(q is not amount and q.agrees(amount) and q.bound != amount.bound for q in claim.quantities):
                continue  # "within 30 days …, after 30 days …" tells both sides
            # "not sent within 48 hours" is "more than 48 hours"
            if not balanced and (_denied_near(claim, amount) or any(_denied_near(reading, o) for o in inside)):
                continue
            said = claim.text[max(0, amount.start - 8) : amount.end + 6].strip()
            return Wrong("negation", f"{said!r} turns the limit of the passage round")
    return None


def _denied_near(reading: Reading, amount: Quantity) -> bool:
    clause = next((c for c in reading.clauses if c.start <= amount.start < c.end), None)
    return clause is not None and any(m.sign < 0 for m in clause.marks if m.concept in ("not", "allow"))


def _surroundings(reading: Reading, amount: Quantity) -> dict[str, float]:
    """Return the words that tell what an amount is of, with how near they are."""
    sentence = next(((a, b) for a, b in reading.sentences if a <= amount.start < b), (0, len(reading.text)))
    clause = next(((c.start, c.end) for c in reading.clauses if c.start <= amount.start < c.end), sentence)
    left = max((b for b in reading.borders if clause[0] <= b <= amount.start), default=clause[0])
    right = min((b for b in reading.borders if amount.end <= b < clause[1]), default=clause[1])
    for other in reading.quantities:  # the words up to the next amount belong to that one
        if other is not amount and _comparable(amount, other):
            if left < other.end <= amount.start:
                left = other.end
            if amount.end <= other.start < right:
                right = other.start
    weights: dict[str, float] = {}
    items = [(w.key, w.start) for w in reading.words]
    items += [
        (f"{m.concept}{m.sign:+d}", m.start) for m in reading.marks if m.concept not in ("most", "amount", "order")
    ]
    items += [(_code_key(c), reading.text.upper().find(c)) for c in reading.codes]
    items += [(f"#{q.low:g}", q.start) for q in reading.quantities if q is not amount and q.low == q.high > 1]
    items += [(f"={n.text.lower()}", n.start) for n in reading.names]
    head = amount.start - 1  # 满¥399 and 减¥50: the one character in front says what the amount does
    if (
        head >= 0
        and "\u4e00" <= reading.text[head] <= "\u9fff"
        and not any(w.start <= head < w.end for w in reading.words)
    ):
        items.append((f"|{reading.text[head]}", amount.start))
    for key, place in items:
        weight = 0.0
        if left <= place < right:
            weight = _NEAR
        elif clause[0] <= place < clause[1]:
            weight = _CLAUSE
        elif sentence[0] <= place < sentence[1]:
            weight = _SENTENCE
        if key[0] == "#":  # 6.6% goes with 12 months, wherever they stand
            weights[key] = max(weight, weights.get(key, 0.0))
        elif weight == _NEAR:  # half for being near, half for standing on this side
            weights[f"{key}{'<' if place < amount.start else '>'}"] = 0.5
            weights[key] = max(0.5, weights.get(key, 0.0))
        elif weight > weights.get(key, 0.0):
            weights[key] = weight
    weights.update({k: max(w, weights.get(k, 0.0)) for k, w in _inherited(reading, sentence, clause).items()})
    return weights


def _inherited(reading: Reading, sentence: tuple[int, int], clause: tuple[int, int]) -> dict[str, float]:
    """Return what a clause without a subject of its own is about: "free from ¥99; below ¥99 it costs ¥8"."""
    own = sum(clause[0] <= w.start < clause[1] for w in reading.words)
    if clause[0] <= sentence[0] or own > _FEW or any(clause[0] <= n.start < clause[1] for n in reading.names):
        return {}
    first = next((q for q in reading.quantities if sentence[0] <= q.start < clause[0]), None)
    if first is None:
        return {}
    head = {w.key for w in reading.words if sentence[0] <= w.start < first.start}
    head |= {f"={n.text.lower()}" for n in reading.names if sentence[0] <= n.start < first.start}
    return {k: w for k, w in _surroundings(reading, first).items() if k.rstrip("<") in head}


def _code_key(code: str) -> str:
    return "=" + code.replace("-", "")


def _fit(mine: dict[str, float], other: dict[str, float]) -> float:
    return sum(min(weight, other.get(key, 0.0)) * (2.0 if key[0] == "=" else 1.0) for key, weight in mine.items())
