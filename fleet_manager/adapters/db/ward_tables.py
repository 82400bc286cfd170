"""Tables of what wards keep for themselves."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Integer, MetaData, Table, Text

ward_tables: Final = MetaData()

favourite: Final = Table(
    'ward_favourite',
    ward_tables,
    Column('station', Text, primary_key=True),
    Column('account', Text, primary_key=True),
    Column('goods', Text, primary_key=True),
    Column('sender', Text, primary_key=True),
    Column('recipient', Text, primary_key=True),
    Column('added_ms', BigInteger, nullable=False),
)

plan: Final = Table(
    'ward_plan',
    ward_tables,
    Column('id', Text, primary_key=True),
    Column('station', Text, nullable=False),
    Column('goods', Text, nullable=False),
    Column('sender', Text, nullable=False),
    Column('recipient', Text, nullable=False),
    Column('days', Text, nullable=False),
    Column('start_min', Integer, nullable=False),
    Column('window_min', Integer, nullable=False),
    Column('note', Text, nullable=False),
    Column('paused', Boolean, nullable=False),
    Column('since_ms', BigInteger, nullable=False),
)

noted: Final = Table(
    'ward_noted',
    ward_tables,
    Column('subject', Text, primary_key=True),
    Column('day', Text, primary_key=True),
    Column('station', Text, nullable=False),
    Column('at_ms', BigInteger, nullable=False),
    Column('outcome', Text, nullable=False),
    Column('delivery', Text, nullable=False),
)

bed: Final = Table(
    'ward_bed',
    ward_tables,
    Column('station', Text, primary_key=True),
    Column('bed', Text, primary_key=True),
    Column('place', Integer, nullable=False),
    Column('diet', Text, nullable=False),
)

meal: Final = Table(
    'ward_meal',
    ward_tables,
    Column('round', Text, primary_key=True),
    Column('station', Text, primary_key=True),
    Column('bed', Text, primary_key=True),
    Column('place', Integer, nullable=False),
    Column('diet', Text, nullable=False),
)
