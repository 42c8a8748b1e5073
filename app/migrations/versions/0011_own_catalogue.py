"""What a clinic verified of the catalogue, and what of it is its own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models import immutability

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    immutability.lift(op.get_bind())
    op.create_table(
        "catalogue_verifications",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("row_key", sa.Text(), nullable=False),
        sa.Column("row_sha256", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("agrees", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verified_by_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["verified_by_id"],
            ["people.id"],
            name="fk_catalogue_verifications_verified_by_id_people",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_catalogue_verifications"),
    )
    op.create_index(
        "ix_catalogue_verifications_table_name_row_key",
        "catalogue_verifications",
        ["table_name", "row_key"],
    )
    op.create_table(
        "clinic_catalogue",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("value", sa.JSON()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["people.id"], name="fk_clinic_catalogue_recorded_by_id_people"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_clinic_catalogue"),
        sa.UniqueConstraint("kind", "key", "version", name="uq_clinic_catalogue_kind_key_version"),
    )
    immutability.lay(op.get_bind())


def downgrade() -> None:
    immutability.lift(op.get_bind())
    op.drop_table("clinic_catalogue")
    op.drop_index("ix_catalogue_verifications_table_name_row_key", "catalogue_verifications")
    op.drop_table("catalogue_verifications")
    immutability.lay(op.get_bind())
