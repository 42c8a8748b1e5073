"""A site that comes back, by undo or after a conflict, keeps who placed and gave it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models import immutability

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    immutability.lift(op.get_bind())
    op.add_column("treatments", sa.Column("removed_sites", sa.JSON()))
    immutability.lay(op.get_bind())


def downgrade() -> None:
    immutability.lift(op.get_bind())
    op.drop_column("treatments", "removed_sites")
    immutability.lay(op.get_bind())
