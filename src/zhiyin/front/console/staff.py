"""Who may do what in an account: the check in front of every staff route."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import Depends, Path, Request

from zhiyin.conversation.ids import AccountId
from zhiyin.data.records import ApiToken
from zhiyin.errors import NotFound, Refused
from zhiyin.front.channels.door import Door, door
from zhiyin.front.channels.tokens import token_of

Id = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.:-]{1,128}$")]
Role = Literal["admin", "agent", "api"]


@dataclass(frozen=True, slots=True)
class Staff:
    """Somebody with a token of the account in the path."""

    account: AccountId
    token: ApiToken
    door: Door


def staff_of(*roles: Role) -> Callable[[Request, str], Awaitable[Staff]]:
    """Return a check that lets only tokens of the path's account with one of `roles` pass.

    Another account's token learns nothing: for it the account is not there.
    """

    async def check(request: Request, account: Id) -> Staff:
        token = await token_of(request)
        if token.account != account:
            raise NotFound("this token opens no such account")
        if token.role not in roles:
            raise Refused(f"a token of role {token.role!r} may not do this; it takes {' or '.join(roles)}")
        return Staff(token.account, token, door(request))

    return check


Anyone = Annotated[Staff, Depends(staff_of("admin", "agent", "api"))]
Editor = Annotated[Staff, Depends(staff_of("admin", "agent"))]
Admin = Annotated[Staff, Depends(staff_of("admin"))]
