"""`fleet map swap`: give a running manager a new map, and wait until it is in force.

Speaks to the manager's pages as an operator, over HTTP, and needs nothing else of it. The password
comes from `FLEET_OPERATOR_PASSWORD` or from a prompt, never from the command line.
"""

from __future__ import annotations

import getpass
import http.cookiejar
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fleet_manager.adapters.files.hospital import load_raw
from fleet_manager.domain.errors import FleetError
from fleet_manager.domain.maps.build import read_hospital
from fleet_manager.domain.maps.problems import BrokenMap, Where
from fleet_manager.entry.settings import is_loopback

PASSWORD: Final = 'FLEET_OPERATOR_PASSWORD'  # noqa: S105 - the name of a variable
#: Letters of a reason and seconds to wait that a manager takes at most.
MAX_REASON: Final = 200
MAX_WAIT: Final = 86_400
#: Seconds for one answer. The manager checks a large map in some seconds.
ANSWER_SECONDS: Final = 60.0
#: Seconds between two looks at how far the change is.
LOOK_SECONDS: Final = 0.5
#: Seconds past the time to wait in which a manager that is being restarted has to answer again.
GRACE_SECONDS: Final = 60.0
#: Seconds for robots to take the new map over, until those that did not are named.
ADOPT_SECONDS: Final = 30.0


class NotDone(FleetError):
    """The manager said no, or nothing. The text says what, `code` is the exit code."""

    def __init__(self, text: str, *, code: int = 1) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class SwapOptions:
    """What the command line asks for. `folder` is None where a change is given up."""

    folder: Path | None
    url: str
    account: str
    reason: str
    wait: int


def swap(options: SwapOptions) -> int:
    """Change the map and wait for it; return 0 in force, 1 refused or broken, 2 not reached."""
    try:
        _check(options)
        if options.folder is None:
            _cancel(_log_in(options), options.reason)
            return 0
        raw, where = load_raw(options.folder)
        return _swap(_log_in(options), raw, where, options)
    except BrokenMap as broken:
        _print_problems([vars_of(problem) for problem in broken.problems], None)
        return 1
    except NotDone as error:
        print(f'fleet map swap: {error}', file=sys.stderr)
        return error.code
    except KeyboardInterrupt:
        print('\nThe change goes on; --cancel gives it up.', file=sys.stderr)
        return 130


def _check(options: SwapOptions) -> None:
    if not options.reason.strip() or len(options.reason) > MAX_REASON:
        raise NotDone(f'--reason: say why, in 1 to {MAX_REASON} letters', code=2)
    if not 0 <= options.wait <= MAX_WAIT:
        raise NotDone(f'--wait {options.wait}: at most {MAX_WAIT} seconds, a day', code=2)


def _swap(site: _Site, raw: Mapping[str, Any], where: Where, options: SwapOptions) -> int:
    body = {'map': raw, 'reason': options.reason, 'wait_seconds': options.wait}
    status, answer = _ask(site, body, _version_of(raw))
    if status == 422 and 'problems' in answer.get('error', {}):
        _print_problems(answer['error']['problems'], where)
        return 1
    _raise_refusal(status, answer)
    version = str(answer['version'])
    if answer['outcome'] == 'unchanged':
        print(f'version {version} is in force already; nothing to do')
        return 0
    print(f'version {version} was taken; clearing what it has no more', flush=True)
    return _wait_for(site, version, options.wait)


def _ask(site: _Site, body: Mapping[str, Any], version: str) -> tuple[int, dict[str, Any]]:
    """Send the map until there is an answer: a manager that dies meanwhile is asked again.

    Twice is once: what an answer that got lost has begun is under way, or in force.
    """
    deadline = time.monotonic() + GRACE_SECONDS
    while True:
        try:
            status, answer = site.post('/api/v1/map/swap', body)
        except NotDone:
            if time.monotonic() >= deadline:
                raise
            time.sleep(LOOK_SECONDS)
            continue
        if status == 409 and version:
            under_way = site.state_until(deadline)['swap'] or {}
            if under_way.get('version') == version:
                return 202, {'outcome': 'asked', 'version': version}
        if status != 503 or time.monotonic() >= deadline:
            return status, answer
        time.sleep(LOOK_SECONDS)


def _version_of(raw: Mapping[str, Any]) -> str:
    """Return the version the map will have; '' for one the manager will find errors in."""
    try:
        return read_hospital(raw).version
    except BrokenMap:
        return ''


def _wait_for(site: _Site, version: str, wait: int) -> int:
    """Say what the change waits for whenever that changes, until it is over."""
    deadline, told = time.monotonic() + wait + GRACE_SECONDS, ''
    while True:
        state = site.state_until(deadline)
        under_way = state['swap']
        if under_way is None or under_way['version'] != version:
            return _over(site, state, version)
        waits_for = '\n'.join(f'  {hold["text"]}' for hold in under_way['waits_for'])
        if waits_for and waits_for != told:
            told = waits_for
            print(f'waits for\n{waits_for}', flush=True)
        time.sleep(LOOK_SECONDS)


