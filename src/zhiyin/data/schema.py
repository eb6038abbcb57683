"""The tables. Times are whole microseconds since 1970 UTC, so both engines keep and compare them alike.

Every table of a tenant's things begins its primary key with `account`: a query that forgets it finds nothing by id.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
)

inboxes = Table(
    "inboxes",
    metadata,
    Column("account", Text, ForeignKey("accounts.id"), primary_key=True),
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("website_token", Text, nullable=False, unique=True),
    Column("language", Text, nullable=False),
    Column("origins", Text, nullable=False),  # JSON, as the four below that end in lists or maps
    Column("secrets", Text, nullable=False),
    Column("greetings", Text, nullable=False),
)

contacts = Table(
    "contacts",
    metadata,
    Column("account", Text, ForeignKey("accounts.id"), primary_key=True),
    Column("id", Text, primary_key=True),
    Column("external", Text),
    Column("name", Text, nullable=False),
    Column("attributes", Text, nullable=False),
    UniqueConstraint("account", "external"),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("account", Text, ForeignKey("accounts.id"), primary_key=True),
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("sha256", LargeBinary, nullable=False, unique=True),
)

contact_keys = Table(
    "contact_keys",
    metadata,
    Column("account", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("contact", Text, nullable=False),
    Column("secret", LargeBinary, nullable=False),  # 32 bytes, or nonce + ciphertext when a master key wraps it
    UniqueConstraint("account", "contact"),
)

conversations = Table(
    "conversations",
    metadata,
    Column("account", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("contact", Text, nullable=False),
    Column("key", Text, nullable=False),  # of contact_keys; no such row there: forgotten
    Column("length", Integer, nullable=False),
    Column("owner", Text, nullable=False),  # of the state after the last event: bot, queue, person or nobody
    Column("active_us", BigInteger, nullable=False),
    Column("needed", Integer),  # number of the last event that asks for work; null: nothing is due
    Column("due_us", BigInteger, nullable=False),  # nobody takes the work before
    Column("worker", Text),
    Column("lease_us", BigInteger),
    Index(None, "account", "active_us"),
    Index(None, "account", "contact", "active_us"),
    Index(
        "ix_conversations_queue",
        "account",
        "active_us",
        sqlite_where=text("owner = 'queue'"),
        postgresql_where=text("owner = 'queue'"),
    ),
    Index(
        "ix_conversations_due",
        "due_us",
        sqlite_where=text("needed IS NOT NULL"),
        postgresql_where=text("needed IS NOT NULL"),
    ),
)

events = Table(
    "events",
    metadata,
    Column("account", Text, primary_key=True),
    Column("conversation", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at_us", BigInteger, nullable=False),
    Column("cause", Integer),
    Column("kind", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("outline", LargeBinary, nullable=False),  # the fact without anybody's words, in clear
    Column("sealed", LargeBinary),  # the whole fact under the contact's key; null: the outline is the whole
    Column("message", LargeBinary),  # of a CustomerSaid: SHA-256 of its message id
    Index(
        "uq_events_message",
        "account",
        "conversation",
        "message",
        unique=True,
        sqlite_where=text("message IS NOT NULL"),
        postgresql_where=text("message IS NOT NULL"),
    ),
)

knowledge = Table(
    "knowledge",
    metadata,
    Column("account", Text, ForeignKey("accounts.id"), primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("embedder", Text),
    Column("dims", Integer),
    Column("lexicon_version", Integer, nullable=False),
    Column("words", Text, nullable=False),
    Column("synonyms", Text, nullable=False),
)

documents = Table(
    "documents",
    metadata,
    Column("account", Text, ForeignKey("accounts.id"), primary_key=True),
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("updated_us", BigInteger, nullable=False),
    Column("url", Text),
    Column("metadata", Text, nullable=False),
    UniqueConstraint("account", "name"),
)

passages = Table(
    "passages",
    metadata,
    Column("account", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("document", Text, nullable=False),
    Column("place", Integer, nullable=False),  # 0, 1, 2 … within the document
    Column("kind", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("question", Text),
    Column("alternatives", Text, nullable=False),
    Column("url", Text),
    Column("metadata", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("vectors", LargeBinary, nullable=False),  # little-endian float16, row after row of knowledge.dims
    Column("revision", Integer, nullable=False),
    ForeignKeyConstraint(["account", "document"], ["documents.account", "documents.id"]),
    Index(None, "account", "document", "place"),
    Index(None, "account", "revision", "id"),
)

deleted_passages = Table(
    "deleted_passages",
    metadata,
    Column("account", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("revision", Integer, nullable=False),
    Index(None, "account", "revision"),
)
