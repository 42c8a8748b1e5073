"""Who ordered a treatment, where somebody else gave it, and why a patient was not weighed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models import immutability

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TEXTS = (
    ("patients", "weight_unknown"),
    ("treatments", "ordering_name"),
    ("treatments", "ordering_npi"),
)


def upgrade() -> None:
    immutability.lift(op.get_bind())
    for table, name in TEXTS:
        op.add_column(table, sa.Column(name, sa.Text(), nullable=False, server_default=""))
    immutability.lay(op.get_bind())


def downgrade() -> None:
    immutability.lift(op.get_bind())
    for table, name in TEXTS:
        op.drop_column(table, name)
    immutability.lay(op.get_bind())
