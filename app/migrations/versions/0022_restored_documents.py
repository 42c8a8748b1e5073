"""When a signed document was put back from its own PDF."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models import immutability

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

TABLES = ("notes", "addenda")


def upgrade() -> None:
    immutability.lift(op.get_bind())
    for table in TABLES:
        op.add_column(table, sa.Column("restored_at", sa.DateTime(timezone=True)))
    immutability.lay(op.get_bind())


def downgrade() -> None:
    immutability.lift(op.get_bind())
    for table in TABLES:
        op.drop_column(table, "restored_at")
    immutability.lay(op.get_bind())
