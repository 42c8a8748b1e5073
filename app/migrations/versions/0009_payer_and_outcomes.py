"""Who pays, how the patient is by the scales, with what guidance, and what a claim names."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models import immutability

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TEXTS = (
    ("patients", "member_id"),
    ("patients", "authorization_number"),
    ("people", "npi"),
    ("treatments", "guidance_note"),
)
LISTS = (("treatments", "guidance"), ("treatments", "outcomes"))


def upgrade() -> None:
    immutability.lift(op.get_bind())
    op.add_column("patients", sa.Column("payer", sa.Text()))
    for table, name in TEXTS:
        op.add_column(table, sa.Column(name, sa.Text(), nullable=False, server_default=""))
    for table, name in LISTS:
        op.add_column(table, sa.Column(name, sa.JSON(), nullable=False, server_default="[]"))
    op.add_column(
        "clinics",
        sa.Column("cpt_licensed", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    immutability.lay(op.get_bind())


def downgrade() -> None:
    immutability.lift(op.get_bind())
    op.drop_column("clinics", "cpt_licensed")
    for table, name in (*LISTS, *TEXTS, ("patients", "payer")):
        op.drop_column(table, name)
    immutability.lay(op.get_bind())
