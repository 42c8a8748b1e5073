"""Toxin given elsewhere or on paper, which counts for intervals and windows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models import immutability

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    immutability.lift(op.get_bind())
    op.create_table(
        "outside_doses",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("units", sa.BigInteger()),
        sa.Column("indication", sa.Text(), nullable=False),
        sa.Column("response", sa.Text()),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_by_id", sa.Uuid(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
        sa.Column("withdrawn_by_id", sa.Uuid()),
        sa.Column("withdraw_reason", sa.Text()),
        sa.ForeignKeyConstraint(
            ["entered_by_id"], ["people.id"], name="fk_outside_doses_entered_by_id_people"
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name="fk_outside_doses_patient_id_patients"
        ),
        sa.ForeignKeyConstraint(
            ["withdrawn_by_id"], ["people.id"], name="fk_outside_doses_withdrawn_by_id_people"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_outside_doses"),
    )
    op.create_index("ix_outside_doses_patient_id", "outside_doses", ["patient_id"])
    immutability.lay(op.get_bind())


def downgrade() -> None:
    immutability.lift(op.get_bind())
    op.drop_table("outside_doses")
    immutability.lay(op.get_bind())
