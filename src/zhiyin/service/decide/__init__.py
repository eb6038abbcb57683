"""Where we stand → the next step. `decide` is pure: the same conversation always goes the same way."""

from dataclasses import dataclass
from typing import assert_never

from zhiyin.conversation.facts import Decided
from zhiyin.conversation.state import Conversation


@dataclass(frozen=True, slots=True)
class Limits:
    """How sure we must be. Probabilities are those that a passage answers the query."""

    answer_from: float
    clarify_from: float
    offer_person_after: int = 2  # this many turns in a row without an answer
    answer_attempts: int = 2  # drafts, the focused retry included

    def __post_init__(self) -> None:
        if not 0.0 <= self.clarify_from <= self.answer_from <= 1.0:
            raise ValueError(f"want 0 <= clarify_from <= answer_from <= 1, got {self.clarify_from}, {self.answer_from}")


def decide(conversation: Conversation, limits: Limits) -> Decided:
    """Choose the next step from what the running turn has found so far."""
    understood = conversation.turn.understood
    if conversation.owner != "bot":
        return Decided("silence", f"the conversation belongs to {conversation.owner}")
    if understood is None:
        return Decided("silence", "nothing has been understood yet")
    match understood.intent:
        case "person":
            return Decided("hand_over", "the customer asked for a person")
        case "greeting":
            return Decided("greet", "the customer only greeted")
        case "thanks":
            return Decided("thank", "the customer only thanked")
        case "goodbye":
            return Decided("part", "the customer said goodbye")
        case "feedback":
            return Decided("offer_person", "the customer says that the answer did not help")
        case "other":
            return _not_answered(conversation, limits, "the words ask nothing that we can read", topics=False)
        case "question":
            return _answer_or_not(conversation, limits)
        case _:
            assert_never(understood.intent)


def _answer_or_not(conversation: Conversation, limits: Limits) -> Decided:
    turn = conversation.turn
    passages = turn.found.passages if turn.found else ()
    best = max((passage.answers for passage in passages), default=0.0)
    tried = len(turn.drafts)
    if tried and turn.decided and turn.decided.step != "answer":
        return Decided("offer_person", f"a draft for the step {turn.decided.step!r} could not be said either")
    if tried:
        why = turn.withheld[-1].fault if turn.withheld else "nothing drafted"
        if tried < limits.answer_attempts:
            return Decided("answer", f"nothing of draft {tried} was kept ({why}); one focused retry")
        return _not_answered(conversation, limits, f"nothing of {tried} drafts was kept (last: {why})", topics=True)
    if best >= limits.answer_from:
        return Decided("answer", f"the best passage answers with probability {best:.2f} >= {limits.answer_from:.2f}")
    if best >= limits.clarify_from:
        return _not_answered(
            conversation,
            limits,
            f"the best passage answers with probability {best:.2f}, between {limits.clarify_from:.2f} and"
            f" {limits.answer_from:.2f}",
            topics=True,
        )
    return Decided(
        "offer_person", f"no passage answers: the best has probability {best:.2f} < {limits.clarify_from:.2f}"
    )


def _not_answered(conversation: Conversation, limits: Limits, why: str, *, topics: bool) -> Decided:
    if conversation.unhelped + 1 >= limits.offer_person_after:
        return Decided("offer_person", f"{why}; this is unhelped turn {conversation.unhelped + 1} in a row")
    found = conversation.turn.found
    if topics and not (found and found.passages):
        return Decided("offer_person", f"{why}; there are no topics to choose from")
    return Decided("clarify", why)


__all__ = ["Limits", "decide"]
