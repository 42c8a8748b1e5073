"""What follows a signed note, and who supervises a session."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models import immutability

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

SUPERVISOR = "fk_treatments_supervisor_id_people"
POINTS_TO = (
    ("note_id", "notes"),
    ("signed_by_id", "people"),
    ("signing_key_id", "signing_keys"),
)


def upgrade() -> None:
    immutability.lift(op.get_bind())
    op.create_table(
        "addenda",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("note_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.Column("record_sha256", sa.Text(), nullable=False),
        sa.Column("pdf", sa.LargeBinary(), nullable=False),
        sa.Column("pdf_sha256", sa.Text(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("signed_by_id", sa.Uuid(), nullable=False),
        sa.Column("signing_key_id", sa.Uuid(), nullable=False),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=f"fk_addenda_{column}_{table}")
            for column, table in POINTS_TO
        ),
        sa.PrimaryKeyConstraint("id", name="pk_addenda"),
        sa.UniqueConstraint("note_id", "number", name="uq_addenda_note_id_number"),
    )
    op.create_index("ix_addenda_signed_at", "addenda", ["signed_at"])
    with op.batch_alter_table("treatments") as treatments:
        treatments.add_column(sa.Column("supervisor_id", sa.Uuid()))
        treatments.create_foreign_key(SUPERVISOR, "people", ["supervisor_id"], ["id"])
    immutability.lay(op.get_bind())


def downgrade() -> None:
    immutability.lift(op.get_bind())
    with op.batch_alter_table("treatments") as treatments:
        treatments.drop_constraint(SUPERVISOR, type_="foreignkey")
        treatments.drop_column("supervisor_id")
    op.drop_table("addenda")
    immutability.lay(op.get_bind())
