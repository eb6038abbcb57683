"""What is measured of a passage for a question, before anything is learned: the names and the numbers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from zhiyin.language.fold import fold
from zhiyin.service.knowledge.candidates import Asked, Candidate
from zhiyin.service.knowledge.judge.asks import WANTED, holds, wanted
from zhiyin.service.knowledge.judge.opposites import OPPOSITES
from zhiyin.service.knowledge.judge.words import Page, Word, akin, denies, narrows, read_page, read_words
from zhiyin.service.knowledge.vectors import windows

Table = npt.NDArray[np.float32]

_FROM_SIGNALS = (
    "bm25_share",
    "cosine_text",
    "cosine_question",
    "cosine_window",
    "cosine_windows",
    "cosine",
    "fused",
    "code_match",
    "number_match",
    "coverage",
    "title_coverage",
    "sound_match",
    "synonym_match",
    "same_language",
)


_BEFORE_HEAD = frozenset(
    ("what", "which", "whose", "many", "much", "什么", "哪个", "哪些", "哪种", "多少", "几个", "哪")
)


@dataclass(frozen=True, slots=True)
class Measured:
    """A candidate's numbers by name, and how strongly each sentence of its text answers."""

    values: dict[str, float]
    sentences: tuple[float, ...]  # in the order of `page.spans`
    page: Page


@dataclass(frozen=True, slots=True)
class _Question:
    words: tuple[Word, ...]  # those that carry meaning
    weights: tuple[float, ...]
    folded: str
    denies: bool
    kind: str
    total: float
    sequence: tuple[Word, ...]  # all words in order
    head: str | None  # stem of the noun that "which", "what" or "how many" asks for


def _question(asked: Asked) -> _Question:
    asks = asked.meant or asked.text
    everything = read_words(asks)
    words = [w for w in everything if w.kind != "grammar"] or everything
    once: dict[str, Word] = {}
    for word in words:
        once.setdefault(word.stem, word)
    known = [w for w in asked.weights.values() if w > 0]
    usual = sum(known) / len(known) if known else 1.0
    weights: list[float] = []
    for word in once.values():
        found = [asked.weights[key] for key in (word.form, word.stem) if key in asked.weights]
        weights.append(max(max(found), 0.05) if found else usual)
    return _Question(
        tuple(once.values()),
        tuple(weights),
        fold(asks),
        denies(everything),
        wanted(asks),
        sum(weights) or 1.0,
        tuple(everything),
        _head(everything),
    )


def _head(words: Sequence[Word]) -> str | None:
    for word, following in pairwise(words):
        if word.form in _BEFORE_HEAD and following.kind in ("word", "name"):
            return following.stem
    return None


def measure(asked: Asked, candidates: Sequence[Candidate]) -> list[Measured]:
    """Measure every candidate, alone and beside the others."""
    if not candidates:
        return []
    question = _question(asked)
    measured = [_alone(asked, question, candidate) for candidate in candidates]
    _beside(asked, question, candidates, measured)
    _crowd(asked, candidates, measured)
    return measured


