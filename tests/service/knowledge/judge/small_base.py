"""A small shop's passages, measured as search would, with an embedder that hashes tokens."""

import hashlib
from collections.abc import Sequence

import numpy as np

from zhiyin.conversation.facts import Language
from zhiyin.conversation.ids import AccountId, DocumentId, PassageId
from zhiyin.data.records import Passage
from zhiyin.extend.models import Vectors
from zhiyin.language.tokens import tokenize
from zhiyin.service.knowledge.candidates import Asked, Candidate, Signals
from zhiyin.service.knowledge.vectors import Rows, to_embed

DIMS = 64


def embed(text: str) -> Vectors:
    """Hash a text's tokens into a unit vector: alike texts are near, and nothing has to be loaded."""
    vector = np.full(DIMS, 1e-3, dtype=np.float32)
    for token in tokenize(text):
        vector[int(hashlib.sha256(token.encode()).hexdigest(), 16) % DIMS] += 1.0
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def faq(name: str, question: str, answer: str, *, language: Language = "en") -> Passage:
    return Passage(
        PassageId(name), AccountId("a"), DocumentId("d"), "faq", language, ("Help",), answer, question=question
    )


def text(name: str, words: str, *, language: Language = "en") -> Passage:
    return Passage(PassageId(name), AccountId("a"), DocumentId("d"), "text", language, ("Guide",), words)


def search(question: str, passages: Sequence[Passage], *, language: Language = "en") -> tuple[Asked, list[Candidate]]:
    """Measure passages as search would, roughly."""
    tokens = list(dict.fromkeys(tokenize(question)))
    vector = embed(question)
    asked = Asked(question, language, vector, question, dict.fromkeys(tokens, 2.0))
    found = []
    for passage in passages:
        rows = np.stack([embed(line) for line in to_embed(passage)])
        apart = Rows.of(passage, rows)
        has = set(tokenize(passage.searched()))
        coverage = sum(token in has for token in tokens) / max(1, len(tokens))
        near = float((apart.windows @ vector).max())
        asks = float((apart.questions @ vector).max()) if len(apart.questions) else 0.0
        whole = float(apart.text @ vector)
        cosine = (whole + max(near, asks)) / 2
        signals = Signals(
            bm25=10 * coverage,
            bm25_share=coverage / 2,
            cosine_text=whole,
            cosine_question=asks,
            cosine_window=near,
            cosine_windows=near,
            cosine=cosine,
            fused=(coverage / 2 + cosine / 2) / 1.5,
            code_match=1.0,
            number_match=1.0,
            coverage=coverage,
            same_language=passage.language == language,
        )
        found.append(Candidate(passage, rows, signals))
    return asked, sorted(found, key=lambda c: -c.signals.fused)


SHOP = (
    faq("xinjiang", "What is the shipping fee to Xinjiang?", "Orders to Xinjiang cost ¥18 for the first kilogram."),
    faq("tibet", "What is the shipping fee to Tibet?", "Orders to Tibet cost ¥25 for the first kilogram."),
    faq("gold", "How do I become a Gold member?", "Spend ¥5,000 within 12 months and you become a Gold member."),
    faq("hours", "When is the hotline open?", "The hotline is open from 9:00 to 21:00 every day."),
)
