"""Lay the first tables: tenants and their doors, the log with its keys, knowledge."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "accounts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
    )
    op.create_table(
        "contact_keys",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("account", "id", name=op.f("pk_contact_keys")),
        sa.UniqueConstraint("account", "contact", name=op.f("uq_contact_keys_account_contact")),
    )
    op.create_table(
        "conversations",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("active_us", sa.BigInteger(), nullable=False),
        sa.Column("needed", sa.Integer(), nullable=True),
        sa.Column("due_us", sa.BigInteger(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=True),
        sa.Column("lease_us", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("account", "id", name=op.f("pk_conversations")),
    )
    op.create_index(op.f("ix_conversations_account_active_us"), "conversations", ["account", "active_us"], unique=False)
    op.create_index(
        op.f("ix_conversations_account_contact_active_us"),
        "conversations",
        ["account", "contact", "active_us"],
        unique=False,
    )
    op.create_index(
        "ix_conversations_due",
        "conversations",
        ["due_us"],
        unique=False,
        sqlite_where=sa.text("needed IS NOT NULL"),
        postgresql_where=sa.text("needed IS NOT NULL"),
    )
    op.create_index(
        "ix_conversations_queue",
        "conversations",
        ["account", "active_us"],
        unique=False,
        sqlite_where=sa.text("owner = 'queue'"),
        postgresql_where=sa.text("owner = 'queue'"),
    )
    op.create_table(
        "deleted_passages",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("account", "id", name=op.f("pk_deleted_passages")),
    )
    op.create_index(
        op.f("ix_deleted_passages_account_revision"), "deleted_passages", ["account", "revision"], unique=False
    )
    op.create_table(
        "events",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("conversation", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.Integer(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("outline", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("message", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("account", "conversation", "number", name=op.f("pk_events")),
    )
    op.create_index(
        "uq_events_message",
        "events",
        ["account", "conversation", "message"],
        unique=True,
        sqlite_where=sa.text("message IS NOT NULL"),
        postgresql_where=sa.text("message IS NOT NULL"),
    )
    op.create_table(
        "api_tokens",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_api_tokens_account")),
        sa.PrimaryKeyConstraint("account", "id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("sha256", name=op.f("uq_api_tokens_sha256")),
    )
    op.create_table(
        "contacts",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("external", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("attributes", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_contacts_account")),
        sa.PrimaryKeyConstraint("account", "id", name=op.f("pk_contacts")),
        sa.UniqueConstraint("account", "external", name=op.f("uq_contacts_account_external")),
    )
    op.create_table(
        "documents",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("updated_us", sa.BigInteger(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("metadata", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_documents_account")),
        sa.PrimaryKeyConstraint("account", "id", name=op.f("pk_documents")),
        sa.UniqueConstraint("account", "name", name=op.f("uq_documents_account_name")),
    )
    op.create_table(
        "inboxes",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("website_token", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("origins", sa.Text(), nullable=False),
        sa.Column("secrets", sa.Text(), nullable=False),
        sa.Column("greetings", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_inboxes_account")),
        sa.PrimaryKeyConstraint("account", "id", name=op.f("pk_inboxes")),
        sa.UniqueConstraint("website_token", name=op.f("uq_inboxes_website_token")),
    )
    op.create_table(
        "knowledge",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("embedder", sa.Text(), nullable=True),
        sa.Column("dims", sa.Integer(), nullable=True),
        sa.Column("lexicon_version", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("synonyms", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_knowledge_account")),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_knowledge")),
    )
    op.create_table(
        "passages",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=True),
        sa.Column("alternatives", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("metadata", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("vectors", sa.LargeBinary(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account", "document"], ["documents.account", "documents.id"], name=op.f("fk_passages_account_document")
        ),
        sa.PrimaryKeyConstraint("account", "id", name=op.f("pk_passages")),
    )
    op.create_index(
        op.f("ix_passages_account_document_place"), "passages", ["account", "document", "place"], unique=False
    )
    op.create_index(op.f("ix_passages_account_revision_id"), "passages", ["account", "revision", "id"], unique=False)


def downgrade() -> None:
    """Go back."""
    op.drop_index(op.f("ix_passages_account_revision_id"), table_name="passages")
    op.drop_index(op.f("ix_passages_account_document_place"), table_name="passages")
    op.drop_table("passages")
    op.drop_table("knowledge")
    op.drop_table("inboxes")
    op.drop_table("documents")
    op.drop_table("contacts")
    op.drop_table("api_tokens")
    op.drop_index(
        "uq_events_message",
        table_name="events",
        sqlite_where=sa.text("message IS NOT NULL"),
        postgresql_where=sa.text("message IS NOT NULL"),
    )
    op.drop_table("events")
    op.drop_index(op.f("ix_deleted_passages_account_revision"), table_name="deleted_passages")
    op.drop_table("deleted_passages")
    op.drop_index(
        "ix_conversations_due",
        table_name="conversations",
        sqlite_where=sa.text("needed IS NOT NULL"),
        postgresql_where=sa.text("needed IS NOT NULL"),
    )
    op.drop_index(
        "ix_conversations_queue",
        table_name="conversations",
        sqlite_where=sa.text("owner = 'queue'"),
        postgresql_where=sa.text("owner = 'queue'"),
    )
    op.drop_index(op.f("ix_conversations_account_contact_active_us"), table_name="conversations")
    op.drop_index(op.f("ix_conversations_account_active_us"), table_name="conversations")
    op.drop_table("conversations")
    op.drop_table("contact_keys")
    op.drop_table("accounts")
