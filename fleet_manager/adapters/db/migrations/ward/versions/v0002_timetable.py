"""Timetables, meals, and what came of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = 'ward_0002'
down_revision = 'ward_0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        'ward_plan',
        sa.Column('id', sa.Text),
        sa.Column('station', sa.Text, nullable=False),
        sa.Column('goods', sa.Text, nullable=False),
        sa.Column('sender', sa.Text, nullable=False),
        sa.Column('recipient', sa.Text, nullable=False),
        sa.Column('days', sa.Text, nullable=False),
        sa.Column('start_min', sa.Integer, nullable=False),
        sa.Column('window_min', sa.Integer, nullable=False),
        sa.Column('note', sa.Text, nullable=False),
        sa.Column('paused', sa.Boolean, nullable=False),
        sa.Column('since_ms', sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint('id', name='pk_ward_plan'),
    )
    op.create_index('ix_ward_plan_station', 'ward_plan', ['station'])
    op.create_table(
        'ward_noted',
        sa.Column('subject', sa.Text),
        sa.Column('day', sa.Text),
        sa.Column('station', sa.Text, nullable=False),
        sa.Column('at_ms', sa.BigInteger, nullable=False),
        sa.Column('outcome', sa.Text, nullable=False),
        sa.Column('delivery', sa.Text, nullable=False),
        sa.PrimaryKeyConstraint('subject', 'day', name='pk_ward_noted'),
    )
    op.create_index('ix_ward_noted_at_ms', 'ward_noted', ['at_ms'])
    op.create_table(
        'ward_bed',
        sa.Column('station', sa.Text),
        sa.Column('bed', sa.Text),
        sa.Column('place', sa.Integer, nullable=False),
        sa.Column('diet', sa.Text, nullable=False),
        sa.PrimaryKeyConstraint('station', 'bed', name='pk_ward_bed'),
    )
    op.create_table(
        'ward_meal',
        sa.Column('round', sa.Text),
        sa.Column('station', sa.Text),
        sa.Column('bed', sa.Text),
        sa.Column('place', sa.Integer, nullable=False),
        sa.Column('diet', sa.Text, nullable=False),
        sa.PrimaryKeyConstraint('round', 'station', 'bed', name='pk_ward_meal'),
    )


def downgrade() -> None:
    """Refuse: what people keep is never taken apart by a program."""
    raise NotImplementedError('restore the backup made before the upgrade')
