"""Inboxes, contacts and API tokens of an account."""

import secrets
from dataclasses import replace

import jwt
from fastapi import APIRouter, Response

from zhiyin.conversation.ids import ContactId, InboxId, new_id
from zhiyin.data.records import Inbox
from zhiyin.errors import Invalid
from zhiyin.front.channels.identity import is_public_key
from zhiyin.front.channels.tokens import DESCRIBED
from zhiyin.front.console.shapes import (
    ContactShape,
    InboxAsked,
    InboxChange,
    Inboxes,
    InboxMade,
    InboxShape,
    TokenAsked,
    TokenMade,
    Tokens,
    TokenShape,
)
from zhiyin.front.console.staff import Admin, Anyone, Id

_ACTIVE = 2
"""Secrets that are accepted at once: the new one, and the one before it while the website changes over."""

routes = APIRouter(prefix="/api/v1/accounts/{account}", dependencies=DESCRIBED)


@routes.get("/inboxes", tags=["inboxes"])
async def list_inboxes(staff: Anyone) -> Inboxes:
    """List the account's inboxes."""
    found = await staff.door.services.directory.inboxes(staff.account)
    return Inboxes(inboxes=[_shape(inbox) for inbox in found])


@routes.post("/inboxes", tags=["inboxes"], status_code=201)
async def make_inbox(staff: Admin, asked: InboxAsked, response: Response) -> InboxMade:
    """Make an inbox. Its identity secret is shown this once."""
    secret = secrets.token_urlsafe(32)
    inbox = await staff.door.services.directory.put_inbox(
        Inbox(
            id=InboxId(new_id()),
            account=staff.account,
            name=asked.name,
            website_token=secrets.token_urlsafe(18),
            language=asked.language,
            origins=tuple(asked.origins),
            secrets=(secret,),
            greetings={language: tuple(lines) for language, lines in asked.greetings.items()},
        )
    )
    response.headers["Cache-Control"] = "no-store"
    return InboxMade(**_shape(inbox).model_dump(), secret=secret)


@routes.get("/inboxes/{inbox}", tags=["inboxes"])
async def get_inbox(staff: Anyone, inbox: Id) -> InboxShape:
    """Return an inbox."""
    return _shape(await staff.door.services.directory.inbox(staff.account, InboxId(inbox)))


@routes.patch("/inboxes/{inbox}", tags=["inboxes"])
async def change_inbox(staff: Admin, inbox: Id, asked: InboxChange, response: Response) -> InboxMade:
    """Change an inbox, or rotate its identity secret. A new secret is shown this once."""
    directory = staff.door.services.directory
    old = await directory.inbox(staff.account, InboxId(inbox))
    secret = secrets.token_urlsafe(32) if asked.rotate_secret else None
    added = [one for one in (secret, _public_key(asked.public_key)) if one is not None]
    changed = await directory.put_inbox(
        replace(
            old,
            name=old.name if asked.name is None else asked.name,
            language=old.language if asked.language is None else asked.language,
            origins=old.origins if asked.origins is None else tuple(asked.origins),
            greetings=old.greetings
            if asked.greetings is None
            else {language: tuple(lines) for language, lines in asked.greetings.items()},
            secrets=(*added, *old.secrets)[:_ACTIVE] if added else old.secrets,
        )
    )
    staff.door.inbox_changed(changed)
    response.headers["Cache-Control"] = "no-store"
    return InboxMade(**_shape(changed).model_dump(), secret=secret)


@routes.get("/contacts/{contact}", tags=["contacts"])
async def get_contact(staff: Anyone, contact: Id) -> ContactShape:
    """Return a contact."""
    return ContactShape.model_validate(await staff.door.services.directory.contact(staff.account, ContactId(contact)))


@routes.get("/tokens", tags=["tokens"])
async def list_tokens(staff: Admin) -> Tokens:
    """List the account's API tokens, without their secret parts."""
    found = await staff.door.services.directory.tokens(staff.account)
    return Tokens(tokens=[TokenShape(id=one.id, name=one.name, role=one.role) for one in found])


@routes.post("/tokens", tags=["tokens"], status_code=201)
async def make_token(staff: Admin, asked: TokenAsked, response: Response) -> TokenMade:
    """Make an API token. It is shown this once; only its hash is kept."""
    token, clear = await staff.door.services.directory.new_token(staff.account, name=asked.name, role=asked.role)
    response.headers["Cache-Control"] = "no-store"
    return TokenMade(id=token.id, name=token.name, role=token.role, token=clear)


@routes.delete("/tokens/{token}", tags=["tokens"], status_code=204)
async def revoke_token(staff: Admin, token: Id) -> None:
    """Revoke an API token; it opens nothing from now on."""
    await staff.door.services.directory.revoke_token(staff.account, token)


def _shape(inbox: Inbox) -> InboxShape:
    return InboxShape(
        id=inbox.id,
        name=inbox.name,
        website_token=inbox.website_token,
        language=inbox.language,
        origins=list(inbox.origins),
        greetings={language: list(lines) for language, lines in inbox.greetings.items()},
        secrets=len(inbox.secrets),
    )


def _public_key(pem: str | None) -> str | None:
    if pem is None:
        return None
    if not is_public_key(pem):
        raise Invalid("public_key must be an Ed25519 public key in PEM form")
    try:
        jwt.algorithms.OKPAlgorithm().prepare_key(pem)
    except (jwt.PyJWTError, ValueError, TypeError):
        raise Invalid("public_key cannot be read; send an Ed25519 public key in PEM form") from None
    return pem.strip()
