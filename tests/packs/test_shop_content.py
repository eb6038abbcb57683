"""The demo company's knowledge and exam are complete and free of contradictions."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

PACK = Path(__file__).resolve().parents[2] / "packs" / "zhiyin_shop"
LANGS = ("zh", "en")
STEMS = {
    "returns", "exchanges", "shipping", "international-shipping", "warranty", "repair-service",
    "membership", "invoices", "privacy", "payment-security", "promotions-and-coupons", "gift-cards",
}  # fmt: skip
COUNTS = {
    "paraphrase": 80, "identifier": 30, "typo": 25, "synonym": 25,
    "policy": 30, "unanswerable": 50, "crosslingual": 10,
}  # fmt: skip
ICONS = {"phone", "earbuds", "kettle", "ricecooker", "shirt", "shoes", "tea", "charger"}
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December",
)  # fmt: skip


def _faq(lang: str) -> list[dict[str, str]]:
    with (PACK / "articles" / f"faq.{lang}.csv").open(encoding="utf-8", newline="") as handle:
        reader = csv.DictReader(handle)
        rows = list(reader)
        assert reader.fieldnames == [
            "id", "category", "question", "similar_questions", "answer", "updated",
        ]  # fmt: skip
    return rows


def _policy(lang: str, stem: str) -> str:
    return (PACK / "articles" / f"policies.{lang}" / f"{stem}.md").read_text(encoding="utf-8")


def _sections(lang: str, stem: str) -> list[tuple[str, str, str]]:
    """(marks, heading, heading and body) of every ## and ### section, in order."""
    parts = re.split(r"^(##+) (.+)$", _policy(lang, stem), flags=re.MULTILINE)
    return [(parts[at], parts[at + 1].strip(), parts[at + 1] + "\n" + parts[at + 2]) for at in range(1, len(parts), 3)]


def _exam() -> list[dict[str, Any]]:
    lines = (PACK / "exam" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def _sources(lang: str) -> dict[str, str]:
    found = {f"faq:{row['id']}": row["answer"] for row in _faq(lang)}
    for stem in STEMS:
        for _, heading, text in _sections(lang, stem):
            found[f"policy:{stem}#{heading}"] = text
    return found


def _numbers(text: str) -> Counter[str]:
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text)
    text = re.sub(r"(\d\d)折", lambda m: f" {100 - int(m[1])} ", text)
    text = re.sub(r"(\d)折", lambda m: f" {100 - 10 * int(m[1])} ", text)
    text = re.sub(r"([一二三])区", lambda m: f" {'一二三'.index(m[1]) + 1} ", text)
    text = re.sub("|".join(MONTHS), lambda m: str(MONTHS.index(m[0]) + 1), text)
    return Counter(re.findall(r"\d+(?:\.\d+)?", text))


def test_faq_has_the_same_rows_in_both_languages() -> None:
    zh, en = _faq("zh"), _faq("en")
    assert len(zh) >= 140
    ids = [row["id"] for row in zh]
    assert len(set(ids)) == len(ids)
    assert ids == [row["id"] for row in en]
    assert [row["updated"] for row in zh] == [row["updated"] for row in en]
    categories = Counter(row["category"] for row in zh)
    assert len(categories) >= 15
    assert min(categories.values()) >= 8
    pairs = {(a["category"], b["category"]) for a, b in zip(zh, en, strict=True)}
    assert len(pairs) == len(categories)


@pytest.mark.parametrize("lang", LANGS)
def test_faq_rows_are_filled(lang: str) -> None:
    rows = _faq(lang)
    questions = [row["question"] for row in rows]
    assert len(set(questions)) == len(questions)
    asked: list[str] = []
    for row in rows:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", row["id"])
        assert re.fullmatch(r"2026-\d\d-\d\d", row["updated"])
        assert all(row[key] for key in ("question", "answer", "category"))
        similar = [part for part in row["similar_questions"].split(" | ") if part]
        assert 8 <= len(similar) <= 12, row["id"]
        asked += [row["question"], *similar]
        sentences = re.findall(r"[。！？]" if lang == "zh" else r"[.!?](?:\s|$)", row["answer"])
        assert 1 <= len(sentences) <= 4, row["id"]
    assert len(set(asked)) == len(asked), "the same words ask for two different answers"


def test_faq_numbers_agree_between_languages() -> None:
    for zh, en in zip(_faq("zh"), _faq("en"), strict=True):
        assert _numbers(zh["answer"]) == _numbers(en["answer"]), zh["id"]


