"""Accounts that belong to an identity of an OpenID provider."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = 'accounts_0004'
down_revision = 'accounts_0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is new; accounts there are belong to nobody outside."""
    for name in ('issuer', 'subject'):
        op.add_column('account', sa.Column(name, sa.Text, nullable=False, server_default=''))
    linked = sa.text("issuer <> ''")
    op.create_index(
        'uq_account_identity',
        'account',
        ['issuer', 'subject'],
        unique=True,
        sqlite_where=linked,
        postgresql_where=linked,
    )


def downgrade() -> None:
    """Refuse: accounts are never taken apart by a program."""
    raise NotImplementedError('restore the backup made before the upgrade')
