"""Who is at the door: signed identities of an inbox's website, and our own sessions for visitors.

A website proves who its user is by a JSON Web Token signed with one of the inbox's active secrets, or by the
older keyed hash of the user's id. Anybody else is anonymous. Either way the visitor gets a session, which names
one contact of one inbox. An identified session may name a second, `former`: the anonymous contact that the same
browser was before. Its open conversation goes on; new ones belong to the identified contact.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import jwt

from zhiyin.conversation.ids import AccountId, ContactId, InboxId
from zhiyin.data.records import Inbox
from zhiyin.errors import BadPack, Unauthorized

_SKEW_S = 60
"""How far two honest clocks may differ."""

_LONGEST_TOKEN = 8192
_SESSION_AUDIENCE = "zhiyin-visitor"


@dataclass(frozen=True, slots=True)
class Identity:
    """A user whom the website vouches for."""

    external: str
    name: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is speaking, as a session says. `former` is the anonymous contact of the same browser."""

    account: AccountId
    inbox: InboxId
    contact: ContactId
    authenticated: bool
    issued: datetime
    expires: datetime
    former: ContactId | None = None

    def is_one_of(self, contact: ContactId | None) -> bool:
        """Say whether what belongs to `contact` belongs to this visitor."""
        return contact is not None and contact in (self.contact, self.former)


def prove_by_token(token: str, inbox: Inbox, *, now: datetime, longest_s: float) -> Identity:
    """Read a signed identity. A secret in PEM form is a public key and checks EdDSA; any other checks HS256.

    Required claims: `sub`, `iat`, `exp`, and `aud` or `tenant` equal to the inbox's website token.

    Raises:
        Unauthorized: the signature, a claim or the time is wrong.
    """
    claims = _signed_claims(token, inbox)
    _check_time(claims, now=now, longest_s=longest_s)
    audience = claims.get("aud", claims.get("tenant"))
    if inbox.website_token not in (audience if isinstance(audience, list) else [audience]):
        raise Unauthorized("the identity token is for another inbox; set aud to this inbox's website token")
    attributes = claims.get("attrs", claims.get("attributes"))
    return Identity(
        external=_user_id(claims["sub"]),
        name=_line(claims.get("name"), 200),
        attributes={
            _line(key, 64): _line(value, 500) for key, value in list(attributes.items())[:32] if _is_plain(value)
        }
        if isinstance(attributes, dict)
        else {},
    )


def prove_by_hash(identifier: str, identifier_hash: str, inbox: Inbox, *, name: str = "") -> Identity:
    """Check the HMAC-SHA256 of a user's id, in hex, under each active secret in constant time.

    Raises:
        Unauthorized: no active secret gives that hash.
    """
    given = identifier_hash.strip().lower().encode("utf-8", "replace")
    matched = False
    for secret in _shared_secrets(inbox):
        right = hmac.new(secret.encode(), identifier.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
        matched |= hmac.compare_digest(right.encode(), given)
    if not matched:
        raise Unauthorized("identifier_hash is not the HMAC-SHA256 of the identifier under an active secret")
    return Identity(external=_user_id(identifier), name=_line(name, 200))


class Sessions:
    """Signs and reads visitors' sessions. Raises BadPack for a key that could be guessed."""

    def __init__(self, key: bytes, *, anonymous_s: float, signed_s: float) -> None:
        if len(key) < 32:
            raise BadPack(f"the key that signs sessions has {len(key)} bytes; set a secret key of 32 or more")
        self._key = key
        self._anonymous_s = anonymous_s
        self._signed_s = signed_s

    def issue(
        self, inbox: Inbox, contact: ContactId, *, authenticated: bool, now: datetime, former: ContactId | None = None
    ) -> str:
        """Sign a session for `contact`."""
        issued = int(now.timestamp())
        claims: dict[str, Any] = {
            "aud": _SESSION_AUDIENCE,
            "acc": inbox.account,
            "inb": inbox.id,
            "sub": contact,
            "auth": authenticated,
            "iat": issued,
            "exp": issued + int(self._signed_s if authenticated else self._anonymous_s),
        }
        if former is not None:
            claims["was"] = former
        return jwt.encode(claims, self._key, algorithm="HS256")

    def read(self, token: str, inbox: Inbox, *, now: datetime) -> Visitor:
        """Return who the session says is speaking in `inbox`.

        Raises:
            Unauthorized: it is missing, not ours, over, or for another inbox.
        """
        if not token or len(token) > _LONGEST_TOKEN:
            raise Unauthorized("send the visitor session as 'Authorization: Bearer …'")
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=["HS256"],
                audience=_SESSION_AUDIENCE,
                options={"verify_exp": False, "verify_iat": False},  # the times are judged by our own clock
            )
        except jwt.PyJWTError:
            raise Unauthorized("the visitor session is not one of ours; ask for a new one") from None
        if claims["acc"] != inbox.account or claims["inb"] != inbox.id:
            raise Unauthorized("the visitor session is for another inbox")
        if now.timestamp() >= claims["exp"]:
            raise Unauthorized("the visitor session is over; ask for a new one")
        return Visitor(
            account=inbox.account,
            inbox=inbox.id,
            contact=ContactId(claims["sub"]),
            authenticated=claims["auth"] is True,
            issued=datetime.fromtimestamp(claims["iat"], tz=now.tzinfo),
            expires=datetime.fromtimestamp(claims["exp"], tz=now.tzinfo),
            former=ContactId(claims["was"]) if "was" in claims else None,
        )


