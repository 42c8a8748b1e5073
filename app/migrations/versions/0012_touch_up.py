"""Which session a planned touch-up completes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models import immutability

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    immutability.lift(op.get_bind())
    op.add_column("treatments", sa.Column("touch_up_of", sa.Date()))
    immutability.lay(op.get_bind())


def downgrade() -> None:
    immutability.lift(op.get_bind())
    op.drop_column("treatments", "touch_up_of")
    immutability.lay(op.get_bind())
