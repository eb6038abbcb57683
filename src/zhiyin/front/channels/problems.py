"""Errors as answers: a status, a code and words for the reader, in the reader's language; never more than that."""

import math
import traceback
from typing import Any, Final, cast

import structlog
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse

from zhiyin.conversation.catalogue import say
from zhiyin.conversation.facts import Language
from zhiyin.errors import (
    Broken,
    Conflict,
    Invalid,
    NotFound,
    Refused,
    TooLarge,
    TooMany,
    Unauthorized,
    Unavailable,
    ZhiyinError,
)

log = structlog.get_logger("zhiyin.front")

_BY_STATUS: Final[dict[int, type[ZhiyinError]]] = {
    400: Invalid,
    401: Unauthorized,
    403: Refused,
    404: NotFound,
    405: Refused,
    409: Conflict,
    413: TooLarge,
    415: Invalid,
    422: Invalid,
    503: Unavailable,
}


def language_of(accept: str, default: Language) -> Language:
    """Return the first of our languages that an Accept-Language header asks for, by its weights."""
    best, weight = default, 0.0
    for part in accept[:500].split(","):
        tag, _, options = part.strip().partition(";")
        try:
            asked = float(options.strip().removeprefix("q=")) if options.strip().startswith("q=") else 1.0
        except ValueError:
            continue
        name = tag.strip().lower().split("-")[0]
        if name in ("zh", "en") and asked > weight:
            best, weight = cast(Language, name), asked
    return best


def reader_language(connection: HTTPConnection) -> Language:
    """Return the language in which the caller reads errors."""
    inbox = getattr(connection.state, "inbox", None)
    default: Language = inbox.language if inbox else "en"
    return language_of(connection.headers.get("accept-language", ""), default)


def code_of(error: ZhiyinError) -> str:
    """Return the error's name on the wire."""
    return error.public.removeprefix("error.")


def problem(error: ZhiyinError, connection: HTTPConnection, *, field: str | None = None) -> JSONResponse:
    """Return the answer that tells the caller what went wrong.

    Staff and developers read the message itself of what they asked wrongly; visitors read the catalogue's words.
    """
    message = say(error.public, reader_language(connection))
    if isinstance(error, Refused) and not is_public(connection.scope["path"]) and str(error):
        message = str(error)
    headers = {"Cache-Control": "no-store"}
    if isinstance(error, TooMany):
        headers["Retry-After"] = str(max(1, math.ceil(error.after_s)))
    if isinstance(error, Unauthorized):
        headers["WWW-Authenticate"] = "Bearer"
    if connection.scope["path"].startswith("/v1/"):
        return JSONResponse(openai_problem(error, message, field=field), error.status, headers)
    body: dict[str, Any] = {"code": code_of(error), "message": message}
    if field is not None:
        body["field"] = field
    if error.status >= 500:
        body["request_id"] = connection.state.request_id  # what to tell whoever can read the log
    return JSONResponse({"error": body}, error.status, headers)


def openai_problem(error: ZhiyinError, message: str, *, field: str | None = None) -> dict[str, Any]:
    """Return the error in the form that OpenAI's clients read."""
    kind = "invalid_request_error" if isinstance(error, Refused) else "server_error"
    if isinstance(error, TooMany):
        kind = "rate_limit_error"
    return {"error": {"message": message, "type": kind, "param": field, "code": code_of(error)}}


def is_public(path: str) -> bool:
    """Say whether customers call this path."""
    return path.startswith("/public/")


def note_unknown(error: BaseException, **where: object) -> Broken:
    """Log an error that nobody expected, once, by its type and its places in the code, without its words.

    The words of an exception may hold what a customer wrote.
    """
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    log.error(
        "request.broken",
        error=type(error).__name__,
        at=[f"{frame.filename.rsplit('/', 2)[-1]}:{frame.lineno}:{frame.name}" for frame in frames],
        **where,
    )
    return Broken("an unexpected error; look for its request id in the log")


async def on_zhiyin_error(request: Request, error: Exception) -> JSONResponse:
    """Answer with one of our own errors."""
    assert isinstance(error, ZhiyinError)
    if isinstance(error, Broken):
        error = note_unknown(error)
    elif isinstance(error, Unavailable):
        log.warning("request.unavailable", error=type(error).__name__)
    return problem(error, request)


async def on_http_exception(request: Request, error: Exception) -> JSONResponse:
    """Answer with what the framework refused, in our own form and with its own status."""
    assert isinstance(error, HTTPException)
    if isinstance(error.__cause__, ZhiyinError):
        return problem(error.__cause__, request)
    kind = _BY_STATUS.get(error.status_code, Refused if error.status_code < 500 else Broken)
    answer = problem(kind(str(error.detail)), request)
    answer.status_code = error.status_code
    answer.headers.update(error.headers or {})
    return answer


async def on_invalid(request: Request, error: Exception) -> JSONResponse:
    """Answer to input of the wrong form: name the field and what it must be, never repeat the input."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    field = (".".join(str(part) for part in first["loc"][1:]) or str(first["loc"][0]))[:200]
    return problem(Invalid(f"{field}: {first['msg']}"), request, field=field)