def former_of(before: Visitor | None, contact: ContactId) -> ContactId | None:
    """Say whose anonymous conversations an identified `contact` takes along from the session it had before.

    Only an anonymous visitor becomes somebody; from another identified person nothing is taken along.
    """
    if before is None:
        return None
    if not before.authenticated:
        return before.contact
    return before.former if before.contact == contact else None


def is_public_key(secret: str) -> bool:
    """Say whether an inbox's secret is a public key in PEM form rather than a shared secret."""
    return secret.lstrip().startswith("-----BEGIN PUBLIC KEY-----")


def _shared_secrets(inbox: Inbox) -> list[str]:
    return [secret for secret in inbox.secrets if secret and not is_public_key(secret)]


def _signed_claims(token: str, inbox: Inbox) -> dict[str, Any]:
    if not token or len(token) > _LONGEST_TOKEN:
        raise Unauthorized(f"the identity token is empty or longer than {_LONGEST_TOKEN} characters")
    for secret in inbox.secrets:
        if not secret:
            continue
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                secret,
                algorithms=["EdDSA" if is_public_key(secret) else "HS256"],  # pinned: the header does not choose
                options={
                    "require": ["sub", "iat", "exp"],
                    "verify_exp": False,  # checked by our own clock
                    "verify_iat": False,
                    "verify_aud": False,  # may be called tenant
                },
            )
        except (jwt.InvalidSignatureError, jwt.InvalidAlgorithmError, jwt.InvalidKeyError):
            continue
        except jwt.MissingRequiredClaimError as missing:
            raise Unauthorized(f"the identity token lacks the claim {missing.claim!r}") from None
        except (jwt.PyJWTError, ValueError):
            raise Unauthorized("the identity token cannot be read") from None
        return claims
    raise Unauthorized("no active secret of the inbox signed this identity token (HS256 or EdDSA)")


def _check_time(claims: Mapping[str, Any], *, now: datetime, longest_s: float) -> None:
    issued, expires = claims["iat"], claims["exp"]
    if any(isinstance(t, bool) or not isinstance(t, int | float) for t in (issued, expires)):
        raise Unauthorized("iat and exp of the identity token must be numbers of seconds")
    at = now.timestamp()
    if at >= expires + _SKEW_S:
        raise Unauthorized("the identity token is over; sign a new one")
    if issued > at + _SKEW_S or claims.get("nbf", issued) > at + _SKEW_S:
        raise Unauthorized("the identity token is from the future; check the clock of the signing server")
    if expires - issued > longest_s:
        raise Unauthorized(f"the identity token lives longer than {longest_s:.0f} seconds; sign shorter ones")


def _user_id(value: object) -> str:
    external = value if isinstance(value, str) else ""
    if not 0 < len(external) <= 200 or not external.isprintable():
        raise Unauthorized("the user's id must have 1 to 200 printable characters")
    return external


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float | bool)


def _line(value: object, longest: int) -> str:
    text = "" if value is None else str(value)
    return "".join(c if c.isprintable() else " " for c in text[:longest]).strip()
