"""API tokens at the door: whose they are and what their role may do."""

from fastapi import Depends, Request
from fastapi.security import APIKeyHeader, HTTPBearer

from zhiyin.data.records import ApiToken
from zhiyin.errors import NotFound, Unauthorized
from zhiyin.front.channels.door import door

DESCRIBED = [  # for the API's description alone: `token_of` is what checks
    Depends(HTTPBearer(scheme_name="API token", auto_error=False)),
    Depends(APIKeyHeader(name="api_access_token", scheme_name="API token header", auto_error=False)),
]


async def token_of(request: Request) -> ApiToken:
    """Return the API token that the request bears, and count the request on its account.

    Raises:
        Unauthorized: it bears none, or one that nobody gave out.
    """
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    named = request.headers.get("api_access_token") or request.headers.get("api-access-token")  # proxies drop "_"
    clear = named or (credentials.strip() if scheme.lower() == "bearer" else "")
    if not clear or len(clear) > 512 or not clear.isascii() or not clear.isprintable():
        raise Unauthorized("send an API token as 'Authorization: Bearer …' or 'api_access_token: …'")
    here = door(request)
    try:
        token = await here.services.directory.token(clear)
    except NotFound:
        raise Unauthorized("this API token is not known; it may have been revoked") from None
    here.requests.take(token.account)
    return token
