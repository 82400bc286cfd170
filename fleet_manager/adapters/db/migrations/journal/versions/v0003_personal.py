"""Names and texts beside the lines, so that they can be erased; older lines stay as they are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = 'journal_0003'
down_revision = 'journal_0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Say how each line is written, and make the table of what the newer ones stand for."""
    op.add_column('event', sa.Column('form', sa.Integer, nullable=False, server_default='1'))
    op.create_table(
        'personal',
        sa.Column('token', sa.Text),
        sa.Column('sort', sa.Text, nullable=False),
        sa.Column('seq', sa.BigInteger, nullable=False),
        sa.Column('delivery', sa.Text),
        sa.Column('salt', sa.Text, nullable=False),
        sa.Column('body', sa.Text, nullable=False),
        sa.PrimaryKeyConstraint('token', name='pk_personal'),
    )
    op.create_index('ix_personal_delivery_sort', 'personal', ['delivery', 'sort'])
