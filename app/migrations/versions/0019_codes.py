"""A signed document is found by its code and by its file."""

from __future__ import annotations

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

TABLES = ("notes", "addenda")
HASHES = ("record_sha256", "pdf_sha256")


def upgrade() -> None:
    for table in TABLES:
        for column in HASHES:
            op.create_index(f"ix_{table}_{column}", table, [column])


def downgrade() -> None:
    for table in TABLES:
        for column in HASHES:
            op.drop_index(f"ix_{table}_{column}", table)
