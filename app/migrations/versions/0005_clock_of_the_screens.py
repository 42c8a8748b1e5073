"""Whether the screens count the hours to 24 or to 12."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A column added in place: no table is rebuilt, so every trigger stays.
    op.add_column("clinics", sa.Column("hours", sa.Integer(), nullable=False, server_default="24"))


def downgrade() -> None:
    op.drop_column("clinics", "hours")
