"""Restricted patients: who is named for them, and who opened one in an emergency."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models import immutability

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    immutability.lift(op.get_bind())
    op.create_table(
        "named_people",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("named_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("named_by_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["named_by_id"], ["people.id"], name="fk_named_people_named_by_id_people"
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name="fk_named_people_patient_id_patients"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name="fk_named_people_person_id_people"
        ),
        sa.PrimaryKeyConstraint("patient_id", "person_id", name="pk_named_people"),
    )
    op.create_index("ix_named_people_person_id", "named_people", ["person_id"])
    op.create_table(
        "emergency_accesses",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name="fk_emergency_accesses_patient_id_patients"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name="fk_emergency_accesses_person_id_people"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_emergency_accesses"),
        sa.UniqueConstraint("serial", name="uq_emergency_accesses_serial"),
    )
    op.create_index("ix_emergency_accesses_patient_id", "emergency_accesses", ["patient_id"])
    op.create_index(
        "ix_emergency_accesses_person_id_until", "emergency_accesses", ["person_id", "until"]
    )
    op.create_table(
        "emergency_alarms",
        sa.Column("emergency_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["emergency_id"],
            ["emergency_accesses.id"],
            name="fk_emergency_alarms_emergency_id_emergency_accesses",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name="fk_emergency_alarms_person_id_people"
        ),
        sa.PrimaryKeyConstraint("emergency_id", "person_id", name="pk_emergency_alarms"),
    )
    op.create_index("ix_emergency_alarms_person_id", "emergency_alarms", ["person_id"])
    immutability.lay(op.get_bind())


def downgrade() -> None:
    immutability.lift(op.get_bind())
    op.drop_table("emergency_alarms")
    op.drop_table("emergency_accesses")
    op.drop_table("named_people")
    immutability.lay(op.get_bind())