@pytest.mark.parametrize("lang", LANGS)
def test_every_policy_exists_and_has_a_fair_length(lang: str) -> None:
    files = {path.stem for path in (PACK / "articles" / f"policies.{lang}").glob("*.md")}
    assert files == STEMS
    tables = 0
    for stem in STEMS:
        text = _policy(lang, stem)
        assert text.startswith("# ")
        size = len(text) if lang == "zh" else len(text.split())
        assert 480 <= size <= 1500, (stem, size)
        headings = [heading for _, heading, _ in _sections(lang, stem)]
        assert len(headings) >= 6
        assert len(set(headings)) == len(headings), stem
        tables += "|---|" in text
    assert tables >= 10


@pytest.mark.parametrize("stem", sorted(STEMS))
def test_policy_sections_agree_between_languages(stem: str) -> None:
    zh, en = _sections("zh", stem), _sections("en", stem)
    assert [marks for marks, _, _ in zh] == [marks for marks, _, _ in en]
    for (_, heading, a), (_, _, b) in zip(zh, en, strict=True):
        assert _numbers(a) == _numbers(b), (stem, heading)


def test_exam_counts_and_splits() -> None:
    exam = _exam()
    assert len({item["id"] for item in exam}) == len(exam) == 2 * sum(COUNTS.values())
    assert len({item["question"] for item in exam}) == len(exam)
    for lang in LANGS:
        for kind, count in COUNTS.items():
            own = [item for item in exam if item["lang"] == lang and item["class"] == kind]
            assert len(own) == count, (lang, kind)
            dev = sum(item["split"] == "dev" for item in own)
            assert abs(2 * dev - count) <= 1
            assert all(item["split"] in ("dev", "test") for item in own)


def test_exam_expects_passages_that_hold_the_facts() -> None:
    sources = {lang: _sources(lang) for lang in LANGS}
    for item in _exam():
        assert set(item) == {"id", "lang", "class", "split", "question", "expect", "facts"}
        if item["class"] == "unanswerable":
            assert item["expect"] == []
            assert item["facts"] == []
            continue
        assert item["expect"], item["id"]
        assert 1 <= len(item["facts"]) <= 3, item["id"]
        assert len(set(item["expect"])) == len(item["expect"])
        crossing = item["class"] == "crosslingual"
        for lang in LANGS if crossing else (item["lang"],):
            texts = [sources[lang][name] for name in item["expect"] if name in sources[lang]]
            assert texts, item["id"]
            assert any(all(f in text for f in item["facts"]) for text in texts), item["id"]
        known = {**sources["zh"], **sources["en"]} if crossing else sources[item["lang"]]
        for name in item["expect"]:
            assert name in known, (item["id"], name)
        if item["class"] == "policy":
            assert all(name.startswith("policy:") for name in item["expect"]), item["id"]


def test_synonyms_and_dictionary() -> None:
    terms = []
    for line in (PACK / "synonyms.tsv").read_text(encoding="utf-8").splitlines():
        term, synonyms = line.split("\t")
        terms.append(term)
        words = synonyms.split("|")
        assert all(word and word.strip() == word for word in words), line
        assert term not in words
    assert len(set(terms)) == len(terms) >= 80
    words = (PACK / "dictionary.txt").read_text(encoding="utf-8").splitlines()
    assert len(set(words)) == len(words) >= 80
    assert all(word == word.strip() and word for word in words)


def test_greetings_are_questions_of_the_base() -> None:
    found: dict[str, list[str]] = {}
    lang = ""
    for line in (PACK / "greetings.yaml").read_text(encoding="utf-8").splitlines():
        if line.startswith("  - "):
            found[lang].append(line[4:])
        elif line:
            lang = line.rstrip(":")
            found[lang] = []
    assert set(found) == set(LANGS)
    for lang in LANGS:
        assert len(found[lang]) == 5
        assert set(found[lang]) <= {row["question"] for row in _faq(lang)}


def test_catalog_agrees_with_the_base() -> None:
    catalog = json.loads((PACK / "page" / "catalog.json").read_text(encoding="utf-8"))
    assert len({item["code"] for item in catalog}) == len(catalog) == 12
    answers = {lang: [row["answer"] for row in _faq(lang)] for lang in LANGS}
    for item in catalog:
        assert set(item) == {"code", "name", "price_cents", "currency", "tag", "blurb", "icon"}
        assert item["currency"] == "CNY"
        assert item["icon"] in ICONS
        price = f"¥{item['price_cents'] // 100:,}"
        for lang in LANGS:
            assert all(item[key][lang] for key in ("name", "tag", "blurb"))
            assert any(item["code"] in text and price in text for text in answers[lang])
