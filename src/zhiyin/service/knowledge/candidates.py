"""What search hands to the judge: a question, and passages with everything that was measured about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from zhiyin.conversation.facts import Language
from zhiyin.data.records import Passage
from zhiyin.extend.models import Vectors


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as search read it.

    Shapes: vector (dims,).
    """

    text: str
    language: Language
    vector: Vectors = field(repr=False)  # of `meant`
    meant: str = ""  # the text with misspelt and mistyped words mended; the text itself where none are
    weights: Mapping[str, float] = field(default_factory=dict)  # token → weight × idf here; synonyms included
    codes: tuple[str, ...] = ()  # codes and numbers, folded


@dataclass(frozen=True, slots=True)
class Signals:
    """Raw measurements of one passage for one question; the judge turns them into a probability.

    Ranks count from 1; 0 means that the channel did not list the passage. Cosines are −1…1.
    """

    bm25: float = 0.0
    bm25_rank: int = 0
    bm25_share: float = 0.0  # of the greatest score that any passage could reach for this question, 0–1
    cosine_text: float = 0.0  # question vs. the whole passage
    cosine_question: float = 0.0  # vs. the nearest of the FAQ's questions; 0 when it has none
    cosine_window: float = 0.0  # vs. the nearest window of sentences; that of the text when it has one only
    cosine_windows: float = 0.0  # mean of the three nearest windows
    cosine: float = 0.0  # what the vector channel ranks by: the mean of `cosine_text` and the best question or window
    cosine_rank: int = 0
    fused: float = 0.0  # weighed sum of `bm25_share` and `cosine`, 0–1; see `fuse` in search
    fused_rank: int = 0
    code_match: float = 0.0  # share of the question's codes that the passage has verbatim; 1 when it asks for none
    number_match: float = 0.0  # the same for its numbers
    codes_asked: int = 0  # how many codes the question has
    numbers_asked: int = 0
    coverage: float = 0.0  # idf-weighted share of the question's words that the passage has (synonyms count)
    title_coverage: float = 0.0  # the same, in title path and FAQ questions only
    sound_match: float = 0.0  # idf-weighted share that is found by sound or spelling only
    synonym_match: float = 0.0  # idf-weighted share that is found through a synonym only
    same_language: bool = True
    margin: float = 0.0  # fused score above the next passage's; the best passage's lead over the second
    bm25_margin: float = 0.0  # BM25 above the next passage's in the lexical list, as a share of the best
    cosine_margin: float = 0.0  # cosine above the next passage's in the vector list


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that may answer.

    Shapes: vectors (k, dims): rows in the order of `zhiyin.service.knowledge.vectors.Rows`.
    """

    passage: Passage
    vectors: Vectors = field(repr=False)
    signals: Signals = Signals()


@dataclass(frozen=True, slots=True)
class Judged:
    """A candidate with the probability that it answers; `highlights` as in `FoundPassage`, best first."""

    candidate: Candidate
    answers: float
    highlights: tuple[tuple[int, int], ...] = ()


class Judge(Protocol):
    """Says how probably each candidate answers, best first. Every candidate comes back exactly once."""

    async def judge(self, asked: Asked, candidates: Sequence[Candidate]) -> Sequence[Judged]: ...
