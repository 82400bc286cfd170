"""Accounts, tries and sessions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = 'accounts_0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything."""
    op.create_table(
        'account',
        sa.Column('id', sa.Text),
        sa.Column('label', sa.Text, nullable=False),
        sa.Column('role', sa.Text, nullable=False),
        sa.Column('station', sa.Text),
        sa.Column('secret_hash', sa.Text, nullable=False),
        sa.Column('disabled', sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint('id', name='pk_account'),
    )
    op.create_table(
        'attempt',
        sa.Column('name_hash', sa.Text),
        sa.Column('failures', sa.Integer, nullable=False),
        sa.Column('locked_until', sa.BigInteger, nullable=False),
        sa.Column('last_ms', sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint('name_hash', name='pk_attempt'),
    )
    op.create_table(
        'session',
        sa.Column('token_hash', sa.Text),
        sa.Column('account', sa.Text, nullable=False),
        sa.Column('opened', sa.BigInteger, nullable=False),
        sa.Column('last_seen', sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint('token_hash', name='pk_session'),
        sa.ForeignKeyConstraint(['account'], ['account.id'], name='fk_session_account'),
    )
    op.create_index('ix_session_account_opened', 'session', ['account', 'opened'])


def downgrade() -> None:
    """Refuse: accounts are never taken apart by a program."""
    raise NotImplementedError('restore the backup made before the upgrade')
