"""Log-in by an OpenID provider: who that is here, and what their groups there let them do.

    found = LogInByProvider(accounts, identities, rules).settle(identity, stations)

Issuer and subject name a person for good. Name, role and stations are taken from the provider at
each log-in; whether the account is switched on, its PIN and its badges are kept here.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from fleet_manager.application.people import STATIONS_EACH, problem_of
from fleet_manager.application.ports import Account, Accounts
from fleet_manager.domain.ids import AccountId, StationId
from fleet_manager.domain.messages import Role

#: The longest name to show.
LONGEST_LABEL: Final = 60
_NAME: Final = re.compile(r'[a-z0-9][a-z0-9._\-]{1,31}')
_STRANGE: Final = re.compile(r'[^a-z0-9._\-]+')


@dataclass(frozen=True, slots=True)
class Identity:
    """What a provider says, checked, of who logged in there.

    `age_ms` is how long ago the person proved to the provider who they are, None when it does not
    say. `username` and `label` are for people to read: they may change, and belong to anybody.
    """

    issuer: str
    subject: str
    username: str
    label: str
    groups: tuple[str, ...]
    age_ms: int | None = None


@dataclass(frozen=True, slots=True)
class GroupRule:
    """Who is in `group` at the provider has `role` here, at these stations."""

    group: str
    role: Role
    stations: tuple[StationId, ...] = ()


@dataclass(frozen=True, slots=True)
class Begun:
    """A log-in that was begun: where the browser goes, and what its answer is checked against."""

    url: str
    state: str
    nonce: str
    verifier: str


class ProviderDown(Exception):
    """The provider does not answer, or not with what it should: the text says what. Try later."""


class ProviderRefused(Exception):
    """The provider's answer proves nothing. `code` says what is wrong with it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class IdentityProvider(Protocol):
    """An OpenID provider. Calls wait for it for seconds: use a bounded pool of threads."""

    @property
    def issuer(self) -> str:
        """Return the provider's name for itself."""

    def begin(self, *, again: bool) -> Begun:
        """Begin a log-in. `again`: who is logged in there has to prove it once more.

        Raises ProviderDown.
        """

    def finish(self, *, code: str, verifier: str, nonce: str, sender: str | None) -> Identity:
        """Return who logged in, for the code the browser brought back.

        `sender` is who says it sent the browser, None where nobody does. Raises ProviderDown,
        ProviderRefused.
        """

    def end_session(self) -> str:
        """Return where people log out there, '' where they cannot. Raises ProviderDown."""


class Identities(Protocol):
    """Which account an identity belongs to. Calls block: use a thread."""

    def by_identity(self, issuer: str, subject: str) -> Account | None:
        """Return the account of an identity, None when it has none."""

    def welcome(self, account: Account, *, subject: str) -> None:
        """Add an account without a secret for an identity of `account.issuer`.

        Raises ValueError when the name or the identity has an account already.
        """

    def link(self, account: AccountId, *, issuer: str, subject: str) -> None:
        """Let an identity into an account. Raises ValueError when either is linked already."""


@dataclass(frozen=True, slots=True)
class Settled:
    """Whom a log-in is for. `outcome` is 'ok' or why not; `deed` is what it did to the account."""

    outcome: str
    account: Account | None = None
    deed: str = ''


class LogInByProvider:
    """The rules of `settle`. One call at a time: two at once could each see the other's admin."""

    def __init__(
        self, accounts: Accounts, identities: Identities, rules: Sequence[GroupRule]
    ) -> None:
        self._accounts = accounts
        self._identities = identities
        self._rules = tuple(rules)

    def settle(self, identity: Identity, stations: Collection[StationId]) -> Settled:
        """Return whose account it is, made or brought up to date by what the provider says.

        Outcomes: 'ok', 'disabled', 'no_group', 'unknown_station', 'too_many_stations',
        'name_taken', 'last_admin'. Nothing changes unless it is 'ok'.
        """
        known = self._identities.by_identity(identity.issuer, identity.subject)
        if known is not None and known.disabled:
            return Settled('disabled', known)
        standing = standing_of(identity.groups, self._rules)
        if standing is None:
            return Settled('no_group', known)
        role, at = standing
        if len(at) > STATIONS_EACH:
            return Settled('too_many_stations', known)
        if known is not None:
            wanted = replace(
                known, label=_label(identity, known.id), role=role,
                station=next(iter(at), None), stations=at,
            )  # fmt: skip
            problem = problem_of(wanted, stations)
            return Settled(problem, known) if problem else self._follow(known, wanted)
        name = self._name_for(identity)
        if name is None:
            return Settled('name_taken')
        account = Account(
            name, _label(identity, name), role, next(iter(at), None),
            stations=at, personal=True, issuer=identity.issuer, has_secret=False,
        )  # fmt: skip
        problem = problem_of(account, stations)
        return Settled(problem) if problem else self._welcome(account, identity)

    def _follow(self, known: Account, wanted: Account) -> Settled:
        if wanted == known:
            return Settled('ok', known)
        if known.role == Role.ADMIN and wanted.role != Role.ADMIN and self._last_admin(known.id):
            return Settled('last_admin', known)
        self._accounts.change(wanted)
        return Settled('ok', wanted, 'account_changed')

    def _welcome(self, account: Account, identity: Identity) -> Settled:
        try:
            self._identities.welcome(account, subject=identity.subject)
        except ValueError:  # another window was quicker, or somebody got the name just now
            known = self._identities.by_identity(identity.issuer, identity.subject)
            return Settled('name_taken') if known is None else Settled('ok', known)
        return Settled('ok', account, 'account_made')

    def _name_for(self, identity: Identity) -> AccountId | None:
        """Return a free name, None when it is a colleague's who is not linked: perhaps the same.

        Who that is, only they can show, by logging in with their PIN.
        """
        wanted = _STRANGE.sub('-', identity.username.lower().partition('@')[0])[:32].strip('-._')
        if _NAME.fullmatch(wanted):
            holder = self._accounts.get(AccountId(wanted))
            if holder is None:
                return AccountId(wanted)
            if holder.personal and not holder.issuer:
                return None
        digest = hashlib.sha256(f'{identity.issuer}\n{identity.subject}'.encode()).hexdigest()
        return AccountId(f'p-{digest[:12]}')

    def _last_admin(self, account: AccountId) -> bool:
        return not any(
            one.role == Role.ADMIN and not one.disabled and one.id != account
            for one in self._accounts.all()
        )


def standing_of(
    groups: Collection[str], rules: Sequence[GroupRule]
) -> tuple[Role, tuple[StationId, ...]] | None:
    """Return role and stations of who is in these groups, None when no rule speaks of them.

    The first rule that fits gives the role; stations come from every rule that fits and gives the
    same one.
    """
    fitting = [rule for rule in rules if rule.group in groups]
    if not fitting:
        return None
    role = fitting[0].role
    named = [station for rule in fitting if rule.role == role for station in rule.stations]
    return role, tuple(dict.fromkeys(named))


def _label(identity: Identity, name: AccountId) -> str:
    text = ''.join(c for c in identity.label or identity.username if c.isprintable()).strip()
    return text[:LONGEST_LABEL].strip() or name
