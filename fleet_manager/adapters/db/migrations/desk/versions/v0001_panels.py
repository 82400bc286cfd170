"""The screens on robots."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = 'desk_0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything."""
    op.create_table(
        'panel',
        sa.Column('robot', sa.Text),
        sa.Column('code_hash', sa.Text),
        sa.Column('code_until', sa.BigInteger, nullable=False),
        sa.Column('tries', sa.Integer, nullable=False),
        sa.Column('token_hash', sa.Text),
        sa.PrimaryKeyConstraint('robot', name='pk_panel'),
        sa.UniqueConstraint('token_hash', name='uq_panel_token_hash'),
    )


def downgrade() -> None:
    """Refuse: pairings are never taken apart by a program."""
    raise NotImplementedError('restore the backup made before the upgrade')
