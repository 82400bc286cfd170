"""The OpenID provider of a site, from its settings."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import structlog

from fleet_manager.adapters.db.accounts import SqlAccounts
from fleet_manager.adapters.files.groups import load_groups, stations_unknown
from fleet_manager.adapters.http.provider import ProviderDesk
from fleet_manager.application.provider_log_in import LogInByProvider
from fleet_manager.domain.errors import FleetError
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.entry.settings import Settings

log = structlog.get_logger('fleet')

#: Where the provider sends people back to; it has to be registered there.
CALLBACK: Final = '/oidc/callback'
_LONGEST_SECRET: Final = 1_000


class WrongSecret(FleetError):
    """The file with the secret cannot be used. The text says why."""


def open_provider(
    settings: Settings, accounts: SqlAccounts, hospital: Hospital
) -> ProviderDesk | None:
    """Return where people log in, None where no provider is set. Asks the provider nothing.

    Raises WrongGroups, WrongSecret.
    """
    if not settings.oidc_issuer or settings.oidc_groups is None:
        return None
    # takes half a second to load: only where there is a provider
    from fleet_manager.adapters.oidc.provider import Client, OidcProvider

    rules = load_groups(settings.oidc_groups)
    unknown = stations_unknown(rules, hospital.stations)
    if unknown:
        log.warning(
            'oidc_groups',
            stations=unknown,
            hint='the map has no such stations: who is in these groups cannot log in',
        )
    client = Client(
        settings.oidc_issuer,
        settings.oidc_client_id,
        _secret(settings.oidc_client_secret_file),
        f'{settings.oidc_address}{CALLBACK}',
        f'{settings.oidc_address}/login',
        settings.oidc_scopes,
        settings.oidc_groups_claim,
        float(settings.oidc_clock_skew_s),
    )
    use = LogInByProvider(accounts, accounts, rules)
    return ProviderDesk(OidcProvider(client), accounts, use, name=settings.oidc_name)


def _secret(file: Path | None) -> str:
    try:
        secret = file.read_text('utf-8').strip() if file is not None else ''
    except (OSError, UnicodeDecodeError) as error:
        raise WrongSecret(f'oidc_client_secret_file: {file}: cannot be read: {error}') from None
    if not secret or len(secret) > _LONGEST_SECRET or not secret.isprintable():
        raise WrongSecret(f'oidc_client_secret_file: {file}: write the secret, in one line')
    return secret
