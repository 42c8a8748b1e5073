"""What a scan says of a vial, what could not be found out of it, and the clinic's stock."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models import immutability

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    immutability.lift(op.get_bind())
    for column in (
        sa.Column("ndc", sa.Text()),
        sa.Column("serial", sa.Text()),
        sa.Column("source", sa.Text(), nullable=False, server_default="clinic"),
        sa.Column("diluent_ml", sa.BigInteger()),
        sa.Column("reconstituted_at", sa.DateTime(timezone=True)),
        sa.Column("unknown", sa.JSON()),
        sa.Column("discard_reason", sa.Text()),
    ):
        op.add_column("vials", column)
    op.create_index("ix_vials_serial", "vials", ["serial"])
    op.add_column("preparations", sa.Column("unknown", sa.JSON()))
    op.add_column("sites", sa.Column("volume_ml", sa.Text()))
    op.create_table(
        "stock_lots",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("lot", sa.Text(), nullable=False),
        sa.Column("expires", sa.Date()),
        sa.Column("ndc", sa.Text()),
        sa.Column("quarantined_at", sa.DateTime(timezone=True)),
        sa.Column("quarantined_by_id", sa.Uuid()),
        sa.Column("quarantine_reason", sa.Text()),
        sa.ForeignKeyConstraint(
            ["quarantined_by_id"], ["people.id"], name="fk_stock_lots_quarantined_by_id_people"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_stock_lots"),
        sa.UniqueConstraint("product", "units", "lot", name="uq_stock_lots_product_units_lot"),
    )
    op.create_index("ix_stock_lots_lot", "stock_lots", ["lot"])
    op.create_table(
        "stock_entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("serial", sa.Text()),
        sa.Column("patient_id", sa.Uuid()),
        sa.Column("reason", sa.Text()),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_by_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["lot_id"], ["stock_lots.id"], name="fk_stock_entries_lot_id_stock_lots"
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name="fk_stock_entries_patient_id_patients"
        ),
        sa.ForeignKeyConstraint(
            ["entered_by_id"], ["people.id"], name="fk_stock_entries_entered_by_id_people"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_stock_entries"),
    )
    op.create_index("ix_stock_entries_lot_id", "stock_entries", ["lot_id"])
    op.create_index("ix_stock_entries_patient_id", "stock_entries", ["patient_id"])
    immutability.lay(op.get_bind())


def downgrade() -> None:
    immutability.lift(op.get_bind())
    op.drop_table("stock_entries")
    op.drop_table("stock_lots")
    op.drop_column("sites", "volume_ml")
    op.drop_column("preparations", "unknown")
    op.drop_index("ix_vials_serial", "vials")
    for name in (
        *("discard_reason", "unknown", "reconstituted_at", "diluent_ml"),
        *("source", "serial", "ndc"),
    ):
        op.drop_column("vials", name)
    immutability.lay(op.get_bind())