def _alone(asked: Asked, question: _Question, candidate: Candidate) -> Measured:
    passage, signals = candidate.passage, candidate.signals
    page = read_page(passage.text)
    asks = [passage.question, *passage.similar] if passage.question else list(passage.similar)
    heading = _heading((*passage.title, *asks))
    values: dict[str, float] = {name: float(getattr(signals, name)) for name in _FROM_SIGNALS}
    values["bm25"] = math.log1p(max(0.0, signals.bm25))
    values["codes_asked"] = float(signals.codes_asked)
    values["numbers_asked"] = float(signals.numbers_asked)

    count = len(page.spans)
    covered = [0.0] * count
    found_weight = 0.0
    relatives = 0
    missing: list[tuple[float, Word]] = []
    for word, weight in zip(question.words, question.weights, strict=True):
        places = page.places.get(word.stem) or _inside(word, page)
        if not places and (other := akin(word.stem, page)):
            places = page.places[other]
            relatives += 1
        if places:
            found_weight += weight
            for sentence in {page.sentence_of[place] for place in places}:
                covered[sentence] += weight
        if not places and word.stem not in heading:
            missing.append((weight, word))
    total = question.total
    cosines = _sentence_cosines(asked, candidate, page, len(asks))
    strength = [covered[i] / total + cosines[i] for i in range(count)]
    best = max(range(count), key=lambda i: strength[i])
    two = max(
        (_pair_coverage(question, page, i) for i in range(max(1, count - 1))),
        default=0.0,
    )
    heaviest = max(question.weights, default=1.0)
    values["found"] = found_weight / total
    values["best_covered"] = max(covered) / total
    values["two_covered"] = two / total
    values["chosen_covered"] = covered[best] / total
    values["chosen_cosine"] = cosines[best]
    values["missing_share"] = sum(weight for weight, _ in missing) / total
    values["missing_worst"] = max((weight for weight, _ in missing), default=0.0) / heaviest
    values["missing_heavy"] = max((weight for weight, _ in missing), default=0.0)
    values["missing_count"] = float(len(missing))
    values["missing_thing"] = max((weight for weight, word in missing if _is_thing(word)), default=0.0)
    names = [w for w in question.words if w.kind == "name"]
    numbers = [w for w in question.words if w.kind == "number"]
    lost = {w.stem for _, w in missing}
    values["names"] = float(len(names))
    values["names_missing"] = float(sum(w.stem in lost for w in names))
    values["numbers"] = float(len(numbers))
    values["numbers_missing"] = float(sum(w.stem in lost for w in numbers))
    chosen_stems = {page.words[i].stem for i in range(len(page.words)) if page.sentence_of[i] == best}
    values["chosen_missing_worst"] = (
        max(
            (w for word, w in zip(question.words, question.weights, strict=True) if word.stem not in chosen_stems),
            default=0.0,
        )
        / heaviest
    )
    values["chosen_names_missing"] = float(sum(w.stem not in chosen_stems for w in names))
    chosen = [w for w, s in zip(page.words, page.sentence_of, strict=True) if s == best]
    values["swapped"], values["swapped_both"] = _swapped(question, chosen)
    asked_stems = {w.stem for w in question.words}
    for kind, own in (("number", numbers), ("name", names)):
        others = any(w.kind == kind and w.stem not in asked_stems for w in chosen)
        values[f"{kind}_swapped"] = float(others) * sum(w.stem not in chosen_stems for w in own)
    values["opposite_chosen"] = float(_opposites(question, chosen_stems, asked_stems - chosen_stems))
    values["relatives"] = float(relatives)
    near_stems = chosen_stems | {
        page.words[i].stem for i in range(len(page.words)) if abs(page.sentence_of[i] - best) == 1
    }
    values["narrowing_lost"] = float(sum(narrows(w) and w.stem not in near_stems for w in question.words))
    values["head_found"] = (
        -1.0 if question.head is None else float(question.head in chosen_stems) + float(question.head in near_stems)
    )
    values["order"], values["nearness"] = _alignment(question, page, best)
    start, end = page.spans[best]
    raw, folded = passage.text[start:end], page.folded[best]
    values["kind_chosen"] = holds(question.kind, raw, folded, question.folded)  # type: ignore[arg-type]
    values["kind_text"] = holds(question.kind, passage.text, " ".join(page.folded), question.folded)  # type: ignore[arg-type]
    values["denial"] = float(question.denies) - float(best in page.negations)
    values["asks_denied"] = float(question.denies)
    values["opposite"] = float(_opposites(question, chosen_stems, lost))
    values["opposite_text"] = float(_opposites(question, set(page.places), lost))
    values["new_words"] = min(30.0, float(len(chosen_stems - {w.stem for w in question.words})))
    values["question_words"] = float(len(question.words))
    values["text_words"] = math.log1p(len(page.words))
    values["sentences"] = math.log1p(count)
    values["is_faq"] = float(passage.question is not None)
    values["zh"] = float(asked.language == "zh")
    for kind in WANTED:
        values[f"asks_{kind}"] = float(question.kind == kind)
    values.update(_question_to_question(question, asks))
    return Measured(values, tuple(strength), page)


def _is_thing(word: Word) -> bool:
    return word.thing or word.kind in ("name", "number")


def _inside(word: Word, page: Page) -> list[int]:
    """Find a Chinese word that the cutter split or joined differently in the text."""
    if len(word.stem) < 2 or word.stem.isascii():
        return []
    out: list[int] = []
    for sentence, folded in enumerate(page.folded):
        if word.stem in folded:
            first = next((i for i, s in enumerate(page.sentence_of) if s == sentence), None)
            if first is not None:
                out.append(first)
    return out


def _sentence_cosines(asked: Asked, candidate: Candidate, page: Page, asks: int) -> list[float]:
    count = len(page.spans)
    rows = candidate.vectors[1 + asks :]
    if len(rows) == 0 or count == 1:
        return [max(candidate.signals.cosine_text, candidate.signals.cosine_window)] * count
    near = rows @ asked.vector
    found = [-1.0] * count
    for place, sentence in _windows(candidate.passage.text, page.spans):
        if place < len(near):
            found[sentence] = max(found[sentence], float(near[place]))
    return [value if value > -1.0 else float(near.min()) for value in found]


