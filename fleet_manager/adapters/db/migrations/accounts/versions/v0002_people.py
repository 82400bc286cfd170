"""Personal accounts with stations and badges; sessions that say where, how fresh and why ended."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = 'accounts_0002'
down_revision = 'accounts_0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is new; accounts there are stay shared, their sessions go on."""
    op.add_column(
        'account', sa.Column('personal', sa.Boolean, nullable=False, server_default=sa.false())
    )
    op.add_column('session', sa.Column('fresh', sa.BigInteger, nullable=False, server_default='0'))
    op.add_column('session', sa.Column('station', sa.Text))
    op.add_column('session', sa.Column('device', sa.Text, nullable=False, server_default=''))
    op.add_column('session', sa.Column('ended', sa.Text, nullable=False, server_default=''))
    op.create_table(
        'workplace',
        sa.Column('account', sa.Text, nullable=False),
        sa.Column('station', sa.Text, nullable=False),
        sa.Column('place', sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint('account', 'station', name='pk_workplace'),
        sa.ForeignKeyConstraint(['account'], ['account.id'], name='fk_workplace_account'),
    )
    op.create_table(
        'badge',
        sa.Column('code_hash', sa.Text),
        sa.Column('account', sa.Text, nullable=False),
        sa.Column('added', sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint('code_hash', name='pk_badge'),
        sa.ForeignKeyConstraint(['account'], ['account.id'], name='fk_badge_account'),
    )
    op.create_index('ix_badge_account', 'badge', ['account'])


def downgrade() -> None:
    """Refuse: accounts are never taken apart by a program."""
    raise NotImplementedError('restore the backup made before the upgrade')
