"""What drivers raise, said in our own words. No statement, parameter or row ever reaches a message."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
import sqlalchemy.exc

from zhiyin.errors import Broken, Conflict, Invalid, TimedOut, Unavailable, ZhiyinError

_AWAY: tuple[type[Exception], ...] = (
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.TransactionRollbackError,  # serialization failures and deadlocks: the same call may pass
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    ConnectionError,
    OSError,
)


def translate(error: BaseException) -> ZhiyinError:
    """Return our error for a driver's."""
    if isinstance(error, ZhiyinError):
        return error
    if isinstance(error, sqlalchemy.exc.DBAPIError) and error.orig is not None:
        cause = error.orig.__cause__ if error.orig.__cause__ is not None else error.orig
        return translate(cause)
    name = type(error).__name__
    if isinstance(error, (TimeoutError, asyncpg.QueryCanceledError, sqlalchemy.exc.TimeoutError)):
        return TimedOut("the database did not answer in time; look at its load and its locks")
    if isinstance(error, asyncpg.IntegrityConstraintViolationError | sqlite3.IntegrityError):
        return Conflict(f"the database refused a row that clashes with another ({name})")
    if isinstance(error, (asyncpg.DataError, sqlite3.DataError, UnicodeEncodeError)):
        return Invalid(f"a value cannot be stored ({name}); it holds a character or number that no database takes")
    if isinstance(error, _AWAY):
        return Unavailable(f"the database is not reachable ({name}); check that it runs and that the URL is right")
    if isinstance(error, asyncpg.InterfaceError | asyncpg.InternalClientError):
        return Unavailable(f"the connection to the database is closed ({name})")
    if isinstance(error, sqlite3.OperationalError):
        return _translate_sqlite(error)
    return Broken(f"the database refused a statement ({name})")


def _translate_sqlite(error: sqlite3.OperationalError) -> ZhiyinError:
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return TimedOut("the SQLite file stayed locked by another process")
    if name.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_PERM")):
        return Unavailable(f"the SQLite file cannot be used ({name}); check its folder, its rights and the disk")
    return Broken(f"SQLite refused a statement ({name or 'OperationalError'})")


@contextmanager
def translated() -> Iterator[None]:
    """Raise what drivers raise inside as errors of ours."""
    try:
        yield
    except ZhiyinError:
        raise
    except (sqlalchemy.exc.SQLAlchemyError, sqlite3.Error, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise translate(error) from error
    except (asyncpg.InternalClientError, UnicodeEncodeError, TimeoutError, OSError) as error:
        raise translate(error) from error
