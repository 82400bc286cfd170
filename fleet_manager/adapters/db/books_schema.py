"""Tables of the books. `movement` is the ledger and never changes; `stock` is its sum."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    text,
)

from fleet_manager.adapters.db.schema import account_tables

book_tables: Final = MetaData(naming_convention=account_tables.naming_convention)

_Number: Final = BigInteger().with_variant(Integer(), 'sqlite')

bookmark: Final = Table(
    'bookmark',
    book_tables,
    Column('id', Integer, primary_key=True, autoincrement=False),
    Column('seq', BigInteger, nullable=False),
    Column('hash', Text, nullable=False),
    CheckConstraint('id = 1', name='one_row'),
)

item: Final = Table(
    'item',
    book_tables,
    Column('code', Text, primary_key=True),
    Column('name_zh', Text, nullable=False),
    Column('name_en', Text, nullable=False),
    Column('goods', Text, nullable=False),
    Column('unit', Text, nullable=False),
)

stock: Final = Table(
    'stock',
    book_tables,
    Column('station', Text, primary_key=True),
    Column('item', Text, ForeignKey('item.code'), primary_key=True),
    Column('lot', Text, primary_key=True),
    Column('expires', Text, nullable=False),
    Column('pieces', BigInteger, nullable=False),
)

line: Final = Table(
    'line',
    book_tables,
    Column('station', Text, primary_key=True),
    Column('item', Text, ForeignKey('item.code'), primary_key=True),
    Column('warning', BigInteger, nullable=False),
    Column('target', BigInteger, nullable=False),
    Column('source', Text, nullable=False),
)

#: `seq` is the journal line that moved it, null where a person counted.
movement: Final = Table(
    'movement',
    book_tables,
    Column('id', _Number, primary_key=True, autoincrement=True),
    Column('seq', BigInteger),
    Column('at_ms', BigInteger, nullable=False),
    Column('actor', Text, nullable=False),
    Column('reason', Text, nullable=False),
    Column('delivery', Text),
    Column('station', Text, nullable=False),
    Column('item', Text, ForeignKey('item.code'), nullable=False),
    Column('lot', Text, nullable=False),
    Column('expires', Text, nullable=False),
    Column('change', BigInteger, nullable=False),
    Index('ix_movement_delivery', 'delivery'),
    Index(
        'uq_movement_once',
        'seq',
        'delivery',
        'station',
        'item',
        'lot',
        unique=True,
        sqlite_where=text('seq IS NOT NULL'),
        postgresql_where=text('seq IS NOT NULL'),
    ),
)

#: Deliveries the books follow, until they end. `state` is a `Move`.
consignment: Final = Table(
    'consignment',
    book_tables,
    Column('delivery', Text, primary_key=True),
    Column('sender', Text, nullable=False),
    Column('recipient', Text, nullable=False),
    Column('state', Text, nullable=False),
)

packing: Final = Table(
    'packing',
    book_tables,
    Column('delivery', Text, primary_key=True),
    Column('item', Text, ForeignKey('item.code'), primary_key=True),
    Column('pieces', BigInteger, nullable=False),
)

proposal: Final = Table(
    'proposal',
    book_tables,
    Column('number', _Number, primary_key=True, autoincrement=True),
    Column('station', Text, nullable=False),
    Column('item', Text, ForeignKey('item.code'), nullable=False),
    Column('pieces', BigInteger, nullable=False),
    Column('source', Text, nullable=False),
    Column('made_ms', BigInteger, nullable=False),
    Column('state', Text, nullable=False),
    Column('delivery', Text),
    Column('decided_by', Text),
    Column('decided_ms', BigInteger),
    Index('ix_proposal_delivery', 'delivery'),
    Index(
        'uq_proposal_open',
        'station',
        'item',
        unique=True,
        sqlite_where=text("state = 'open'"),
        postgresql_where=text("state = 'open'"),
    ),
)
