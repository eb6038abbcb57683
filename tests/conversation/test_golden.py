"""Bodies that were once written are read for ever: `golden/<Kind>.v<version>.json` are never changed, only added to."""

from pathlib import Path
from typing import get_args

import pytest
from tests.kit.facts import EXAMPLES

from zhiyin.conversation.facts import Fact
from zhiyin.conversation.wire import decode, encode
from zhiyin.errors import CorruptLog

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.json"))


def parts(path: Path) -> tuple[str, int]:
    """Return the kind and the version that a golden file is of."""
    kind, _, version = path.stem.partition(".v")
    return kind, int(version)


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_old_bodies_read_as_todays_facts(path: Path) -> None:
    (example,) = [fact for fact in EXAMPLES if type(fact).__name__ == parts(path)[0]]
    assert decode(*parts(path), path.read_bytes()) == example


def test_every_version_of_every_kind_has_a_golden_body() -> None:
    have = {parts(path) for path in GOLDEN}
    for fact in EXAMPLES:
        kind, newest, _ = encode(fact)
        assert {(kind, version) for version in range(1, newest + 1)} <= have
    assert {kind for kind, _ in have} == {kind.__name__ for kind in get_args(Fact)}


@pytest.mark.parametrize(("kind", "version"), [("CustomerSaid", 99), ("Invented", 1)])
def test_what_a_newer_zhiyin_wrote_is_not_guessed_at(kind: str, version: int) -> None:
    with pytest.raises(CorruptLog, match="newer"):
        decode(kind, version, b'{"message":"m1","text":"x"}')


@pytest.mark.parametrize("body", [b"", b"{}", b'{"message":"m1"}', b'{"message":1,"text":[]}', b"\xff"])
def test_a_spoilt_body_is_named(body: bytes) -> None:
    with pytest.raises(CorruptLog, match="CustomerSaid"):
        decode("CustomerSaid", 1, body)
