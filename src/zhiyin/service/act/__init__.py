"""The step → the words that may be said: a drafted answer, a question back, an offer. `Answerer` is the door."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator

from zhiyin.conversation.catalogue import say
from zhiyin.conversation.facts import FoundPassage, Language, ModelFailed, Sentence
from zhiyin.conversation.state import Conversation
from zhiyin.errors import Unavailable
from zhiyin.extend.models import LanguageModel
from zhiyin.service.act.draft import DraftReader
from zhiyin.service.act.prompt import build
from zhiyin.service.act.quote import best_place, quote

_SHOWN = 5  # passages in a prompt
_SHOWN_AGAIN = 2  # in that of the focused retry
_MOST_TOPICS = 3
_LONGEST_TOPIC = 60


class Answerer:
    """Drafts what the decided step says. Nothing of it has been verified yet.

    `name` is what the account calls itself and `tone` one sentence on how its agent speaks; a passage must answer
    with probability `answer_from` to be quoted beside another.
    """

    def __init__(
        self, model: LanguageModel | None = None, *, name: str = "", tone: str = "", answer_from: float = 0.5
    ) -> None:
        self._model = model
        self._name = name
        self._tone = tone[:300]
        self._answer_from = answer_from

    def by(self, conversation: Conversation) -> str:
        """Say who would draft an answer now: a model's name, or "extractive"."""
        return self._model.name if self._model is not None and not conversation.turn.models_failed else "extractive"

    async def draft(self, conversation: Conversation) -> AsyncGenerator[Sentence | ModelFailed, None]:
        """Yield the sentences of the decided step as they are made.

        When the model fails, `ModelFailed` is yielded; if no sentence of it had been, the extractive answer follows.
        """
        turn = conversation.turn
        step = turn.decided.step if turn.decided else "silence"
        if step == "answer":
            async for part in self._answer(conversation):
                yield part
            return
        for sentence in self._courtesy(conversation):
            yield sentence

    def quick_replies(self, conversation: Conversation) -> tuple[str, ...]:
        """Return what may be tapped under the reply: the nearest topics, or the way to a person."""
        turn = conversation.turn
        language = _language(conversation)
        match turn.decided.step if turn.decided else "silence":
            case "clarify":
                return (*_choices(conversation), say("offer.person_button", language))
            case "offer_person":
                return (say("offer.person_button", language),)
            case _:
                return ()

    def _courtesy(self, conversation: Conversation) -> Iterator[Sentence]:
        turn, language = conversation.turn, _language(conversation)
        match turn.decided.step if turn.decided else "silence":
            case "greet":
                key = "reply.greet" if self._name else "reply.greet_plain"
                values = {"name": self._name} if self._name else {}
                yield Sentence(say(key, language, **values), courtesy=True)
            case "thank":
                yield Sentence(
                    say("reply.thank" if _helped(conversation) else "reply.thank_plain", language), courtesy=True
                )
            case "part":
                yield Sentence(say("reply.part", language), courtesy=True)
            case "clarify":
                unread = turn.understood is not None and turn.understood.intent == "other"
                key = "clarify.sentence" if unread else "clarify.ask" if _choices(conversation) else "clarify.open"
                yield Sentence(say(key, language), courtesy=True)
            case "offer_person":
                yield Sentence(say(self._regret(conversation), language), courtesy=True)
                yield Sentence(say("offer.person", language), courtesy=True)
            case "hand_over":
                yield Sentence(say("turn.handed_over", language), courtesy=True)
            case "answer" | "silence":
                return

    def _regret(self, conversation: Conversation) -> str:
        understood = conversation.turn.understood
        if understood and understood.intent == "feedback":
            return "offer.complaint"
        return "offer.unhelped" if conversation.unhelped else "offer.unknown"

    async def _answer(self, conversation: Conversation) -> AsyncIterator[Sentence | ModelFailed]:
        model = self._model
        if model is None or conversation.turn.models_failed:
            for sentence in self._extractive(conversation):
                yield sentence
            return
        yielded = 0
        failure = ""
        try:
            async for sentence in self._modelled(conversation, model):
                yielded += 1
                yield sentence
        except Unavailable as error:
            failure = f"{type(error).__name__}: {error}"[:300]
        if not yielded and not failure and self._by_itself(conversation):
            failure = "it wrote no sentence that could be read"
        if failure:
            yield ModelFailed(model.name, failure)
        if not yielded:
            for sentence in self._extractive(conversation):
                yield sentence

    def _by_itself(self, conversation: Conversation) -> bool:
        """Say whether there is anything to quote: a model that is silent about nothing has not failed."""
        return bool(conversation.turn.found and conversation.turn.found.passages)

    async def _modelled(self, conversation: Conversation, model: LanguageModel) -> AsyncIterator[Sentence]:
        turn = conversation.turn
        passages = list(enumerate(turn.found.passages if turn.found else ()))
        again = bool(turn.drafts)
        if again:
            passages = sorted(passages, key=lambda pair: -pair[1].answers)[:_SHOWN_AGAIN]
        passages = passages[:_SHOWN]
        prompt, masked = build(
            turn.understood.query if turn.understood else conversation.asked(),
            passages,
            language=_language(conversation),
            name=self._name,
            tone=self._tone,
            withheld=turn.withheld if again else (),
        )
        reader = DraftReader()
        stream = model.complete(prompt)
        try:
            async for piece in stream:
                for sentence in reader.feed(piece):
                    yield Sentence(masked.restore(sentence.text), sentence.leans_on)
                if reader.full:
                    break
        finally:
            closing = getattr(stream, "aclose", None)
            if closing is not None:
                await closing()
        for sentence in reader.finish():
            yield Sentence(masked.restore(sentence.text), sentence.leans_on)

    def _extractive(self, conversation: Conversation) -> Iterator[Sentence]:
        turn, language = conversation.turn, _language(conversation)
        if turn.found is None:
            return
        passages = turn.found.passages
        best = best_place(passages, language)
        if best is None:
            return
        query = turn.understood.query if turn.understood else conversation.asked()
        skip = frozenset(withheld.text for withheld in turn.withheld)
        if passages[best].language != language:
            yield Sentence(say("reply.other_language", language), courtesy=True)
        yield from quote(query, passages, language=language, answer_from=self._answer_from, skip=skip)
        if len(conversation.replies) % 4 == 3:  # now and then, so that it stays a kindness and not a formula
            yield Sentence(say("reply.hope", language), courtesy=True)


