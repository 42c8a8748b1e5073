"""Later certificates for a key, and the signatures that provider and patient drew."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models import immutability

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    immutability.lift(op.get_bind())
    op.add_column("signing_keys", sa.Column("made_with_pem", sa.Text()))
    op.add_column("people", sa.Column("drawn_signature", sa.JSON()))
    op.add_column("treatments", sa.Column("consent_signature", sa.JSON()))
    op.add_column("treatments", sa.Column("consent_signed_at", sa.DateTime(timezone=True)))
    immutability.lay(op.get_bind())


def downgrade() -> None:
    immutability.lift(op.get_bind())
    op.drop_column("treatments", "consent_signed_at")
    op.drop_column("treatments", "consent_signature")
    op.drop_column("people", "drawn_signature")
    op.drop_column("signing_keys", "made_with_pem")
    immutability.lay(op.get_bind())
