"""The first start: make the accounts, with secrets nobody knows but who reads them now."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from fleet_manager.adapters.http.fresh import new_secret
from fleet_manager.application.ports import Account, Accounts
from fleet_manager.domain.ids import AccountId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import Role

OPERATOR: Final = AccountId('operator')
ADMIN: Final = AccountId('admin')
SECRETS_FILE: Final = 'first-run-secrets.txt'


def make_accounts(accounts: Accounts, hospital: Hospital, *, folder: Path) -> dict[str, str]:
    """Make the accounts that are missing; return their new secrets, which are in `folder` too.

    One for the operators and one for the administrator, with passwords; one for each station, with
    a PIN. A secret is in the file before its account exists: a kill in between locks nobody out.
    """
    known: set[str] = {account.id for account in accounts.all()}
    wanted = [
        Account(OPERATOR, 'Operator', Role.OPERATOR.value, None),
        Account(ADMIN, 'Administrator', Role.ADMIN.value, None),
    ]
    wanted += [
        Account(AccountId(station.id), station.name.en, Role.WARD.value, station.id)
        for station in hospital.stations.values()
    ]
    missing = [account for account in wanted if account.id not in known]
    made: dict[str, str] = {account.id: new_secret(account.role) for account in missing}
    if made:
        _keep_secrets(folder, made)
    for account in missing:
        accounts.create(account, secret=made[account.id])
    return made


def _keep_secrets(folder: Path, made: Mapping[str, str]) -> None:
    """Add new secrets to a file only the owner can read. Note them down, then delete it."""
    descriptor = os.open(folder / SECRETS_FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, 'w', encoding='utf-8') as out:
        for account, secret in made.items():
            out.write(f'{account}\t{secret}\n')


def replace_secret(folder: Path, account: str, secret: str) -> None:
    """Note a changed secret in the file, where nobody has deleted that yet."""
    if (folder / SECRETS_FILE).exists():
        _keep_secrets(folder, {account: secret})


def read_secrets(folder: Path) -> dict[str, str]:
    """Return the newest secrets in the file; empty once somebody has deleted it."""
    file = folder / SECRETS_FILE
    if not file.exists():
        return {}
    pairs = (line.split('\t', 1) for line in file.read_text(encoding='utf-8').splitlines())
    return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}


def own_token(file: Path) -> str:
    """Return the secret in `file`, made at first use, readable by the owner only."""
    known = file.read_text(encoding='utf-8').strip() if file.exists() else ''
    if known:
        return known
    token = secrets.token_urlsafe(32)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, 'w', encoding='utf-8') as out:
        out.write(token)
    return token
