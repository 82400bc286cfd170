"""Tables, the same for SQLite and PostgreSQL. The migrations build them; a test compares the two.

`event` is the truth. Everything else can be made again from it and is there for constraints: what
must never happen (two robots on one resource, a compartment loaded twice, one key twice) is
refused by the database even when the program is wrong.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

_NAMES: Final = {
    'pk': 'pk_%(table_name)s',
    'uq': 'uq_%(table_name)s_%(column_0_N_name)s',
    'fk': 'fk_%(table_name)s_%(column_0_N_name)s',
    'ck': 'ck_%(table_name)s_%(constraint_name)s',
    'ix': 'ix_%(table_name)s_%(column_0_N_name)s',
}

journal_tables: Final = MetaData(naming_convention=_NAMES)
account_tables: Final = MetaData(naming_convention=_NAMES)
desk_tables: Final = MetaData(naming_convention=_NAMES)
webhook_tables: Final = MetaData(naming_convention=_NAMES)

#: A growing number. SQLite needs the word INTEGER to make a primary key its row number.
_Number: Final = BigInteger().with_variant(Integer(), 'sqlite')

#: States in which a parcel is, or is being put, into a compartment: one for each compartment, and
#: its mates, which are those that were put in by the same opening.
OCCUPYING: Final = ('loading', 'under_way', 'awaiting_receipt', 'opened')

leader: Final = Table(
    'leader',
    journal_tables,
    Column('id', Integer, primary_key=True, autoincrement=False),
    Column('epoch', BigInteger, nullable=False),
    Column('holder', Text, nullable=False),
    Column('generation', Integer, nullable=False),
    Column('beat', BigInteger, nullable=False),
    CheckConstraint('id = 1', name='one_row'),
)

event: Final = Table(
    'event',
    journal_tables,
    Column('seq', _Number, primary_key=True, autoincrement=False),
    Column('at_ms', BigInteger, nullable=False),
    Column('epoch', BigInteger, nullable=False),
    Column('actor', Text, nullable=False),
    Column('kind', Text, nullable=False),
    Column('delivery', Text),
    Column('robot', Text),
    Column('body', Text, nullable=False),
    Column('prev_hash', Text, nullable=False),
    Column('hash', Text, nullable=False),
    Column('form', Integer, nullable=False, server_default='1'),
    Index(None, 'delivery', 'seq'),
    Index(None, 'robot', 'seq'),
    Index(None, 'kind', 'seq'),
)

#: What the commitments of sealed lines stand for, until it is written over: the only table of the
#: journal where a row may change. `seq` is the line it was first needed for.
personal: Final = Table(
    'personal',
    journal_tables,
    Column('token', Text, primary_key=True),
    Column('sort', Text, nullable=False),
    Column('seq', BigInteger, nullable=False),
    Column('delivery', Text),
    Column('salt', Text, nullable=False),
    Column('body', Text, nullable=False),
    Index(None, 'delivery', 'sort'),
)

command: Final = Table(
    'command',
    journal_tables,
    Column('device', Text, primary_key=True),
    Column('number', BigInteger, nullable=False),
    Column('body', Text, nullable=False),
    Column('epoch', BigInteger, nullable=False),
    Column('written_ms', BigInteger, nullable=False),
)

snapshot: Final = Table(
    'snapshot',
    journal_tables,
    Column('seq', _Number, primary_key=True, autoincrement=False),
    Column('body', Text, nullable=False),
    Column('hash', Text, nullable=False),
)

delivery: Final = Table(
    'delivery',
    journal_tables,
    Column('id', Text, primary_key=True),
    Column('number', BigInteger, nullable=False),
    Column('state', Text, nullable=False),
    Column('version', Integer, nullable=False),
    Column('goods', Text, nullable=False),
    Column('sender', Text, nullable=False),
    Column('recipient', Text, nullable=False),
    Column('urgency', Text, nullable=False),
    Column('requested_at', BigInteger, nullable=False),
    Column('ended_at', BigInteger),
    Column('robot', Text),
    Column('compartment', Text),
    Column('mate_of', Text),
    UniqueConstraint('number'),
)
_states = ', '.join(f"'{state}'" for state in OCCUPYING)
_occupying = text(f'state IN ({_states}) AND mate_of IS NULL')
Index(
    'ux_delivery_compartment',
    delivery.c.robot,
    delivery.c.compartment,
    unique=True,
    sqlite_where=_occupying,
    postgresql_where=_occupying,
)

#: What was asked for under which key, as a hash of account and key, until it is archived.
idempotency: Final = Table(
    'idempotency',
    journal_tables,
    Column('actor', Text, primary_key=True),
    Column('key', Text, primary_key=True),
    Column('body_hash', Text, nullable=False),
    Column('delivery', Text, ForeignKey('delivery.id'), nullable=False),
    UniqueConstraint('delivery'),
)

custody: Final = Table(
    'custody',
    journal_tables,
    Column('delivery', Text, ForeignKey('delivery.id'), primary_key=True),
    Column('seq', Integer, primary_key=True, autoincrement=False),
    Column('from_holder', Text, nullable=False),
    Column('to_holder', Text, nullable=False),
    Column('at_ms', BigInteger, nullable=False),
    Column('signed_by', Text, nullable=False),
)

holding: Final = Table(
    'holding',
    journal_tables,
    Column('resource', Text, primary_key=True),
    Column('robot', Text, nullable=False),
    Index(None, 'robot'),
)

account: Final = Table(
    'account',
    account_tables,
    Column('id', Text, primary_key=True),
    Column('label', Text, nullable=False),
    Column('role', Text, nullable=False),
    Column('station', Text),
    Column('secret_hash', Text, nullable=False),
    Column('disabled', Boolean, nullable=False),
    Column('personal', Boolean, nullable=False, server_default=false()),
    Column('issuer', Text, nullable=False, server_default=''),
    Column('subject', Text, nullable=False, server_default=''),
    Index(
        'uq_account_identity',
        'issuer',
        'subject',
        unique=True,
        sqlite_where=text("issuer <> ''"),
        postgresql_where=text("issuer <> ''"),
    ),
)

#: Where a person may work; `account.station` is the first of them.
workplace: Final = Table(
    'workplace',
    account_tables,
    Column('account', Text, ForeignKey('account.id'), primary_key=True),
    Column('station', Text, primary_key=True),
    Column('place', Integer, nullable=False),
)

#: A badge is known by a keyed hash of its code: who has the table cannot make the badges.
badge: Final = Table(
    'badge',
    account_tables,
    Column('code_hash', Text, primary_key=True),
    Column('account', Text, ForeignKey('account.id'), nullable=False),
    Column('added', BigInteger, nullable=False),
    Index(None, 'account'),
)

#: Tries are counted for the name that was typed, known or not: a lock tells nobody who exists.
attempt: Final = Table(
    'attempt',
    account_tables,
    Column('name_hash', Text, primary_key=True),
    Column('failures', Integer, nullable=False),
    Column('locked_until', BigInteger, nullable=False),
    Column('last_ms', BigInteger, nullable=False),
)

session: Final = Table(
    'session',
    account_tables,
    Column('token_hash', Text, primary_key=True),
    Column('account', Text, ForeignKey('account.id'), nullable=False),
    Column('opened', BigInteger, nullable=False),
    Column('last_seen', BigInteger, nullable=False),
    Column('fresh', BigInteger, nullable=False, server_default='0'),
    Column('station', Text),
    Column('device', Text, nullable=False, server_default=''),
    Column('ended', Text, nullable=False, server_default=''),
    Index(None, 'account', 'opened'),
)

#: The screen of a robot: the code that pairs a device, and the token of the device that is paired.
panel: Final = Table(
    'panel',
    desk_tables,
    Column('robot', Text, primary_key=True),
    Column('code_hash', Text),
    Column('code_until', BigInteger, nullable=False),
    Column('tries', Integer, nullable=False),
    Column('token_hash', Text),
    UniqueConstraint('token_hash'),
)

#: Which porter goes for a delivery. Custody is in the journal.
claim: Final = Table(
    'claim',
    desk_tables,
    Column('delivery', Text, primary_key=True),
    Column('account', Text, nullable=False),
    Column('at_ms', BigInteger, nullable=False),
)

note: Final = Table(
    'note',
    desk_tables,
    Column('id', Integer, primary_key=True),
    Column('key', Text, nullable=False),
    Column('at_ms', BigInteger, nullable=False),
    Column('author', Text, nullable=False),
    Column('body', Text, nullable=False),
    Column('taken_by', Text),
    Column('taken_at', BigInteger),
    UniqueConstraint('key'),
    Index(None, 'taken_at'),
)

complaint: Final = Table(
    'complaint',
    desk_tables,
    Column('id', Integer, primary_key=True),
    Column('key', Text, nullable=False),
    Column('at_ms', BigInteger, nullable=False),
    Column('author', Text, nullable=False),
    Column('station', Text, nullable=False),
    Column('delivery', Text),
    Column('body', Text, nullable=False),
    Column('answer', Text, nullable=False),
    Column('answered_by', Text),
    Column('answered_at', BigInteger),
    Column('closed_by', Text),
    Column('closed_at', BigInteger),
    UniqueConstraint('key'),
    Index(None, 'closed_at'),
)

#: What people and programs did, or were refused. Lines are added and never changed.
deed: Final = Table(
    'deed',
    account_tables,
    Column('seq', _Number, primary_key=True, autoincrement=True),
    Column('at_ms', BigInteger, nullable=False),
    Column('who', Text, nullable=False),
    Column('role', Text, nullable=False),
    Column('deed', Text, nullable=False),
    Column('subject', Text, nullable=False),
    Column('outcome', Text, nullable=False),
    Column('place', Text, nullable=False),
    Index(None, 'who', 'seq'),
    Index(None, 'deed', 'seq'),
    Index(None, 'at_ms'),
)

#: Keys of programs, known by the hash of what follows their public name.
api_key: Final = Table(
    'api_key',
    account_tables,
    Column('id', Text, primary_key=True),
    Column('label', Text, nullable=False),
    Column('secret_hash', Text, nullable=False),
    Column('scopes', Text, nullable=False),
    Column('station', Text),
    Column('made', BigInteger, nullable=False),
    Column('expires', BigInteger, nullable=False),
    Column('revoked', BigInteger, nullable=False, server_default='0'),
    Column('last_used', BigInteger, nullable=False, server_default='0'),
)

webhook: Final = Table(
    'webhook',
    webhook_tables,
    Column('id', Text, primary_key=True),
    Column('url', Text, nullable=False),
    Column('secret', Text, nullable=False),
    Column('events', Text, nullable=False),
    Column('station', Text),
    Column('position', BigInteger, nullable=False),
    Column('made_by', Text, nullable=False),
    Column('made_at', BigInteger, nullable=False),
    Column('tries', Integer, nullable=False),
    Column('next_at', BigInteger, nullable=False),
    Column('problem', Text, nullable=False),
    Column('paused', Text, nullable=False),
    Column('delivered', BigInteger, nullable=False),
)

dead_letter: Final = Table(
    'dead_letter',
    webhook_tables,
    Column('webhook', Text, ForeignKey('webhook.id'), primary_key=True),
    Column('seq', BigInteger, primary_key=True, autoincrement=False),
    Column('event', Text, nullable=False),
    Column('at_ms', BigInteger, nullable=False),
    Column('problem', Text, nullable=False),
    Column('again', Boolean, nullable=False),
)
