"""The questions of the time-out and of the review, and what was said to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models import immutability

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    immutability.lift(op.get_bind())
    op.create_table(
        "answers",
        sa.Column("treatment_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("value", sa.Text()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_by_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["answered_by_id"], ["people.id"], name="fk_answers_answered_by_id_people"
        ),
        sa.ForeignKeyConstraint(
            ["treatment_id"], ["treatments.id"], name="fk_answers_treatment_id_treatments"
        ),
        sa.PrimaryKeyConstraint("treatment_id", "number", name="pk_answers"),
    )
    op.add_column(
        "clinics",
        sa.Column("asks_again", sa.Boolean(), nullable=False, server_default=sa.true()),
    )
    immutability.lay(op.get_bind())


def downgrade() -> None:
    immutability.lift(op.get_bind())
    op.drop_column("clinics", "asks_again")
    op.drop_table("answers")
    immutability.lay(op.get_bind())
