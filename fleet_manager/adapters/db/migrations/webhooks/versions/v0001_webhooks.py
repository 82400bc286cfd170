"""Subscriptions of other systems, and what they refused."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = 'webhooks_0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything."""
    op.create_table(
        'webhook',
        sa.Column('id', sa.Text),
        sa.Column('url', sa.Text, nullable=False),
        sa.Column('secret', sa.Text, nullable=False),
        sa.Column('events', sa.Text, nullable=False),
        sa.Column('station', sa.Text),
        sa.Column('position', sa.BigInteger, nullable=False),
        sa.Column('made_by', sa.Text, nullable=False),
        sa.Column('made_at', sa.BigInteger, nullable=False),
        sa.Column('tries', sa.Integer, nullable=False),
        sa.Column('next_at', sa.BigInteger, nullable=False),
        sa.Column('problem', sa.Text, nullable=False),
        sa.Column('paused', sa.Text, nullable=False),
        sa.Column('delivered', sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint('id', name='pk_webhook'),
    )
    op.create_table(
        'dead_letter',
        sa.Column('webhook', sa.Text),
        sa.Column('seq', sa.BigInteger, autoincrement=False),
        sa.Column('event', sa.Text, nullable=False),
        sa.Column('at_ms', sa.BigInteger, nullable=False),
        sa.Column('problem', sa.Text, nullable=False),
        sa.Column('again', sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint('webhook', 'seq', name='pk_dead_letter'),
        sa.ForeignKeyConstraint(['webhook'], ['webhook.id'], name='fk_dead_letter_webhook'),
    )


def downgrade() -> None:
    """Refuse: subscriptions are never taken apart by a program."""
    raise NotImplementedError('restore the backup made before the upgrade')
