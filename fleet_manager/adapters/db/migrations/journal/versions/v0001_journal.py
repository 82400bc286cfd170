"""Journal, leader, pending commands, snapshots and the state projections."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = 'journal_0001'
down_revision = None
branch_labels = None
depends_on = None

#: The tables nobody may change, and how to find the row that an INSERT would replace.
SAME_KEY = {
    'event': 'SELECT 1 FROM event WHERE seq = NEW.seq',
    'custody': 'SELECT 1 FROM custody WHERE delivery = NEW.delivery AND seq = NEW.seq',
}


def upgrade() -> None:
    """Make everything."""
    _make_leader_and_journal()
    _make_projections()
    for table in SAME_KEY:
        if op.get_bind().dialect.name == 'sqlite':
            _guard_sqlite(table)
        else:
            _guard_postgresql(table)


def downgrade() -> None:
    """Refuse: a journal is never taken apart by a program."""
    raise NotImplementedError('restore the backup made before the upgrade')


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def _make_leader_and_journal() -> None:
    leader = op.create_table(
        'leader',
        sa.Column('id', sa.Integer, autoincrement=False),
        sa.Column('epoch', sa.BigInteger, nullable=False),
        sa.Column('holder', sa.Text, nullable=False),
        sa.Column('generation', sa.Integer, nullable=False),
        sa.Column('beat', sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint('id', name='pk_leader'),
        sa.CheckConstraint('id = 1', name=op.f('ck_leader_one_row')),
    )
    op.bulk_insert(leader, [{'id': 1, 'epoch': 0, 'holder': '', 'generation': 1, 'beat': 0}])
    op.create_table(
        'event',
        sa.Column('seq', _number(), autoincrement=False),
        sa.Column('at_ms', sa.BigInteger, nullable=False),
        sa.Column('epoch', sa.BigInteger, nullable=False),
        sa.Column('actor', sa.Text, nullable=False),
        sa.Column('kind', sa.Text, nullable=False),
        sa.Column('delivery', sa.Text),
        sa.Column('robot', sa.Text),
        sa.Column('body', sa.Text, nullable=False),
        sa.Column('prev_hash', sa.Text, nullable=False),
        sa.Column('hash', sa.Text, nullable=False),
        sa.PrimaryKeyConstraint('seq', name='pk_event'),
    )
    for column in ('delivery', 'robot', 'kind'):
        op.create_index(f'ix_event_{column}_seq', 'event', [column, 'seq'])
    op.create_table(
        'command',
        sa.Column('device', sa.Text),
        sa.Column('number', sa.BigInteger, nullable=False),
        sa.Column('body', sa.Text, nullable=False),
        sa.Column('epoch', sa.BigInteger, nullable=False),
        sa.Column('written_ms', sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint('device', name='pk_command'),
    )
    op.create_table(
        'snapshot',
        sa.Column('seq', _number(), autoincrement=False),
        sa.Column('body', sa.Text, nullable=False),
        sa.Column('hash', sa.Text, nullable=False),
        sa.PrimaryKeyConstraint('seq', name='pk_snapshot'),
    )


def _make_projections() -> None:
    op.create_table(
        'delivery',
        sa.Column('id', sa.Text),
        sa.Column('number', sa.BigInteger, nullable=False),
        sa.Column('state', sa.Text, nullable=False),
        sa.Column('version', sa.Integer, nullable=False),
        sa.Column('goods', sa.Text, nullable=False),
        sa.Column('sender', sa.Text, nullable=False),
        sa.Column('recipient', sa.Text, nullable=False),
        sa.Column('urgency', sa.Text, nullable=False),
        sa.Column('requested_at', sa.BigInteger, nullable=False),
        sa.Column('ended_at', sa.BigInteger),
        sa.Column('robot', sa.Text),
        sa.Column('compartment', sa.Text),
        sa.PrimaryKeyConstraint('id', name='pk_delivery'),
        sa.UniqueConstraint('number', name='uq_delivery_number'),
    )
    occupying = sa.text("state IN ('loading', 'under_way', 'awaiting_receipt', 'opened')")
    op.create_index(
        'ux_delivery_compartment',
        'delivery',
        ['robot', 'compartment'],
        unique=True,
        sqlite_where=occupying,
        postgresql_where=occupying,
    )
    op.create_table(
        'idempotency',
        sa.Column('actor', sa.Text),
        sa.Column('key', sa.Text),
        sa.Column('body_hash', sa.Text, nullable=False),
        sa.Column('delivery', sa.Text, nullable=False),
        sa.PrimaryKeyConstraint('actor', 'key', name='pk_idempotency'),
        sa.ForeignKeyConstraint(['delivery'], ['delivery.id'], name='fk_idempotency_delivery'),
        sa.UniqueConstraint('delivery', name='uq_idempotency_delivery'),
    )
    op.create_table(
        'custody',
        sa.Column('delivery', sa.Text),
        sa.Column('seq', sa.Integer, autoincrement=False),
        sa.Column('from_holder', sa.Text, nullable=False),
        sa.Column('to_holder', sa.Text, nullable=False),
        sa.Column('at_ms', sa.BigInteger, nullable=False),
        sa.Column('signed_by', sa.Text, nullable=False),
        sa.PrimaryKeyConstraint('delivery', 'seq', name='pk_custody'),
        sa.ForeignKeyConstraint(['delivery'], ['delivery.id'], name='fk_custody_delivery'),
    )
    op.create_table(
        'holding',
        sa.Column('resource', sa.Text),
        sa.Column('robot', sa.Text, nullable=False),
        sa.PrimaryKeyConstraint('resource', name='pk_holding'),
    )
    op.create_index('ix_holding_robot', 'holding', ['robot'])


def _guard_sqlite(table: str) -> None:
    """Deny every change; INSERT OR REPLACE would delete without asking a DELETE trigger."""
    for name, when in (
        ('update', f'BEFORE UPDATE ON {table}'),
        ('delete', f'BEFORE DELETE ON {table}'),
        ('replace', f'BEFORE INSERT ON {table} WHEN EXISTS ({SAME_KEY[table]})'),
    ):
        op.execute(
            f'CREATE TRIGGER {table}_no_{name} {when} '
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def _guard_postgresql(table: str) -> None:
    op.execute(
        f'CREATE FUNCTION {table}_is_append_only() RETURNS trigger LANGUAGE plpgsql AS '
        f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
    )
    op.execute(
        f'CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} '
        f'FOR EACH ROW EXECUTE FUNCTION {table}_is_append_only()'
    )
    op.execute(
        f'CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} '
        f'FOR EACH STATEMENT EXECUTE FUNCTION {table}_is_append_only()'
    )
