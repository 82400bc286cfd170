"""Catalogue, stock, ledger and proposals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = 'books_0001'
down_revision = None
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    """Make everything."""
    op.create_table(
        'bookmark',
        sa.Column('id', sa.Integer, autoincrement=False),
        sa.Column('seq', sa.BigInteger, nullable=False),
        sa.Column('hash', sa.Text, nullable=False),
        sa.PrimaryKeyConstraint('id', name='pk_bookmark'),
        sa.CheckConstraint('id = 1', name=op.f('ck_bookmark_one_row')),
    )
    op.execute(sa.text("INSERT INTO bookmark (id, seq, hash) VALUES (1, 0, '')"))
    op.create_table(
        'item',
        sa.Column('code', sa.Text),
        sa.Column('name_zh', sa.Text, nullable=False),
        sa.Column('name_en', sa.Text, nullable=False),
        sa.Column('goods', sa.Text, nullable=False),
        sa.Column('unit', sa.Text, nullable=False),
        sa.PrimaryKeyConstraint('code', name='pk_item'),
    )
    op.create_table(
        'stock',
        sa.Column('station', sa.Text),
        sa.Column('item', sa.Text),
        sa.Column('lot', sa.Text),
        sa.Column('expires', sa.Text, nullable=False),
        sa.Column('pieces', sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint('station', 'item', 'lot', name='pk_stock'),
        sa.ForeignKeyConstraint(['item'], ['item.code'], name='fk_stock_item'),
    )
    op.create_table(
        'line',
        sa.Column('station', sa.Text),
        sa.Column('item', sa.Text),
        sa.Column('warning', sa.BigInteger, nullable=False),
        sa.Column('target', sa.BigInteger, nullable=False),
        sa.Column('source', sa.Text, nullable=False),
        sa.PrimaryKeyConstraint('station', 'item', name='pk_line'),
        sa.ForeignKeyConstraint(['item'], ['item.code'], name='fk_line_item'),
    )
    _make_ledger()
    _make_deliveries()


def _make_ledger() -> None:
    op.create_table(
        'movement',
        sa.Column('id', _NUMBER, autoincrement=True),
        sa.Column('seq', sa.BigInteger),
        sa.Column('at_ms', sa.BigInteger, nullable=False),
        sa.Column('actor', sa.Text, nullable=False),
        sa.Column('reason', sa.Text, nullable=False),
        sa.Column('delivery', sa.Text),
        sa.Column('station', sa.Text, nullable=False),
        sa.Column('item', sa.Text, nullable=False),
        sa.Column('lot', sa.Text, nullable=False),
        sa.Column('expires', sa.Text, nullable=False),
        sa.Column('change', sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint('id', name='pk_movement'),
        sa.ForeignKeyConstraint(['item'], ['item.code'], name='fk_movement_item'),
    )
    op.create_index('ix_movement_delivery', 'movement', ['delivery'])
    _unique_where(
        'uq_movement_once',
        'movement',
        ['seq', 'delivery', 'station', 'item', 'lot'],
        'seq IS NOT NULL',
    )


def _make_deliveries() -> None:
    op.create_table(
        'consignment',
        sa.Column('delivery', sa.Text),
        sa.Column('sender', sa.Text, nullable=False),
        sa.Column('recipient', sa.Text, nullable=False),
        sa.Column('state', sa.Text, nullable=False),
        sa.PrimaryKeyConstraint('delivery', name='pk_consignment'),
    )
    op.create_table(
        'packing',
        sa.Column('delivery', sa.Text),
        sa.Column('item', sa.Text),
        sa.Column('pieces', sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint('delivery', 'item', name='pk_packing'),
        sa.ForeignKeyConstraint(['item'], ['item.code'], name='fk_packing_item'),
    )
    op.create_table(
        'proposal',
        sa.Column('number', _NUMBER, autoincrement=True),
        sa.Column('station', sa.Text, nullable=False),
        sa.Column('item', sa.Text, nullable=False),
        sa.Column('pieces', sa.BigInteger, nullable=False),
        sa.Column('source', sa.Text, nullable=False),
        sa.Column('made_ms', sa.BigInteger, nullable=False),
        sa.Column('state', sa.Text, nullable=False),
        sa.Column('delivery', sa.Text),
        sa.Column('decided_by', sa.Text),
        sa.Column('decided_ms', sa.BigInteger),
        sa.PrimaryKeyConstraint('number', name='pk_proposal'),
        sa.ForeignKeyConstraint(['item'], ['item.code'], name='fk_proposal_item'),
    )
    op.create_index('ix_proposal_delivery', 'proposal', ['delivery'])
    _unique_where('uq_proposal_open', 'proposal', ['station', 'item'], "state = 'open'")


def _unique_where(name: str, table: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(
        name, table, columns, unique=True, sqlite_where=condition, postgresql_where=condition
    )


def downgrade() -> None:
    """Refuse: books are never taken apart by a program."""
    raise NotImplementedError('restore the backup made before the upgrade')
