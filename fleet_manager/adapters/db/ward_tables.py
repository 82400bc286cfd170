"""Tables of what wards keep for themselves."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, MetaData, Table, Text

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
