"""Shared tablets: who signed in where, PINs of those who do not sign, and when a tablet locks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models import immutability

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    immutability.lift(op.get_bind())
    op.create_table(
        "tablets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_sha256", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tablets"),
        sa.UniqueConstraint("token_sha256", name="uq_tablets_token_sha256"),
    )
    op.create_table(
        "tablet_sign_ins",
        sa.Column("tablet_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("signed_in_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_at", sa.DateTime(timezone=True)),
        sa.Column("address", sa.Text()),
        sa.ForeignKeyConstraint(
            ["tablet_id"], ["tablets.id"], name="fk_tablet_sign_ins_tablet_id_tablets"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name="fk_tablet_sign_ins_person_id_people"
        ),
        sa.PrimaryKeyConstraint("tablet_id", "person_id", name="pk_tablet_sign_ins"),
    )
    op.create_index("ix_tablet_sign_ins_person_id", "tablet_sign_ins", ["person_id"])
    op.create_table(
        "unlock_pins",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("pin_hash", sa.Text(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("wrong_pins", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name="fk_unlock_pins_person_id_people"
        ),
        sa.PrimaryKeyConstraint("person_id", name="pk_unlock_pins"),
    )
    # A clinic that is there already begins with what a new one begins with.
    op.add_column("clinics", sa.Column("lock_after_minutes", sa.Integer()))
    op.execute("UPDATE clinics SET lock_after_minutes = 5")
    with op.batch_alter_table("clinics") as clinics:
        clinics.alter_column("lock_after_minutes", existing_type=sa.Integer(), nullable=False)
    immutability.lay(op.get_bind())


def downgrade() -> None:
    immutability.lift(op.get_bind())
    with op.batch_alter_table("clinics") as clinics:
        clinics.drop_column("lock_after_minutes")
    op.drop_table("unlock_pins")
    op.drop_table("tablet_sign_ins")
    op.drop_table("tablets")
    immutability.lay(op.get_bind())
