"""With which needle, and guided by what, a site was given."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models import immutability

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TEXTS = ("needle", "guidance")


def upgrade() -> None:
    immutability.lift(op.get_bind())
    for name in TEXTS:
        op.add_column("sites", sa.Column(name, sa.Text()))
    immutability.lay(op.get_bind())


def downgrade() -> None:
    immutability.lift(op.get_bind())
    for name in TEXTS:
        op.drop_column("sites", name)
    immutability.lay(op.get_bind())
