"""What came after a treatment, and the sites that somebody linked it to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models import immutability

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

POINTS_TO = (
    ("treatment_id", "treatments"),
    ("told_in_id", "treatments"),
    ("recorded_by_id", "people"),
    ("withdrawn_by_id", "people"),
)


def upgrade() -> None:
    immutability.lift(op.get_bind())
    op.create_table(
        "adverse_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("treatment_id", sa.Uuid(), nullable=False),
        sa.Column("told_in_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("sites", sa.JSON(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.Uuid(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
        sa.Column("withdrawn_by_id", sa.Uuid()),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=f"fk_adverse_events_{column}_{table}"
            )
            for column, table in POINTS_TO
        ),
        sa.PrimaryKeyConstraint("id", name="pk_adverse_events"),
    )
    for column in ("treatment_id", "told_in_id"):
        op.create_index(f"ix_adverse_events_{column}", "adverse_events", [column])
    immutability.lay(op.get_bind())


def downgrade() -> None:
    immutability.lift(op.get_bind())
    op.drop_table("adverse_events")
    immutability.lay(op.get_bind())
