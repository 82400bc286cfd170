"""The list of what people and programs did, and the keys of programs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = 'accounts_0003'
down_revision = 'accounts_0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both tables."""
    number = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
    op.create_table(
        'deed',
        sa.Column('seq', number, autoincrement=True),
        sa.Column('at_ms', sa.BigInteger, nullable=False),
        sa.Column('who', sa.Text, nullable=False),
        sa.Column('role', sa.Text, nullable=False),
        sa.Column('deed', sa.Text, nullable=False),
        sa.Column('subject', sa.Text, nullable=False),
        sa.Column('outcome', sa.Text, nullable=False),
        sa.Column('place', sa.Text, nullable=False),
        sa.PrimaryKeyConstraint('seq', name='pk_deed'),
    )
    op.create_index('ix_deed_who_seq', 'deed', ['who', 'seq'])
    op.create_index('ix_deed_deed_seq', 'deed', ['deed', 'seq'])
    op.create_index('ix_deed_at_ms', 'deed', ['at_ms'])
    op.create_table(
        'api_key',
        sa.Column('id', sa.Text),
        sa.Column('label', sa.Text, nullable=False),
        sa.Column('secret_hash', sa.Text, nullable=False),
        sa.Column('scopes', sa.Text, nullable=False),
        sa.Column('station', sa.Text),
        sa.Column('made', sa.BigInteger, nullable=False),
        sa.Column('expires', sa.BigInteger, nullable=False),
        sa.Column('revoked', sa.BigInteger, nullable=False, server_default='0'),
        sa.Column('last_used', sa.BigInteger, nullable=False, server_default='0'),
        sa.PrimaryKeyConstraint('id', name='pk_api_key'),
    )


def downgrade() -> None:
    """Refuse: accounts are never taken apart by a program."""
    raise NotImplementedError('restore the backup made before the upgrade')
