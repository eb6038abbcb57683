"""Every error Zhiyin raises on purpose.

* ZhiyinError
  x Refused       the caller may not, or asked wrongly    never retry   4xx
    x NotFound, Invalid, Unauthorized, Conflict, TooMany, TooLarge
  x Unavailable   something outside did not answer        retry         503
    x TimedOut
  x Broken        we are wrong: bug, bad pack, bad log    page someone  500
    x BadPack, CorruptLog

A failed verification, an empty search and a needed approval are facts of the conversation, not errors.
"""

from typing import ClassVar


class ZhiyinError(Exception):
    """Say what happened, with what, and what to do; `public` is all that a customer may read of it."""

    status: ClassVar[int] = 500
    retry: ClassVar[bool] = False
    public: ClassVar[str] = "error.broken"  # a key of the message catalogue


class Refused(ZhiyinError):
    """The caller may not do this, or asked for it wrongly; asking again changes nothing."""

    status = 403
    public = "error.refused"


class NotFound(Refused):
    """There is no such thing in this account."""

    status = 404
    public = "error.not_found"


class Invalid(Refused):
    """The input is not of the form it must have; the message names the field and the fix."""

    status = 422
    public = "error.invalid"


class Unauthorized(Refused):
    """Nobody known is asking: the token is missing, expired or wrong."""

    status = 401
    public = "error.unauthorized"


class Conflict(Refused):
    """Somebody else wrote first; read again and decide again."""

    status = 409
    public = "error.conflict"


class TooMany(Refused):
    """The caller's allowance is used up; `after_s` says when to come back."""

    status = 429
    public = "error.too_many"

    def __init__(self, message: str, *, after_s: float) -> None:
        super().__init__(message)
        self.after_s = after_s


class TooLarge(Refused):
    """The input is larger than the limit that the message names."""

    status = 413
    public = "error.too_large"


class Unavailable(ZhiyinError):
    """Something outside did not answer; the same call may succeed later."""

    status = 503
    retry = True
    public = "error.unavailable"


class TimedOut(Unavailable):
    """Something outside did not answer in the time it was given."""

    status = 504


class Broken(ZhiyinError):
    """We are wrong: a bug, a bad pack or a bad log. Somebody must look."""


class BadPack(Broken):
    """A pack, plug-in or setting cannot be used as it is; the message names it and the fix."""


class CorruptLog(Broken):
    """A conversation's log has a gap or an event that no version of the code can read."""
