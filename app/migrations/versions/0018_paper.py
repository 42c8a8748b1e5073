"""What was written on a downtime sheet first, and which after-care text was given."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models import immutability

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

COLUMNS = (
    ("paper_time", sa.Time()),
    ("paper_sheet", sa.Text()),
    ("after_care_version", sa.Integer()),
)


def upgrade() -> None:
    immutability.lift(op.get_bind())
    for name, kind in COLUMNS:
        op.add_column("treatments", sa.Column(name, kind))
    immutability.lay(op.get_bind())


def downgrade() -> None:
    immutability.lift(op.get_bind())
    for name, _ in COLUMNS:
        op.drop_column("treatments", name)
    immutability.lay(op.get_bind())
