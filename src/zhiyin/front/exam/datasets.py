"""Reads the third-party data sets that exams are made of. The folder is given; nothing of it is copied."""

import gzip
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from zhiyin.conversation.facts import Language
from zhiyin.errors import NotFound
from zhiyin.language.sentences import sentences

_STAGE_DIRECTION = re.compile(
    r"you are (playing|currently|now on)|never respond|customer service rep|dump all|you have access|end the conversation"
    r"|your character|upfront|begin|exchanges|transfer|do not (bring|reveal)|only (do|say)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Text:
    """A passage of a base."""

    id: str
    text: str
    language: Language
    title: tuple[str, ...] = ()
    question: str | None = None
    group: str = ""  # article, entity: what a fair split must not cut


@dataclass(frozen=True, slots=True)
class Ask:
    """A question with the texts that answer it. With `answers` empty and `texts` empty nothing does.

    `turns` are what a customer says one after another where the set is of conversations; `text` joins them.
    """

    id: str
    text: str
    language: Language
    texts: tuple[str, ...]
    answers: tuple[str, ...] = ()
    group: str = ""
    turns: tuple[str, ...] = ()
    among: frozenset[str] | None = None  # the texts that are in question, where the set says so
    scoped: bool = False  # whether only texts of its group, or of its several groups, are to be searched


@dataclass(frozen=True, slots=True)
class Base:
    """A set: texts and questions over them."""

    name: str
    texts: tuple[Text, ...]
    asks: tuple[Ask, ...]
    facts: Mapping[str, str] = field(default_factory=dict)


def rows(folder: Path, name: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of a JSON-lines file, packed or not.

    Raises:
        NotFound: the data are not there; the message says where they were looked for.
    """
    path = folder / name
    if not path.is_file():
        raise NotFound(f"no third-party data at {path}: name the folder that holds {name.split('/')[0]}/ with --data")
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


def cmrc2018(folder: Path) -> Base:
    """Chinese questions on Chinese articles."""
    return _reading("cmrc2018", rows(folder, "cmrc2018/trial.jsonl.gz"), "zh")


def drcd(folder: Path) -> Base:
    """Questions in traditional Chinese."""
    return _reading("drcd", rows(folder, "drcd/dev.jsonl.gz"), "zh")


def squad2(folder: Path) -> Base:
    """English questions, half of which their passage does not answer: those name no text."""
    return _reading("squad2", rows(folder, "squad2/dev_a.jsonl.gz"), "en")


def xquad(folder: Path, *, asked: Language, written: Language) -> Base:
    """The same questions and passages in both languages: any pair of them."""
    texts: dict[str, Text] = {}
    asks = []
    for row in rows(folder, "xquad_zh_en/xquad_a.jsonl.gz"):
        text = row[f"context_{written}"]
        texts.setdefault(text, Text(f"x{len(texts)}", text, written, group=row["title"]))
        answers = (row[f"answer_{written}"],)
        ask = Ask(row["id"], row[f"question_{asked}"].strip(), asked, (texts[text].id,), answers, row["title"])
        asks.append(ask)
    return Base(f"xquad {asked}→{written}", tuple(texts.values()), tuple(asks))


def xquad_mixed(folder: Path, *, asked: Language) -> Base:
    """A bilingual base in which every other article is in one language only, asked in one."""
    zh, en = xquad(folder, asked=asked, written="zh"), xquad(folder, asked=asked, written="en")
    groups = sorted({text.group for text in zh.texts})
    chinese = set(groups[::2])
    texts = [*(t for t in zh.texts if t.group in chinese), *(t for t in en.texts if t.group not in chinese)]
    asks = [*(a for a in zh.asks if a.group in chinese), *(a for a in en.asks if a.group not in chinese)]
    return Base(f"xquad {asked}→mixed", tuple(texts), tuple(asks))


def xquad_twins(folder: Path, *, asked: Language) -> Base:
    """A bilingual base that has every text in both languages; only that in the asker's language is right."""
    own = xquad(folder, asked=asked, written=asked)
    other = xquad(folder, asked=asked, written="en" if asked == "zh" else "zh")
    renamed = tuple(Text(f"o{t.id}", t.text, t.language, group=t.group) for t in other.texts)
    return Base(f"xquad {asked}→twins", (*own.texts, *renamed), own.asks)


def rgb(folder: Path, language: Language) -> Base:
    """Questions on news, with the texts that support an answer and those that do not, all in one base."""
    names = {"zh": ("zh_refine.jsonl.gz", "zh_fact.jsonl"), "en": ("en_fact.jsonl",)}[language]
    texts: dict[str, Text] = {}
    asks = []
    for name in names:
        for row in rows(folder, f"rgb/{name}"):
            group = f"{name}:{row['id']}"
            ids: dict[str, list[str]] = {"positive": [], "negative": []}
            for side, found in ids.items():
                for text in row[side]:
                    texts.setdefault(text, Text(f"r{len(texts)}", text, language, group=group))
                    found.append(texts[text].id)
            answers = tuple(_flat(row["answer"]))
            among = frozenset(ids["positive"] + ids["negative"])
            asks.append(Ask(group, row["query"], language, tuple(ids["positive"]), answers, group, (), among))
    return Base(f"rgb {language}", tuple(texts.values()), tuple(asks))


def dstc11_faq(folder: Path) -> Base:
    """Questions in a conversation about one hotel or restaurant, to be answered from its FAQ or its reviews."""
    path = folder / "dstc11_faq" / "knowledge.json.gz"
    if not path.is_file():
        raise NotFound(f"no third-party data at {path}: name the folder that holds dstc11_faq/ with --data")
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        knowledge = json.load(stream)
    texts = []
    of_entity: dict[tuple[str, str], list[str]] = {}
    for domain, entities in knowledge.items():
        for entity, about in entities.items():
            found = of_entity.setdefault((domain, str(entity)), [])
            for text in _dstc_texts(domain, str(entity), about):
                texts.append(text)
                found.append(text.id)
    asks = []
    for row in rows(folder, "dstc11_faq/val_a.jsonl.gz"):
        if not row["target"]:
            continue
        gold = tuple(dict.fromkeys(_dstc_id(k) for k in row["knowledge"]))
        entities = {(k["domain"], str(k["entity_id"])) for k in row["knowledge"]}
        among = frozenset(id for entity in entities for id in of_entity[entity])
        group = " ".join(sorted(":".join(entity) for entity in entities))
        turns = tuple(line["text"] for line in row["log"] if line["speaker"] == "U")
        asks.append(Ask(str(row["id"]), turns[-1], "en", gold, (), group, turns, among, scoped=True))
    return Base("dstc11_faq", tuple(texts), tuple(asks))


def banking_knowledge(folder: Path) -> Base:
    """A bank's handbook, and what 46 customers come with; right are the documents that their service needs."""
    texts = tuple(
        Text(row["id"], row["content"], "en", (row["title"],))
        for row in rows(folder, "tau2/banking_knowledge/documents.jsonl.gz")
    )
    asks = []
    for row in rows(folder, "tau2/banking_knowledge/tasks_dev.jsonl.gz"):
        story = row["user_scenario"]["instructions"]
        asks.append(Ask(row["id"], story, "en", tuple(row["required_documents"]), (), "", _turns(story)))
    return Base("tau2 banking_knowledge", texts, tuple(asks))


def _turns(story: str) -> tuple[str, ...]:
    """Cut a scenario into what the customer may say one thing after another.

    A scenario is written for whoever plays the customer. Each sentence is taken for one turn, but for those that tell
    the player how to behave: a customer never says them.
    """
    lines = (line.strip(" -*\t") for line in story.splitlines())
    told = [sentence for line in lines for sentence in sentences(line) if len(sentence) > 20]
    return tuple(sentence for sentence in told if not _STAGE_DIRECTION.search(sentence)) or tuple(told)


def _reading(name: str, found: Iterator[dict[str, Any]], language: Language) -> Base:
    texts: dict[str, Text] = {}
    asks = []
    for row in found:
        text = row["context"]
        texts.setdefault(text, Text(f"{name}{len(texts)}", text, language, group=row["title"]))
        there = () if row.get("is_impossible") else (texts[text].id,)
        among = frozenset((texts[text].id,))
        asks.append(
            Ask(row["id"], row["question"].strip(), language, there, tuple(row["answers"]), row["title"], (), among)
        )
    return Base(name, tuple(texts.values()), tuple(asks))


def _flat(answer: Any) -> Iterator[str]:
    if isinstance(answer, str):
        yield answer
    else:
        for part in answer:
            yield from _flat(part)


def _dstc_id(place: Mapping[str, Any]) -> str:
    return ":".join(str(place[key]) for key in ("domain", "entity_id", "doc_type", "doc_id", "sent_id") if key in place)


def _dstc_texts(domain: str, entity: str, about: Mapping[str, Any]) -> Iterator[Text]:
    name = about.get("name") or domain
    for number, pair in (about.get("faqs") or {}).items():
        yield Text(
            f"{domain}:{entity}:faq:{number}", pair["answer"], "en", (name,), pair["question"], f"{domain}:{entity}"
        )
    for number, review in (about.get("reviews") or {}).items():
        for place, sentence in review["sentences"].items():
            yield Text(
                f"{domain}:{entity}:review:{number}:{place}", sentence, "en", (name,), None, f"{domain}:{entity}"
            )
