"""Parcels that are put into one compartment by one opening: one of them stands for all."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = 'journal_0002'
down_revision = 'journal_0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let a compartment have one parcel, and those that were opened for together with it."""
    op.add_column('delivery', sa.Column('mate_of', sa.Text))
    op.drop_index('ux_delivery_compartment', 'delivery')
    states = "state IN ('loading', 'under_way', 'awaiting_receipt', 'opened')"
    occupying = sa.text(f'{states} AND mate_of IS NULL')
    op.create_index(
        'ux_delivery_compartment',
        'delivery',
        ['robot', 'compartment'],
        unique=True,
        sqlite_where=occupying,
        postgresql_where=occupying,
    )
