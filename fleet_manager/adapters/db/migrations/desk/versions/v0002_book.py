"""The book of the service desk: claims of porters, notes between shifts, complaints."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = 'desk_0002'
down_revision = 'desk_0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        'claim',
        sa.Column('delivery', sa.Text),
        sa.Column('account', sa.Text, nullable=False),
        sa.Column('at_ms', sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint('delivery', name='pk_claim'),
    )
    op.create_table(
        'note',
        sa.Column('id', sa.Integer),
        sa.Column('key', sa.Text, nullable=False),
        sa.Column('at_ms', sa.BigInteger, nullable=False),
        sa.Column('author', sa.Text, nullable=False),
        sa.Column('body', sa.Text, nullable=False),
        sa.Column('taken_by', sa.Text),
        sa.Column('taken_at', sa.BigInteger),
        sa.PrimaryKeyConstraint('id', name='pk_note'),
        sa.UniqueConstraint('key', name='uq_note_key'),
    )
    op.create_index('ix_note_taken_at', 'note', ['taken_at'])
    op.create_table(
        'complaint',
        sa.Column('id', sa.Integer),
        sa.Column('key', sa.Text, nullable=False),
        sa.Column('at_ms', sa.BigInteger, nullable=False),
        sa.Column('author', sa.Text, nullable=False),
        sa.Column('station', sa.Text, nullable=False),
        sa.Column('delivery', sa.Text),
        sa.Column('body', sa.Text, nullable=False),
        sa.Column('answer', sa.Text, nullable=False),
        sa.Column('answered_by', sa.Text),
        sa.Column('answered_at', sa.BigInteger),
        sa.Column('closed_by', sa.Text),
        sa.Column('closed_at', sa.BigInteger),
        sa.PrimaryKeyConstraint('id', name='pk_complaint'),
        sa.UniqueConstraint('key', name='uq_complaint_key'),
    )
    op.create_index('ix_complaint_closed_at', 'complaint', ['closed_at'])


def downgrade() -> None:
    """Refuse: what people wrote is never taken apart by a program."""
    raise NotImplementedError('restore the backup made before the upgrade')
