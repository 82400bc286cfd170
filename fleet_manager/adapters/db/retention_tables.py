"""Tables of the retention: what is held, what was run, since when an account is disabled."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Integer, MetaData, Table, Text

retention_tables: Final = MetaData()

hold: Final = Table(
    'retention_hold',
    retention_tables,
    Column('delivery', Text, primary_key=True),
    Column('why', Text, nullable=False),
    Column('by_whom', Text, nullable=False),
    Column('at_ms', BigInteger, nullable=False),
)

run: Final = Table(
    'retention_run',
    retention_tables,
    Column('number', Integer, primary_key=True, autoincrement=True),
    Column('by_whom', Text, nullable=False),
    Column('asked_ms', BigInteger, nullable=False),
    Column('ended_ms', BigInteger),
    Column('counts', Text, nullable=False),
    Column('problem', Text, nullable=False),
)

#: Personal accounts, and when they were first seen disabled.
disabled: Final = Table(
    'retention_disabled',
    retention_tables,
    Column('account', Text, primary_key=True),
    Column('since_ms', BigInteger, nullable=False),
)
