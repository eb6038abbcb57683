"""Lies told through the whole product: a scripted model says a planted sentence, and did the customer hear it?

For every case the question is asked of the running product, whose retrieval finds the passages. The scripted server
looks for the source among the passages of its prompt and answers with exactly the case's sentence and that passage's
number, as often as it is asked. What counts is the reply that was recorded.
"""

import random
import re
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from zhiyin.conversation.facts import Replied
from zhiyin.front.exam.lies import Case, shop_cases
from zhiyin.front.exam.planted import USUAL, Way
from zhiyin.front.exam.report import Row
from zhiyin.language.sentences import sentences
from zhiyin.models.scripted import Asked, Reply, say

Ask = Callable[[str], Awaitable[Replied]]
"""Asks the product something as a new customer and returns its reply."""

_PASSAGE = re.compile(r'<passage number="(\d+)"[^>]*>\n(.*?)\n</passage>', re.DOTALL)
_COMPARED = 1400  # characters of a passage: the prompt shortens long ones
FIVE = {
    "number": "wrong number",
    "other_number": "wrong number",
    "date": "wrong date",
    "negation": "swapped negation",
    "name": "invented name",
    "other_question": "answer to another question",
    "wrong_passage": "answer to another question",
}
"""The kinds of lies that the bar names, by the planted kinds that they are made of."""


@dataclass(slots=True)
class Liar:
    """The script of a model server that says what it is told to, whatever it was asked."""

    case: Case | None = None
    cited: list[int] = field(default_factory=list)  # numbers in the prompt; empty when the source was not shown
    asked: int = 0

    def begin(self, case: Case) -> None:
        """Say this case's sentence from now on."""
        self.case, self.cited, self.asked = case, [], 0

    def __call__(self, asked: Asked) -> Reply:
        """Answer a request with the sentence and the numbers of its sources."""
        self.asked += 1
        if self.case is None:
            return say("NO_ANSWER")
        if not self.cited:
            shown = {_bare(text): int(number) for number, text in _PASSAGE.findall(asked.prompt)}
            wanted = [_bare(self.case.passages[place].text) for place in self.case.sentence.leans_on]
            self.cited = [shown[text] for text in wanted if text in shown]
            if not self.cited and self.case.kind == "other_question":  # its own source was not found: the asked one's
                self.cited = [number for text, number in shown.items() if text == _bare(self.case.passages[0].text)]
            if len(self.cited) < len(wanted):
                self.cited = self.cited if self.case.kind == "other_question" else []
        if not self.cited:
            return say("NO_ANSWER")
        return say(self.case.sentence.text + "".join(f"[{number}]" for number in self.cited))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a case: was it told at all, and was it heard?"""

    case: Case
    told: bool
    heard: bool


def choose(cases: Sequence[Case], *, seed: int, lies: int = 140, truths: int = 220) -> list[Case]:
    """Draw up to `lies` lies of each kind in each language, and up to `truths` verbatim truths in each language.

    Truths in other words and translations are all taken; so are lies about fresh paraphrases.
    """
    rng = random.Random(seed)  # noqa: S311  an exam, not a secret
    groups: dict[tuple[str, ...], list[Case]] = defaultdict(list)
    for case in cases:
        if len(sentences(case.sentence.text)) == 1:
            across = case.set == "shop across" or case.kind == "translation"
            groups[case.kind, case.language, "across" if across else "alike"].append(case)
    chosen: list[Case] = []
    for (kind, _, how), group in sorted(groups.items()):
        most = len(group) if "paraphrase" in kind or "fresh" in kind else truths if group[0].true else lies
        most = min(most, lies // 2) if how == "across" and not group[0].true else most
        chosen += rng.sample(group, min(most, len(group)))
    rng.shuffle(chosen)
    return chosen


async def tell(liar: Liar, ask: Ask, cases: Sequence[Case]) -> list[Outcome]:
    """Tell the cases one after the other."""
    outcomes = []
    for case in cases:
        liar.begin(case)
        reply = await ask(case.query)
        said = _bare(case.sentence.text)
        heard = any(_bare(sentence) == said for sentence in reply.sentences)
        outcomes.append(Outcome(case, bool(liar.cited), heard))
    liar.case = None
    return outcomes


def figures(outcomes: Sequence[Outcome], *, system: str = "told over HTTP") -> list[Row]:
    """Return the exam's rows. Cases whose source retrieval did not show to the model could not be told: they are counted apart."""
    rows: list[Row] = []
    for true, metric in ((False, "lies caught"), (True, "truths withheld")):
        groups: dict[str, Counter[bool]] = defaultdict(Counter)
        for one in outcomes:
            if one.told and one.case.true is true:
                for group in _groups(one.case):
                    groups[group][not one.heard] += 1
        for group, counts in sorted(groups.items()):
            rows.append(Row(group, metric, system, counts[True] / counts.total(), counts.total()))
    untold = sum(not one.told for one in outcomes)
    rows.append(Row("all", "could not be told", system, untold / max(1, len(outcomes)), len(outcomes)))
    return rows


def _groups(case: Case) -> Iterator[str]:
    kind = case.kind.removeprefix("fresh ")
    if case.set == "shop across" or kind == "translation":
        yield "across languages"
        yield f"across languages: {kind}, {case.language}"
        return
    if kind == "condition":
        yield "dropped condition"
        return
    yield "all"
    yield f"language {case.language}"
    if not case.true:
        yield f"{FIVE[kind]}"
        yield f"{FIVE[kind]}, {case.language}"
        yield "about words of one's own" if case.set != "shop" else "about the passage's own words"
        return
    yield kind
    yield f"{kind}, {case.language}"
    if case.kind.startswith("fresh"):
        yield "paraphrase, never tuned on"


def _bare(text: str) -> str:
    return "".join(c for c in text if c.isalnum())[:_COMPARED]


async def run(liar: Liar, ask: Ask, pack: Path, *, seed: int = 7, way: Way = USUAL) -> list[Row]:
    """Tell a seeded choice of the shop's cases and return the figures. `liar` is the product's model."""
    return figures(await tell(liar, ask, choose(list(shop_cases(pack, seed=seed, way=way)), seed=seed)))