def topics(passages: tuple[FoundPassage, ...], language: Language) -> tuple[str, ...]:
    """Return the nearest topics as things a customer can tap: FAQ questions, or titles; their own language first."""
    ordered = sorted(passages, key=lambda p: (p.language != language, -p.answers))
    names: list[str] = []
    for passage in ordered:
        name = (passage.question or passage.title.split(" › ")[-1]).strip()
        if name and len(name) <= _LONGEST_TOPIC * (1 if language == "zh" else 2) and name not in names:
            names.append(name)
    return tuple(names[:_MOST_TOPICS])


def _choices(conversation: Conversation) -> tuple[str, ...]:
    """Return the topics to choose from: none for words that ask nothing, whatever the search made of them."""
    turn = conversation.turn
    if turn.found is None or (turn.understood and turn.understood.intent == "other"):
        return ()
    return topics(turn.found.passages, _language(conversation))


def _helped(conversation: Conversation) -> bool:
    """Say whether the last reply that was more than a courtesy answered something."""
    said = [reply.outcome for reply in conversation.replies if reply.outcome != "courtesy"]
    return bool(said) and said[-1] == "answered"


def _language(conversation: Conversation) -> Language:
    understood = conversation.turn.understood
    return understood.language if understood else conversation.language or "zh"


__all__ = ["Answerer", "topics"]