@lru_cache(maxsize=8192)
def _windows(text: str, spans: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    """Return (window, sentence) for each sentence that a window of the index reaches into."""
    pairs: list[tuple[int, int]] = []
    starts: list[int] = []
    cursor = 0
    for window in windows(text):
        at = text.find(window[:12], cursor)
        cursor = at if at >= 0 else cursor
        starts.append(cursor)
        cursor += 1
    for place, start in enumerate(starts):
        end = starts[place + 1] if place + 1 < len(starts) else len(text)
        pairs.extend((place, i) for i, (a, b) in enumerate(spans) if a < end and start < b)
    return tuple(pairs)


def _pair_coverage(question: _Question, page: Page, first: int) -> float:
    total = 0.0
    for word, weight in zip(question.words, question.weights, strict=True):
        places = page.places.get(word.stem)
        if places and any(first <= page.sentence_of[p] <= first + 1 for p in places):
            total += weight
    return total


def _alignment(question: _Question, page: Page, sentence: int) -> tuple[float, float]:
    """Return how many neighbours of the question are neighbours in the sentence too, and how close its words stand."""
    places: list[int | None] = []
    for word in question.words:
        here = [p for p in page.places.get(word.stem, ()) if page.sentence_of[p] == sentence]
        places.append(here[0] if here else None)
    pairs = list(pairwise(places))
    kept = sum(1 for a, b in pairs if a is not None and b is not None and 0 < b - a <= 4)
    known = [p for p in places if p is not None]
    near = len(known) / (1 + max(known) - min(known)) if len(known) > 1 else 0.0
    return kept / len(pairs) if pairs else 0.0, near


def _swapped(question: _Question, theirs: Sequence[Word]) -> tuple[float, float]:
    """Count the question's words in whose place, between the same neighbours, the other text has another word.

    "Possible past actions" against "possible future actions": one, and on both sides.
    """
    asked = {w.stem for w in question.words}
    places: dict[str, list[int]] = {}
    for place, word in enumerate(theirs):
        places.setdefault(word.stem, []).append(place)
    one = both = 0
    for place, word in enumerate(question.sequence):
        if word.kind == "grammar" or word.stem in places:
            continue
        sides = 0
        for step in (-1, 1):
            at = place + step
            if 0 <= at < len(question.sequence) and question.sequence[at].kind != "grammar":
                for found in places.get(question.sequence[at].stem, ()):
                    other = found - step
                    if 0 <= other < len(theirs) and theirs[other].kind != "grammar" and theirs[other].stem not in asked:
                        sides += 1
                        break
        one += sides > 0
        both += sides > 1
    return float(one), float(both)


def _opposites(question: _Question, stems: set[str], lost: set[str]) -> int:
    return sum(1 for w in question.words if w.stem in lost and not OPPOSITES.get(w.stem, frozenset()).isdisjoint(stems))


def _question_to_question(question: _Question, asks: Sequence[str]) -> dict[str, float]:
    """Compare with the FAQ's own question that is most alike in words, both ways."""
    best, alike, second = (0.0, 0.0, 0.0), None, 0.0
    for text in asks:
        theirs = _stems(text)
        if not theirs:
            continue
        shared = [(w.stem, x) for w, x in zip(question.words, question.weights, strict=True) if w.stem in theirs]
        if not shared:
            continue
        forth = sum(x for _, x in shared) / question.total
        back = len(shared) / len(theirs)
        mean = 2 * forth * back / (forth + back)
        if (mean, forth, back) > best:
            second, best, alike = best[0], (mean, forth, back), text
        else:
            second = max(second, mean)
    values = dict(zip(("asks_alike", "asks_forth", "asks_back"), best, strict=True))
    values["asks_second"], values["asks_opposite"], values["asks_swapped"] = second, 0.0, 0.0
    if alike is not None:
        theirs = _stems(alike)
        lost = {w.stem for w in question.words} - theirs
        values["asks_opposite"] = float(_opposites(question, set(theirs), lost) > 0)
        values["asks_swapped"] = _swapped(question, read_page(alike).words)[0]
    return values


@lru_cache(maxsize=8192)
def _heading(texts: tuple[str, ...]) -> frozenset[str]:
    """Return the stems of a passage's titles and questions."""
    return frozenset(stem for text in texts for stem in read_page(text).places)


@lru_cache(maxsize=65536)
def _stems(text: str) -> frozenset[str]:
    return frozenset(w.stem for w in read_page(text).words if w.kind != "grammar")


_NARROW, _WIDE = 0.04, 0.1  # of cosine: how far off a question of an FAQ still speaks for it


def _crowd(asked: Asked, candidates: Sequence[Candidate], measured: Sequence[Measured]) -> None:
    """Measure how the candidates' own questions stand around the question: near one of them, or between many.

    A passage without questions is stood for by its windows.
    """
    own: list[npt.NDArray[np.float32]] = []
    for c in candidates:
        asks = (c.passage.question is not None) + len(c.passage.similar)
        rows = c.vectors[1 : 1 + asks] if asks else c.vectors
        own.append(np.sort(rows @ asked.vector)[::-1] if len(rows) else np.zeros(1, np.float32))
    everything = np.concatenate(own)
    middle, spread = float(everything.mean()), float(everything.std()) + 1e-3
    falling = np.sort(everything)[::-1]
    fifth = float(falling[min(4, len(falling) - 1)])
    tenth = float(falling[min(9, len(falling) - 1)])
    best = float(falling[0])
    narrow = [float(np.exp((near - best) / _NARROW).sum()) for near in own]
    wide = [float(np.exp((near - best) / _WIDE).mean()) for near in own]
    bests = [float(near[0]) for near in own]
    threes = [float(near[:3].mean()) for near in own]
    for place, (near, m) in enumerate(zip(own, measured, strict=True)):
        rival = max((b for i, b in enumerate(bests) if i != place), default=0.0)
        rival_three = max((b for i, b in enumerate(threes) if i != place), default=0.0)
        m.values["near_best"] = bests[place]
        m.values["near_second"] = float(near[1]) if len(near) > 1 else bests[place]
        m.values["near_three"] = threes[place]
        m.values["near_mean"] = float(near.mean())
        m.values["near_lead"] = bests[place] - rival
        m.values["near_three_lead"] = threes[place] - rival_three
        m.values["near_above"] = (bests[place] - middle) / spread
        m.values["near_fifth"] = float((near >= fifth).sum())
        m.values["near_tenth"] = float((near >= tenth).sum())
        m.values["near_share"] = narrow[place] / sum(narrow)
        m.values["near_wide_share"] = wide[place] / sum(wide)
        m.values["crowd_best"] = best
        m.values["crowd_fifth"] = fifth
        m.values["crowd_middle"] = middle
        m.values["crowd_spread"] = (best - middle) / spread


_BESIDE = (
    "cosine",
    "cosine_question",
    "cosine_window",
    "coverage",
    "bm25",
    "found",
    "asks_alike",
    "two_covered",
    "fused",
    "title_coverage",
)


def _beside(asked: Asked, question: _Question, candidates: Sequence[Candidate], measured: Sequence[Measured]) -> None:
    asks = [(*([c.passage.question] if c.passage.question else ()), *c.passage.similar) for c in candidates]
    headings = [_heading((*c.passage.title, *own)) for c, own in zip(candidates, asks, strict=True)]
    holding = [
        [word.stem in heading or word.stem in m.page.places for word in question.words]
        for heading, m in zip(headings, measured, strict=True)
    ]
    held = [any(column) for column in zip(*holding, strict=True)]
    for name in _BESIDE:
        column = [m.values[name] for m in measured]
        for place, m in enumerate(measured):
            others = column[:place] + column[place + 1 :]
            m.values[f"{name}_lead"] = column[place] - (max(others) if others else 0.0)
            m.values[f"{name}_rank"] = 1.0 / (1 + sum(value > column[place] for value in others))
    weighed = list(zip(question.words, question.weights, strict=True))
    absent = [(weight, word) for (word, weight), known in zip(weighed, held, strict=True) if not known]
    absent_share = sum(weight for weight, _ in absent) / question.total
    absent_names = float(sum(word.kind == "name" for _, word in absent))
    absent_worst = max((weight for weight, _ in absent), default=0.0)
    absent_thing = max((weight for weight, word in absent if _is_thing(word)), default=0.0)
    middle = np.mean([c.vectors[0] for c in candidates], axis=0)
    far = float(middle @ asked.vector)
    for place, m in enumerate(measured):
        # a passage near the middle of its rivals is near every question; its cosine says less
        m.values["central"] = float(candidates[place].vectors[0] @ middle)
        m.values["absent_share"], m.values["absent_names"], m.values["absent_worst"] = (
            absent_share,
            absent_names,
            absent_worst,
        )
        m.values["absent_thing"] = absent_thing
        m.values["off_centre"] = m.values["cosine"] - far
        elsewhere = max(
            (w for w, here, known in zip(question.weights, holding[place], held, strict=True) if known and not here),
            default=0.0,
        )
        m.values["elsewhere"] = elsewhere / max(question.weights, default=1.0)
        m.values["alone"] = float(len(measured) == 1)
