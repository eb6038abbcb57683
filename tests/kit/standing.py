"""A conversation in the middle of a turn, for tests of its steps."""

from datetime import UTC, datetime

from zhiyin.conversation.facts import (
    Decided,
    Drafted,
    FoundPassage,
    Intent,
    Language,
    ModelFailed,
    PassagesFound,
    Sentence,
    Step,
    Understood,
    Withheld,
)
from zhiyin.conversation.ids import AccountId, ConversationId, DocumentId, PassageId
from zhiyin.conversation.state import Conversation, Message, TurnSoFar

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def passage(
    text: str,
    *,
    question: str | None = None,
    title: str = "FAQ",
    language: Language = "zh",
    answers: float = 0.9,
    highlights: tuple[tuple[int, int], ...] = (),
) -> FoundPassage:
    """Make a passage as search would have found it."""
    id = f"{language}-{abs(hash((text, title)))}"
    return FoundPassage(
        PassageId(id), DocumentId(f"d-{id}"), title, text, language, answers, question=question, highlights=highlights
    )


def standing(
    *passages: FoundPassage,
    query: str = "问题",
    intent: Intent = "question",
    language: Language = "zh",
    step: Step | None = "answer",
    drafts: tuple[Drafted, ...] = (),
    withheld: tuple[Withheld, ...] = (),
    failed: tuple[ModelFailed, ...] = (),
    unhelped: int = 0,
) -> Conversation:
    """Make a conversation whose turn has understood, found and decided."""
    turn = TurnSoFar(
        understood=Understood(intent, language, query),
        found=PassagesFound(query, passages),
        decided=Decided(step, "test") if step else None,
        drafts=drafts,
        withheld=withheld,
        models_failed=failed,
    )
    return Conversation(
        AccountId("a"), ConversationId("c"), length=3, owner="bot", turn=turn, unhelped=unhelped, language=language
    )


def said(*texts: str, waiting: int = 1, context_from: int = 0) -> Conversation:
    """Make a conversation in which the customer said these things and the last `waiting` are unanswered."""
    messages = tuple(Message(i + 1, "customer", text, NOON) for i, text in enumerate(texts))
    return Conversation(
        AccountId("a"),
        ConversationId("c"),
        length=len(texts) + 1,
        owner="bot",
        messages=messages,
        unanswered=tuple(m.number for m in messages[-waiting:]),
        context_from=context_from,
    )


def drafted(text: str) -> Drafted:
    """Make a draft of one sentence."""
    return Drafted((Sentence(text, (0,)),), by="test")
