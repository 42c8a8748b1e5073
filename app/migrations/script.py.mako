"""${message}."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models import immutability
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    immutability.lift(op.get_bind())
    ${upgrades if upgrades else "pass"}
    immutability.lay(op.get_bind())


def downgrade() -> None:
    immutability.lift(op.get_bind())
    ${downgrades if downgrades else "pass"}
    immutability.lay(op.get_bind())
