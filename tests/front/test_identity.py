"""Who is at the door: proofs, rotation, sessions, and becoming known."""

import hashlib
import hmac
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from zhiyin.conversation.ids import AccountId, ContactId, InboxId
from zhiyin.data.records import Inbox
from zhiyin.errors import BadPack, Unauthorized
from zhiyin.front.channels.identity import Sessions, former_of, prove_by_hash, prove_by_token

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
OLD, NEW = "o" * 40, "n" * 40
INBOX = Inbox(InboxId("i1"), AccountId("acme"), "site", "web-acme", secrets=(NEW, OLD))
SESSIONS = Sessions(b"k" * 32, anonymous_s=1000, signed_s=100)
WEEK = 7 * 86_400.0


def claims(**changed: Any) -> dict[str, Any]:
    at = int(NOW.timestamp())
    whole = {"sub": "u-1", "iat": at, "exp": at + 600, "aud": "web-acme"} | changed
    return {name: value for name, value in whole.items() if value is not None}


def signed(secret: Any = NEW, *, algorithm: str = "HS256", **changed: Any) -> str:
    return jwt.encode(claims(**changed), secret, algorithm=algorithm)


def test_a_signed_user_is_known_with_name_and_attributes() -> None:
    token = signed(name="王芳\n", attrs={"level": "gold", "orders": 7, "nested": {"x": 1}})
    proven = prove_by_token(token, INBOX, now=NOW, longest_s=WEEK)
    assert (proven.external, proven.name) == ("u-1", "王芳")
    assert proven.attributes == {"level": "gold", "orders": "7"}


def test_both_secrets_are_accepted_while_rotating_and_the_old_one_not_after() -> None:
    assert prove_by_token(signed(OLD), INBOX, now=NOW, longest_s=WEEK).external == "u-1"
    with pytest.raises(Unauthorized):
        prove_by_token(signed(OLD), replace(INBOX, secrets=(NEW,)), now=NOW, longest_s=WEEK)


def test_tenant_may_stand_for_aud() -> None:
    assert prove_by_token(signed(aud=None, tenant="web-acme"), INBOX, now=NOW, longest_s=WEEK).external == "u-1"


@pytest.mark.parametrize(
    "changed",
    [
        {"sub": None},
        {"iat": None},
        {"exp": None},
        {"aud": None},
        {"aud": "web-rival"},
        {"sub": ""},
        {"sub": "a\nb"},
        {"sub": "x" * 201},
        {"exp": int(NOW.timestamp()) - 61},
        {"iat": int(NOW.timestamp()) + 61, "exp": int(NOW.timestamp()) + 600},
        {"nbf": int(NOW.timestamp()) + 61},
        {"exp": int(NOW.timestamp()) + int(WEEK) + 1},
        {"exp": "never"},
        {"exp": True},
    ],
)
def test_a_wrong_claim_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(Unauthorized):
        prove_by_token(signed(**changed), INBOX, now=NOW, longest_s=WEEK)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "." * 10_000, jwt.encode(claims(), "", algorithm="none")])
def test_what_is_no_signed_token_is_refused(token: str) -> None:
    with pytest.raises(Unauthorized):
        prove_by_token(token, INBOX, now=NOW, longest_s=WEEK)


def test_another_algorithm_than_the_pinned_one_is_refused() -> None:
    long = "n" * 64
    with pytest.raises(Unauthorized):
        prove_by_token(signed(long, algorithm="HS512"), replace(INBOX, secrets=(long,)), now=NOW, longest_s=WEEK)


def test_an_inbox_without_secrets_knows_nobody() -> None:
    for secrets in ((), ("",)):
        with pytest.raises(Unauthorized):
            prove_by_token(_hs256_by_hand(claims(), ""), replace(INBOX, secrets=secrets), now=NOW, longest_s=WEEK)
        with pytest.raises(Unauthorized):
            prove_by_hash("u-1", hmac.new(b"", b"u-1", hashlib.sha256).hexdigest(), replace(INBOX, secrets=secrets))


