"""Brings a database to the tables of this program, or refuses one of a newer program."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, inspect, text

from fleet_manager.adapters.db import engines, errors
from fleet_manager.application.ports import StoreUnavailable

_FOLDER: Final = Path(__file__).with_name('migrations')
#: The newest revision of each lineage.
HEADS: Final = {
    'journal': 'journal_0003',
    'accounts': 'accounts_0004',
    'desk': 'desk_0002',
    'books': 'books_0001',
    'webhooks': 'webhooks_0001',
    'retention': 'retention_0001',
    'ward': 'ward_0002',
}

#: Held while migrating, so that two programs starting at once do not both make the tables.
_MIGRATION_LOCK: Final = 0x464C4545_54000001


def opened(url: str, lineage: str, what: str) -> Engine:
    """Return a pool of connections to a database that has the newest tables of `lineage`.

    `what` names it in errors, as in "the accounts". Raises StoreUnavailable.
    """
    engine = engines.pool(engines.parse(url))
    try:
        with errors.unavailable(f'cannot open {what}'), engine.begin() as connection:
            migrate(connection, lineage)
    except BaseException:
        engine.dispose()
        raise
    return engine


def migrate(connection: Connection, lineage: str) -> None:
    """Run what is missing of `lineage` (a key of `HEADS`) in the open transaction.

    Raises StoreUnavailable when the database is at a revision this program does not know.

    Alembic is loaded only if there is something to do: it takes a third of a second, and a manager
    that died shall be back soon.
    """
    if connection.dialect.name == 'postgresql':
        connection.execute(text('SELECT pg_advisory_xact_lock(:key)'), {'key': _MIGRATION_LOCK})
    table = f'{lineage}_version'
    if _revisions(connection, table) == [HEADS[lineage]]:
        return
    from alembic.util import CommandError

    try:
        _upgrade(connection, lineage, table)
    except CommandError as error:
        raise StoreUnavailable(f'the database cannot be brought up to date: {error}') from error


def _revisions(connection: Connection, table: str) -> list[str]:
    if not inspect(connection).has_table(table):
        return []
    return list(connection.execute(text(f'SELECT version_num FROM {table}')).scalars())  # noqa: S608


def _upgrade(connection: Connection, lineage: str, table: str) -> None:
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(str(_FOLDER / lineage))
    known = {script.revision for script in scripts.walk_revisions()}
    context = MigrationContext.configure(connection, opts={'version_table': table})
    heads = context.get_current_heads()
    unknown = sorted(set(heads) - known)
    if unknown:
        raise StoreUnavailable(
            f'the database is at version {unknown[0]}, which this program does not know: a newer '
            'one wrote it. Install that one again, or restore the backup made before the upgrade'
        )
    with EnvironmentContext(
        Config(), scripts, fn=lambda revision, _: scripts._upgrade_revs('head', revision)
    ) as environment:
        environment.configure(
            connection=connection,
            version_table=table,
            transactional_ddl=True,
            transaction_per_migration=False,
        )
        environment.run_migrations()
