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
DESK: Final = AccountId('desk')
PORTER: Final = AccountId('porter')
SECRETS_FILE: Final = 'first-run-secrets.txt'


def make_accounts(
    accounts: Accounts, hospital: Hospital, *, folder: Path, people: bool = False
) -> dict[str, str]:
    """Make the accounts that are missing; return their new secrets, which are in `folder` too.

    One for operators, the administrator, the desk and porters each; one for each station, with a
    PIN. With `people` also two of a pharmacy and two of a ward, who sign as a second person: for
    trying things out. A secret is in the file before its account exists: a kill in between locks
    nobody out.
    """
    known: set[str] = {account.id for account in accounts.all()}
    wanted = _for_everybody(hospital) | (_for_two_people(hospital) if people else {})
    missing = [account for account in wanted if account.id not in known]
    made: dict[str, str] = {account.id: new_secret(account.role) for account in missing}
    _keep_secrets(folder, {one.id: f'{made[one.id]}\t{wanted[one]}' for one in missing})
    for account in missing:
        accounts.create(account, secret=made[account.id])
    return made


def _for_everybody(hospital: Hospital) -> dict[Account, str]:
    """Return the accounts every hospital begins with, and what each is for."""
    found = {
        Account(OPERATOR, 'Operator', Role.OPERATOR.value, None): 'the live map, /operator',
        Account(ADMIN, 'Administrator', Role.ADMIN.value, None): 'accounts, keys, the audit list',
        Account(DESK, 'Service desk', Role.DESK.value, None): 'requests on behalf, /desk',
        Account(PORTER, 'Porter', Role.PORTER.value, None): 'what no robot carries, /porter',
    }
    for station in hospital.stations.values():
        account = Account(AccountId(station.id), station.name.en, Role.WARD.value, station.id)
        found[account] = f'everybody at {station.code}, {station.name.en}'
    return found


def _for_two_people(hospital: Hospital) -> dict[Account, str]:
    """Return two people each of where controlled drugs come from and of the first to take them."""
    everywhere = hospital.stations.values()
    senders = [one for one in everywhere if 'controlled' in one.sends]
    takers = [one for one in everywhere if 'controlled' in one.takes]
    found = {}
    for station in (*senders[:1], *takers[:1]):
        role = Role.PHARMACY if station.kind == 'pharmacy' else Role.WARD
        for number in (1, 2):
            name, label = f'{station.id}-{number}', f'{station.name.en} {number}'
            account = Account(
                AccountId(name), label, role.value, station.id,
                stations=(station.id,), personal=True,
            )  # fmt: skip
            found[account] = 'signs in person, as the first or second of two people'
    return found


def _keep_secrets(folder: Path, made: Mapping[str, str]) -> None:
    """Add new secrets to a file only the owner can read. Note them down, then delete it."""
    if not made:
        return
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
    rows = (line.split('\t') for line in file.read_text(encoding='utf-8').splitlines())
    return {row[0]: row[1] for row in rows if len(row) > 1}


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