def test_a_public_key_checks_eddsa_and_is_never_a_shared_secret() -> None:
    key = Ed25519PrivateKey.generate()
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    inbox = replace(INBOX, secrets=(pem, OLD))
    assert prove_by_token(signed(key, algorithm="EdDSA"), inbox, now=NOW, longest_s=WEEK).external == "u-1"
    assert prove_by_token(signed(OLD), inbox, now=NOW, longest_s=WEEK).external == "u-1"
    confused = _hs256_by_hand(claims(), pem)
    with pytest.raises(Unauthorized):
        prove_by_token(confused, inbox, now=NOW, longest_s=WEEK)
    with pytest.raises(Unauthorized):
        prove_by_hash("u-1", hmac.new(pem.encode(), b"u-1", hashlib.sha256).hexdigest(), inbox)


def test_the_keyed_hash_is_accepted_under_each_active_secret_only() -> None:
    for secret in (NEW, OLD):
        given = hmac.new(secret.encode(), "用户1".encode(), hashlib.sha256).hexdigest()
        assert prove_by_hash("用户1", given.upper(), INBOX, name="王").external == "用户1"
    for wrong in ("", "0" * 64, hmac.new(b"x", "用户1".encode(), hashlib.sha256).hexdigest(), "é"):
        with pytest.raises(Unauthorized):
            prove_by_hash("用户1", wrong, INBOX)


def test_a_session_says_who_and_ends_and_fits_one_inbox() -> None:
    anonymous = SESSIONS.issue(INBOX, ContactId("c1"), authenticated=False, now=NOW)
    visitor = SESSIONS.read(anonymous, INBOX, now=NOW + timedelta(seconds=999))
    assert (visitor.contact, visitor.authenticated, visitor.former) == ("c1", False, None)
    with pytest.raises(Unauthorized):
        SESSIONS.read(anonymous, INBOX, now=NOW + timedelta(seconds=1000))
    signed_one = SESSIONS.issue(INBOX, ContactId("c2"), authenticated=True, now=NOW, former=ContactId("c1"))
    assert SESSIONS.read(signed_one, INBOX, now=NOW).former == "c1"
    with pytest.raises(Unauthorized):
        SESSIONS.read(signed_one, INBOX, now=NOW + timedelta(seconds=100))
    for other in (replace(INBOX, id=InboxId("i2")), replace(INBOX, account=AccountId("rival"))):
        with pytest.raises(Unauthorized):
            SESSIONS.read(anonymous, other, now=NOW)


def test_nothing_but_our_key_makes_a_session() -> None:
    forged = Sessions(b"x" * 32, anonymous_s=1000, signed_s=100).issue(
        INBOX, ContactId("c"), authenticated=True, now=NOW
    )
    identity = signed(NEW, aud="zhiyin-visitor", acc="acme", inb="i1", auth=True)
    for token in (forged, identity, "", "x"):
        with pytest.raises(Unauthorized):
            SESSIONS.read(token, INBOX, now=NOW)


def test_a_short_key_signs_nothing() -> None:
    with pytest.raises(BadPack, match="32"):
        Sessions(b"short", anonymous_s=1, signed_s=1)


def test_only_an_anonymous_past_comes_along() -> None:
    def visitor(contact: str, *, authenticated: bool, former: str | None = None) -> Any:
        was = ContactId(former) if former else None
        token = SESSIONS.issue(INBOX, ContactId(contact), authenticated=authenticated, now=NOW, former=was)
        return SESSIONS.read(token, INBOX, now=NOW)

    known = ContactId("wang")
    assert former_of(None, known) is None
    assert former_of(visitor("anon", authenticated=False), known) == "anon"
    assert former_of(visitor("wang", authenticated=True, former="anon"), known) == "anon"
    assert former_of(visitor("li", authenticated=True, former="anon"), known) is None


def _hs256_by_hand(body: dict[str, Any], key: str) -> str:
    """Sign with HMAC over a public key, as an attacker would: PyJWT refuses to."""
    unsigned = jwt.encode(body, "x" * 40, algorithm="HS256").rsplit(".", 1)[0]
    mac = hmac.new(key.encode(), unsigned.encode(), hashlib.sha256).digest()
    return f"{unsigned}.{jwt.utils.base64url_encode(mac).decode()}"
