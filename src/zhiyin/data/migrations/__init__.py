"""The schema's history, applied from inside the program. New revisions go to `versions/`, one file each."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection

from zhiyin.errors import BadPack

LOCK = 0x7A686979696E  # "zhiyin": the advisory lock that one migrating process holds


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def newest() -> str:
    """Return the revision that this code wants."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


def current(connection: Connection) -> str | None:
    """Return the revision the store is at; None when it is empty."""
    return MigrationContext.configure(connection).get_current_revision()


def upgrade(connection: Connection) -> str:
    """Bring the store to `newest` inside the caller's transaction.

    Raises:
        BadPack: the store is at a revision that this code does not know.
    """
    wanted = newest()
    if current(connection) == wanted:
        return wanted
    config = _config()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise BadPack(f"the schema is at {current(connection)}, which this Zhiyin does not know; update it") from error
    return wanted
