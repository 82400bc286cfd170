"""Holds, runs, and since when accounts are disabled."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = 'retention_0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything."""
    op.create_table(
        'retention_hold',
        sa.Column('delivery', sa.Text, primary_key=True),
        sa.Column('why', sa.Text, nullable=False),
        sa.Column('by_whom', sa.Text, nullable=False),
        sa.Column('at_ms', sa.BigInteger, nullable=False),
    )
    op.create_table(
        'retention_run',
        sa.Column('number', sa.Integer, primary_key=True, autoincrement=True),
        sa.Column('by_whom', sa.Text, nullable=False),
        sa.Column('asked_ms', sa.BigInteger, nullable=False),
        sa.Column('ended_ms', sa.BigInteger),
        sa.Column('counts', sa.Text, nullable=False),
        sa.Column('problem', sa.Text, nullable=False),
    )
    op.create_table(
        'retention_disabled',
        sa.Column('account', sa.Text, primary_key=True),
        sa.Column('since_ms', sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    """Refuse: what is held is never let go by a program."""
    raise NotImplementedError('restore the backup made before the upgrade')
