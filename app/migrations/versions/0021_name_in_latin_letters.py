"""A patient's name in letters that a note can print."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models import immutability

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    immutability.lift(op.get_bind())
    column = sa.Column("latin_name", sa.Text(), nullable=False, server_default="")
    op.add_column("patients", column)
    immutability.lay(op.get_bind())


def downgrade() -> None:
    immutability.lift(op.get_bind())
    op.drop_column("patients", "latin_name")
    immutability.lay(op.get_bind())
