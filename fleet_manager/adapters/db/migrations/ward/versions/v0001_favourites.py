"""Favourites of people at a station."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = 'ward_0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        'ward_favourite',
        sa.Column('station', sa.Text),
        sa.Column('account', sa.Text),
        sa.Column('goods', sa.Text),
        sa.Column('sender', sa.Text),
        sa.Column('recipient', sa.Text),
        sa.Column('added_ms', sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint(
            'station', 'account', 'goods', 'sender', 'recipient', name='pk_ward_favourite'
        ),
    )


def downgrade() -> None:
    """Refuse: what people keep is never taken apart by a program."""
    raise NotImplementedError('restore the backup made before the upgrade')
