"""The command line as operators and developers use it, on a real installation."""

import asyncio
import json
import re
from pathlib import Path

import pytest
from tests.kit.play import FAQ
from typer.testing import CliRunner, Result

from zhiyin.app.assemble import assemble
from zhiyin.app.main import AppDoors
from zhiyin.app.settings import read_settings
from zhiyin.conversation.facts import CustomerSaid
from zhiyin.conversation.ids import AccountId
from zhiyin.front.cli.commands import build_cli

POLICY = "# 退货政策\n\n## 茶叶\n\n未拆封的茶叶签收后10天内可以退货，拆封后不退。\n"


class Terminal:
    """Runs commands as a shell would."""

    def __init__(self) -> None:
        self._cli = build_cli(AppDoors())
        self._runner = CliRunner()

    def __call__(self, *words: str, fails: bool = False) -> str:
        result: Result = self._runner.invoke(self._cli, list(words))
        assert (result.exit_code != 0) is fails, result.output
        return result.output


@pytest.fixture
def zhiyin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("ZHIYIN_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("COLUMNS", "200")
    return Terminal()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "knowledge"
    folder.mkdir()
    (folder / "faq.csv").write_text(FAQ, "utf-8")
    (folder / "returns.md").write_text(POLICY, "utf-8")
    return folder


def test_ingesting_again_takes_only_what_changed(zhiyin: Terminal, folder: Path) -> None:
    assert "2 added" in zhiyin("ingest", str(folder), "-a", "acme")
    assert "0 added, 0 changed, 2 unchanged" in zhiyin("ingest", str(folder), "-a", "acme")
    (folder / "faq.csv").write_text(FAQ.replace("12个月", "18个月"), "utf-8")
    again = zhiyin("ingest", str(folder), "-a", "acme")
    assert "faq.csv: changed, 8 passages, 1 new vectors" in again
    assert "1 unchanged" in again


def test_a_bad_file_is_named_and_the_rest_are_taken(zhiyin: Terminal, folder: Path) -> None:
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 nothing else")
    said = zhiyin("ingest", str(folder), "-a", "acme", fails=True)
    assert "broken.pdf" in said
    assert "2 added" in said
    assert "1 refused" in said
    assert "Traceback" not in said


def test_search_finds_and_says_why(zhiyin: Terminal, folder: Path) -> None:
    zhiyin("ingest", str(folder), "-a", "acme")
    found = zhiyin("search", "积分什么时候过期", "-a", "acme", "--why")
    assert "12个月" in found.splitlines()[2]
    assert "returned at rank 1" in found
    assert "matched" in found
    (other,) = re.findall(r"怎么开发票.*?", zhiyin("search", "怎么开发票", "-a", "acme"))[:1] or [""]
    assert other
    passage = re.findall(r"\b[0-9a-f-]{36}\b", zhiyin("search", "怎么开发票", "-a", "acme"))[0]
    why = zhiyin("search", "积分什么时候过期", "-a", "acme", "--limit", "1", "--passage", passage)
    assert f"why {passage}: not returned" in why or f"why {passage}: returned at rank" in why


def test_a_metadata_filter_keeps_what_equals_it(zhiyin: Terminal, folder: Path) -> None:
    zhiyin("ingest", str(folder), "-a", "acme")
    kept = zhiyin("search", "多久", "-a", "acme", "--where", "category=warranty")
    assert "QH-K210" in kept
    assert "积分" not in kept
    zhiyin("search", "多久", "-a", "acme", "--where", "nonsense", fails=True)


def test_words_work_without_a_new_ingest(zhiyin: Terminal, folder: Path, tmp_path: Path) -> None:
    zhiyin("ingest", str(folder), "-a", "acme")
    synonyms = tmp_path / "synonyms.tsv"
    synonyms.write_text("发票\t水单|收据\n", "utf-8")
    assert "1 terms" in zhiyin("lexicon", "-a", "acme", "--synonyms", str(synonyms))
    assert "发票" in zhiyin("search", "水单", "-a", "acme").splitlines()[1]


def test_what_is_forgotten_is_gone(zhiyin: Terminal, folder: Path) -> None:
    zhiyin("ingest", str(folder), "-a", "acme")
    document = next(line.split()[0] for line in zhiyin("documents", "-a", "acme").splitlines() if "returns.md" in line)
    assert "10天" in zhiyin("search", "未拆封的茶叶能退吗", "-a", "acme")
    zhiyin("forget", document, "-a", "acme")
    assert "10天" not in zhiyin("search", "未拆封的茶叶能退吗", "-a", "acme")
    assert "no document" in zhiyin("forget", document, "-a", "acme", fails=True)


def test_chat_answers_with_sources(zhiyin: Terminal, folder: Path) -> None:
    zhiyin("ingest", str(folder), "-a", "acme")
    assert "inbox new" in zhiyin("chat", "积分会过期吗", "-a", "acme", fails=True)
    assert 'data-website-token="' in zhiyin("inbox", "new", "网站", "-a", "acme")
    said = zhiyin("chat", "积分会过期吗", "-a", "acme")
    assert "12个月" in said
    assert "[1]" in said


def test_keys_are_shown_once_and_can_be_revoked(zhiyin: Terminal) -> None:
    clear = zhiyin("token", "new", "ci", "-a", "acme", "--role", "admin").strip()
    listed = zhiyin("token", "list", "-a", "acme")
    assert clear not in listed
    assert "admin" in listed
    zhiyin("token", "revoke", listed.split()[0], "-a", "acme")
    assert "ci" not in zhiyin("token", "list", "-a", "acme")


def test_a_forgotten_customer_leaves_no_words(zhiyin: Terminal, folder: Path) -> None:
    zhiyin("ingest", str(folder), "-a", "acme")
    zhiyin("inbox", "new", "网站", "-a", "acme")
    zhiyin("chat", "我叫王小明，积分会过期吗", "-a", "acme")

    async def look() -> tuple[str, list[str]]:
        async with assemble(read_settings()) as product:
            (talk,) = await product.road.conversations(AccountId("acme"))
            events = await product.road.read(AccountId("acme"), talk.id)
            return str(talk.contact), [e.fact.text for e in events if isinstance(e.fact, CustomerSaid)]

    contact, words = asyncio.run(look())
    assert words == ["我叫王小明，积分会过期吗"]
    assert "1 conversations" in zhiyin("erase", contact, "-a", "acme")
    assert "王小明" not in asyncio.run(look())[1][0]


def test_settings_and_doctor_tell_what_runs_here(zhiyin: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIYIN_MODEL_KEY", "sk-very-secret")
    shown = zhiyin("settings")
    assert "ZHIYIN_MODEL_KEY" in shown
    assert "sk-very-secret" not in shown
    about = zhiyin("doctor")
    assert "sqlite" in about
    assert "512 dimensions" in about


def test_an_exam_without_its_data_says_where_it_looked(zhiyin: Terminal, tmp_path: Path) -> None:
    said = zhiyin("eval", "--only", "retrieval", "--data", str(tmp_path / "nowhere"), fails=True)
    assert "nowhere" in said


def test_an_exam_prints_json_for_machines(zhiyin: Terminal) -> None:
    rows = json.loads(zhiyin("eval", "--only", "answers", "--json"))
    assert {"set", "metric", "system", "value", "n"} == set(rows[0])
    right = [row for row in rows if row["set"] == "demo class identifier" and row["metric"] == "answer correct"]
    assert [row["n"] for row in right] == [30, 30]
    assert all(row["value"] >= 0.9 for row in right)
