"""Brings a database to the tables of this program, or refuses one of a newer program."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from fleet_manager.application.ports import StoreUnavailable

_FOLDER: Final = Path(__file__).with_name('migrations')

#: Held while migrating, so that two programs starting at once do not both make the tables.
_MIGRATION_LOCK: Final = 0x464C4545_54000001


def migrate(connection: Connection, lineage: str) -> None:
    """Run what is missing of `lineage` ('journal' or 'accounts') in the open transaction.

    Raises StoreUnavailable when the database is at a revision this program does not know.
    """
    if connection.dialect.name == 'postgresql':
        connection.execute(text('SELECT pg_advisory_xact_lock(:key)'), {'key': _MIGRATION_LOCK})
    scripts = ScriptDirectory(str(_FOLDER / lineage))
    table = f'{lineage}_version'
    known = {script.revision for script in scripts.walk_revisions()}
    context = MigrationContext.configure(connection, opts={'version_table': table})
    heads = context.get_current_heads()
    unknown = sorted(set(heads) - known)
    if unknown:
        raise StoreUnavailable(
            f'the database is at version {unknown[0]}, which this program does not know: a newer '
            'one wrote it. Install that one again, or restore the backup made before the upgrade'
        )
    if set(heads) == set(scripts.get_heads()):
        return
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
