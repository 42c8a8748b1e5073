"""Sessions that end early or change patients, reminders to sign, and prints of several notes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models import immutability

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    immutability.lift(op.get_bind())
    op.add_column("treatments", sa.Column("incomplete_reason", sa.Text()))
    op.add_column("printed_copies", sa.Column("batch", sa.Uuid()))
    op.add_column("printed_copies", sa.Column("place", sa.Integer()))
    op.create_index("ix_printed_copies_batch", "printed_copies", ["batch"])
    op.create_table(
        "treatment_moves",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("treatment_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("from_patient_id", sa.Uuid(), nullable=False),
        sa.Column("to_patient_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("moved_by_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["treatment_id"], ["treatments.id"], name="fk_treatment_moves_treatment_id_treatments"
        ),
        sa.ForeignKeyConstraint(
            ["from_patient_id"], ["patients.id"], name="fk_treatment_moves_from_patient_id_patients"
        ),
        sa.ForeignKeyConstraint(
            ["to_patient_id"], ["patients.id"], name="fk_treatment_moves_to_patient_id_patients"
        ),
        sa.ForeignKeyConstraint(
            ["moved_by_id"], ["people.id"], name="fk_treatment_moves_moved_by_id_people"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_treatment_moves"),
        sa.UniqueConstraint(
            "treatment_id", "revision", name="uq_treatment_moves_treatment_id_revision"
        ),
    )
    op.create_table(
        "reminders",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("treatment_id", sa.Uuid(), nullable=False),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reminded_by_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["treatment_id"], ["treatments.id"], name="fk_reminders_treatment_id_treatments"
        ),
        sa.ForeignKeyConstraint(
            ["reminded_by_id"], ["people.id"], name="fk_reminders_reminded_by_id_people"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_reminders"),
    )
    op.create_index("ix_reminders_treatment_id", "reminders", ["treatment_id"])
    immutability.lay(op.get_bind())


def downgrade() -> None:
    immutability.lift(op.get_bind())
    op.drop_table("reminders")
    op.drop_table("treatment_moves")
    op.drop_index("ix_printed_copies_batch", "printed_copies")
    op.drop_column("printed_copies", "place")
    op.drop_column("printed_copies", "batch")
    op.drop_column("treatments", "incomplete_reason")
    immutability.lay(op.get_bind())