def _over(site: _Site, state: Mapping[str, Any], version: str) -> int:
    last = state['last'] or {}
    if state['map_version'] == version:
        print(f'version {version} is in force')
        _tell_who_lags(site)
        return 0
    if last.get('version') == version and last['outcome'] == 'refused':
        print('refused when the time was over; nothing was changed:', file=sys.stderr)
        for hold in last['waits_for']:
            print(f'  {hold["text"]}', file=sys.stderr)
    elif last.get('version') == version and last['outcome'] == 'cancelled':
        print('given up by an operator; nothing was changed', file=sys.stderr)
    else:
        print(f'version {state["map_version"]} is in force now', file=sys.stderr)
    return 1


def _tell_who_lags(site: _Site) -> None:
    deadline = time.monotonic() + ADOPT_SECONDS
    late: Sequence[str] = ()
    while time.monotonic() < deadline:
        late = site.state_until(deadline)['robots_on_old_map']
        if not late:
            return
        time.sleep(LOOK_SECONDS)
    print(f'not taken over yet by {", ".join(late)}: see the alerts of the operator page')


def _cancel(site: _Site, reason: str) -> None:
    _raise_refusal(*site.post('/api/v1/map/swap/cancel', {'reason': reason}))
    print('the change of the map is given up; nothing was changed')


def _raise_refusal(status: int, answer: Mapping[str, Any]) -> None:
    if status >= 400:
        raise NotDone(
            str(answer.get('error', {}).get('message', f'the manager answered {status}'))
        )


def vars_of(problem: Any) -> dict[str, str]:
    """Return a problem as the manager's answer has it."""
    return {name: getattr(problem, name) for name in ('code', 'place', 'problem', 'mend')}


def _print_problems(problems: Sequence[Mapping[str, str]], where: Where | None) -> None:
    """Print what is wrong; `where` finds the line of a place the manager named."""
    for p in problems:
        place = where(tuple(p['place'].split('.'))) if where is not None else p['place']
        print(f'error   {place}: {p["problem"]}. {p["mend"]} [{p["code"]}]', file=sys.stderr)
    print(f'{len(problems)} errors; nothing was changed', file=sys.stderr)


# --- the manager's pages, as a program sees them -------------------------------------------------


def _log_in(options: SwapOptions) -> _Site:
    parts = urllib.parse.urlsplit(options.url)
    if parts.scheme not in ('http', 'https') or not parts.hostname:
        raise NotDone(f'--url {options.url}: write it like https://fleet.local', code=2)
    if parts.scheme == 'http' and not is_loopback(parts.hostname):
        raise NotDone(f'--url {options.url}: a password goes over https only', code=2)
    site = _Site(f'{parts.scheme}://{parts.netloc}')
    site.log_in(options.account, _password())
    return site


def _password() -> str:
    given = os.environ.get(PASSWORD, '')
    if given:
        return given
    if not sys.stdin.isatty():
        raise NotDone(f'no password: set {PASSWORD}, or run this in a terminal', code=2)
    return getpass.getpass('Password of the operator: ')


class _Site:
    """A session with the manager."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._csrf = ''
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(cookies, _NoRedirect())

    def log_in(self, account: str, password: str) -> None:
        form = {'kind': 'operator', 'name': account, 'password': password, 'next': ''}
        data = urllib.parse.urlencode(form).encode()
        status, _ = self._open('/login', data, 'application/x-www-form-urlencoded')
        known, session = self._open('/api/v1/session') if status == 303 else (status, {})
        if known != 200 or session.get('role') != 'operator':
            raise NotDone(f'{account} could not log in: wrong password, locked, or no operator')
        self._csrf = str(session['csrf'])

    def post(self, path: str, body: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        """Send JSON; return the status and the answer."""
        return self._open(path, json.dumps(body).encode(), 'application/json')

    def state_until(self, deadline: float) -> dict[str, Any]:
        """Return how far the change is; a manager that is being restarted is waited for."""
        while True:
            try:
                status, answer = self._open('/api/v1/map/swap')
            except NotDone:
                if time.monotonic() >= deadline:
                    raise
            else:
                if status == 200:
                    return answer
                if status != 503 or time.monotonic() >= deadline:
                    _raise_refusal(max(status, 400), answer)
            time.sleep(LOOK_SECONDS)

    def _open(
        self, path: str, data: bytes | None = None, kind: str = ''
    ) -> tuple[int, dict[str, Any]]:
        headers = {'Accept-Language': 'en', 'Origin': self._url}
        if data is not None:
            headers |= {'Content-Type': kind, 'X-CSRF-Token': self._csrf}
        request = urllib.request.Request(self._url + path, data, headers)  # noqa: S310 - checked
        try:
            with self._opener.open(request, timeout=ANSWER_SECONDS) as answer:
                return answer.status, _json(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, _json(error.read())
        except OSError as error:
            why = getattr(error, 'reason', error)
            raise NotDone(f'no manager answers at {self._url}: {why}', code=2) from error


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        """Follow nothing: where a log-in leads to says whether it worked."""


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
