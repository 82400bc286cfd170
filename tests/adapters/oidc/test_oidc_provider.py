"""The OpenID client against a real provider: who comes back, and every way to cheat is refused."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from joserfc import jws, jwt
from joserfc.jwk import OctKey

from fleet_manager.adapters.oidc.fetch import Fetch
from fleet_manager.adapters.oidc.provider import Client, OidcProvider
from fleet_manager.application.provider_log_in import (
    Begun,
    Identity,
    ProviderDown,
    ProviderRefused,
)
from tests.adapters.oidc.provider import (
    CLIENT,
    REDIRECT,
    SECRET,
    Provider,
    key_called,
    running,
    sent_back,
    unsigned,
)

Claims = dict[str, Any]
FETCH = Fetch()


class Clock:
    """Both clocks: the one on the wall, and the one that only goes on."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def wall(self) -> float:
        return time.time() + self.ahead

    def steady(self) -> float:
        return time.monotonic() + self.ahead


@pytest.fixture
def clock() -> Clock:
    return Clock()


def client_of(provider: Provider, clock: Clock, **more: Any) -> OidcProvider:
    settings = {'issuer': provider.issuer, 'client_id': CLIENT, 'client_secret': SECRET} | more
    return OidcProvider(
        Client(redirect_uri=REDIRECT, **settings), FETCH, now=clock.wall, monotonic=clock.steady
    )


@pytest.fixture
def ours(provider: Provider, clock: Clock) -> OidcProvider:
    return client_of(provider, clock)


def visit(begun: Begun) -> dict[str, str]:
    """Go to the provider, log in, and be sent back; return what the browser brings."""
    back = sent_back(begun.url)
    assert back.startswith(REDIRECT)
    return dict(parse_qsl(urlsplit(back).query))


def log_in(ours: OidcProvider, *, again: bool = False) -> Identity:
    begun = ours.begin(again=again)
    brought = visit(begun)
    assert brought['state'] == begun.state
    return ours.finish(
        code=brought['code'],
        verifier=begun.verifier,
        nonce=begun.nonce,
        sender=brought.get('iss'),
    )


def refused(ours: OidcProvider) -> str:
    with pytest.raises(ProviderRefused) as found:
        log_in(ours)
    return found.value.code


def test_who_logs_in_at_the_provider_comes_back_as_who_they_are(
    provider: Provider, ours: OidcProvider
) -> None:
    assert provider.user is not None
    provider.user.proved = time.time() - 3_600
    found = log_in(ours)
    assert found.issuer == provider.issuer
    assert (found.subject, found.username, found.label) == ('u-1', provider.user.username, '李娜')
    assert found.groups == ('nurses-surgery',)
    assert found.age_ms is not None
    assert found.age_ms >= 3_600_000
    fresh = log_in(ours, again=True)
    assert fresh.age_ms is not None
    assert fresh.age_ms < 60_000


def test_groups_come_from_userinfo_where_the_token_has_none(
    provider: Provider, ours: OidcProvider
) -> None:
    provider.groups_in_token = False
    assert log_in(ours).groups == ('nurses-surgery',)
    assert '/userinfo' in provider.asked


@pytest.mark.parametrize(
    ('claim', 'said'),
    [
        ('realm_access.roles', {'realm_access': {'roles': ['a', 7, 'b']}}),
        ('https://hospital.example/groups', {'https://hospital.example/groups': ['a', 'b']}),
    ],
)
def test_the_claim_with_the_groups_may_be_anywhere(
    provider: Provider, clock: Clock, claim: str, said: Claims
) -> None:
    provider.spoil = lambda claims: claims | said
    assert log_in(client_of(provider, clock, groups_claim=claim)).groups == ('a', 'b')


def at(change: Claims) -> Claims:
    """``change`` with each timedelta as the time so far from now, in the seconds of a token."""
    return {
        name: int(time.time() + value.total_seconds()) if isinstance(value, timedelta) else value
        for name, value in change.items()
    }


@pytest.mark.parametrize(
    ('change', 'code'),
    [
        ({'iss': 'https://evil.example'}, 'issuer'),
        ({'aud': 'another'}, 'audience'),
        ({'aud': ['another']}, 'audience'),
        ({'aud': [CLIENT, 'another']}, 'audience'),
        ({'azp': 'another'}, 'audience'),
        ({'aud': 7}, 'audience'),
        ({'exp': timedelta(seconds=-120)}, 'expired'),
        ({'exp': 'tomorrow'}, 'times'),
        ({'exp': None}, 'times'),
        ({'exp': True}, 'times'),
        ({'iat': timedelta(seconds=300)}, 'times'),
        ({'iat': timedelta(seconds=-3_600)}, 'expired'),
        ({'iat': None}, 'times'),
        ({'nbf': timedelta(seconds=300)}, 'times'),
        ({'nonce': 'of another log-in'}, 'nonce'),
        ({'nonce': None}, 'nonce'),
        ({'nonce': 7}, 'nonce'),
        ({'sub': ''}, 'subject'),
        ({'sub': 7}, 'subject'),
        ({'sub': 'x' * 256}, 'subject'),
        ({'sub': 'nul\x00'}, 'subject'),
    ],
)
def test_a_token_that_is_not_for_this_log_in_is_refused(
    provider: Provider, ours: OidcProvider, change: Claims, code: str
) -> None:
    provider.spoil = lambda claims: claims | at(change)
    assert refused(ours) == code


@pytest.mark.parametrize(
    ('change', 'code'),
    [
        ({'exp': 10**400}, 'times'),
        ({'exp': float('nan')}, 'times'),
        ({'iat': float('inf')}, 'times'),
        ({'exp': [9e9]}, 'times'),
        ({'nonce': '\ud800'}, 'nonce'),
        ({'sub': '\ud800'}, 'subject'),
        ({'aud': {CLIENT: 1}}, 'audience'),
    ],
)
def test_a_token_with_what_no_provider_says_is_refused_and_breaks_nothing(
    provider: Provider, ours: OidcProvider, change: Claims, code: str
) -> None:
    header, key = {'alg': 'RS256', 'kid': provider.keys[0].kid}, provider.keys[0]
    provider.sign = lambda claims: jws.serialize_compact(
        header, json.dumps(claims | change).encode(), key
    )
    assert refused(ours) == code


@pytest.mark.parametrize(
    'said',
    [
        {'preferred_username': '\ud800', 'name': '\ud800\x00', 'groups': ['\ud800']},
        {'preferred_username': 7, 'name': [], 'groups': {'a': 1}, 'auth_time': 'noon'},
        {'preferred_username': 'x' * 10_000, 'name': 'y' * 10_000, 'auth_time': -1},
    ],
)
def test_what_people_read_may_be_anything(
    provider: Provider, ours: OidcProvider, said: Claims
) -> None:
    header, key = {'alg': 'RS256', 'kid': provider.keys[0].kid}, provider.keys[0]
    provider.sign = lambda claims: jws.serialize_compact(
        header, json.dumps(claims | said).encode(), key
    )
    found = log_in(ours)
    assert found.subject == 'u-1'
    assert max(len(found.username), len(found.label)) <= 200


def test_a_token_of_two_audiences_is_ours_when_it_was_made_for_us(
    provider: Provider, ours: OidcProvider
) -> None:
    provider.spoil = lambda claims: claims | {'aud': [CLIENT, 'another'], 'azp': CLIENT}
    assert log_in(ours).subject == 'u-1'


def by_another_key(provider: Provider) -> Callable[[Claims], str]:
    key = key_called('of somebody else')
    header = {'alg': 'RS256', 'kid': provider.keys[0].kid}
    return lambda claims: jwt.encode(header, claims, key)


def by_our_secret(provider: Provider) -> Callable[[Claims], str]:
    key = OctKey.import_key(SECRET.encode() * 2)
    header = {'alg': 'HS256', 'kid': provider.keys[0].kid}
    return lambda claims: jwt.encode(header, claims, key)


def by_the_public_key(provider: Provider) -> Callable[[Claims], str]:
    public = OctKey.import_key(json_of_key(provider))
    header = {'alg': 'HS256', 'kid': provider.keys[0].kid}
    return lambda claims: jwt.encode(header, claims, public)


def json_of_key(provider: Provider) -> bytes:
    return str(sorted(provider.keys[0].as_dict(private=False).items())).encode()


@pytest.mark.parametrize(
    ('sign', 'code'),
    [
        (lambda provider: unsigned, 'algorithm'),
        (by_our_secret, 'algorithm'),
        (by_the_public_key, 'algorithm'),
        (by_another_key, 'signature'),
    ],
)
def test_a_token_the_provider_did_not_sign_is_refused(
    provider: Provider, ours: OidcProvider, sign: Any, code: str
) -> None:
    provider.sign = sign(provider)
    assert refused(ours) == code


@pytest.mark.parametrize(
    ('spoil', 'code'),
    [
        (lambda token: token[:-8] + 'AAAAAAAA', 'signature'),
        (
            lambda token: '.'.join((token.split('.')[0], unsigned({}).split('.')[1], 'AA')),
            'signature',
        ),
        (lambda token: token + '.a.b', 'token'),
        (lambda token: 'é.' + token.partition('.')[2], 'token'),
        (lambda token: '[]', 'token'),
        (lambda token: '', 'token'),
        (lambda token: 'a.b.c', 'token'),
        (lambda token: 'x' * 70_000, 'token'),
        (lambda token: 7, 'token'),
    ],
)
def test_a_token_that_was_touched_is_refused(
    provider: Provider, ours: OidcProvider, spoil: Any, code: str
) -> None:
    provider.spoil_token = spoil
    assert refused(ours) == code


def test_a_code_is_good_once_and_only_for_the_browser_that_began(ours: OidcProvider) -> None:
    begun, other = ours.begin(again=False), ours.begin(again=False)
    code = visit(begun)['code']
    with pytest.raises(ProviderRefused, match='code'):
        ours.finish(code=code, verifier=other.verifier, nonce=begun.nonce, sender=None)
    assert (
        ours.finish(code=code, verifier=begun.verifier, nonce=begun.nonce, sender=None).subject
        == 'u-1'
    )
    with pytest.raises(ProviderRefused, match='code'):
        ours.finish(code=code, verifier=begun.verifier, nonce=begun.nonce, sender=None)


def test_who_sends_the_browser_back_is_the_provider_we_asked(
    provider: Provider, ours: OidcProvider
) -> None:
    begun = ours.begin(again=False)
    code = visit(begun)['code']
    with pytest.raises(ProviderRefused, match='issuer'):
        ours.finish(
            code=code, verifier=begun.verifier, nonce=begun.nonce, sender='https://evil.example'
        )
    provider.names_itself = True
    assert log_in(ours).subject == 'u-1'


def test_a_provider_that_names_itself_always_does(provider: Provider, clock: Clock) -> None:
    provider.metadata = {'authorization_response_iss_parameter_supported': True}
    ours = client_of(provider, clock)
    assert refused(ours) == 'issuer'
    provider.names_itself = True
    assert log_in(ours).subject == 'u-1'


def test_a_new_key_is_fetched_once_and_one_nobody_has_does_not_make_us_ask_on_and_on(
    provider: Provider, ours: OidcProvider, clock: Clock
) -> None:
    log_in(ours)
    provider.rotate()
    clock.ahead = 31.0
    assert log_in(ours).subject == 'u-1'
    asked = provider.asked.count('/jwks')
    key = key_called('of somebody else')
    header = {'alg': 'RS256', 'kid': key.kid}
    provider.sign = lambda claims: jwt.encode(header, claims, key)
    assert [refused(ours) for _ in range(3)] == ['key'] * 3
    assert provider.asked.count('/jwks') == asked
    clock.ahead = 62.0
    assert [refused(ours) for _ in range(3)] == ['key'] * 3
    assert provider.asked.count('/jwks') == asked + 1


def test_keys_and_metadata_are_asked_for_once_an_hour(
    provider: Provider, ours: OidcProvider, clock: Clock
) -> None:
    for ahead in (0.0, 0.0, 40.0):
        clock.ahead = ahead
        log_in(ours)
    assert provider.asked.count('/jwks') == 1
    assert provider.asked.count('/.well-known/openid-configuration') == 1


@pytest.mark.parametrize(
    ('said', 'problem'),
    [
        ({'issuer': 'https://evil.example'}, 'says it is'),
        ({'authorization_endpoint': 'http://login.hospital.example/'}, 'must be https'),
        ({'token_endpoint': None}, 'token_endpoint'),
        ({'jwks_uri': 'https://user:secret@login.hospital.example'}, 'jwks_uri'),
        ({'code_challenge_methods_supported': ['plain']}, 'PKCE'),
        ({'id_token_signing_alg_values_supported': ['none', 'HS256']}, 'signs with none'),
    ],
)
def test_a_provider_that_cannot_be_trusted_is_not_used(
    provider: Provider, ours: OidcProvider, said: Claims, problem: str
) -> None:
    provider.metadata = said
    with pytest.raises(ProviderDown, match=problem):
        ours.begin(again=False)


def test_a_wrong_client_secret_is_the_administrators_to_mend(
    provider: Provider, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ProviderDown):
        log_in(client_of(provider, clock, client_secret='of last year'))
    assert 'are client and secret right' in caplog.text


def test_a_provider_that_is_down_is_asked_now_and_then_and_found_again(
    provider: Provider, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as taken:
        taken.bind(('127.0.0.1', 0))
        nobody = f'http://127.0.0.1:{taken.getsockname()[1]}'
    ours = OidcProvider(Client(nobody, CLIENT, SECRET, REDIRECT), FETCH, monotonic=clock.steady)
    for _ in range(2):
        with pytest.raises(ProviderDown):
            ours.begin(again=False)
    assert caplog.text.count('cannot be used') == 1
    with running(int(nobody.rpartition(':')[2])):
        with pytest.raises(ProviderDown):  # asked a moment ago
            ours.begin(again=False)
        clock.ahead = 6.0
        assert ours.begin(again=False).url.startswith(nobody)
    # it knows enough to begin, though the provider is gone again
    clock.ahead = 4_000.0
    assert ours.begin(again=False).url.startswith(nobody)
    clock.ahead = 26 * 3_600.0
    with pytest.raises(ProviderDown):
        ours.begin(again=False)


def serve_once(answer: Callable[[socket.socket], None]) -> str:
    """Answer one connection by hand; return where."""
    listener = socket.socket()
    listener.bind(('127.0.0.1', 0))
    listener.listen(1)

    def serve() -> None:
        with listener, listener.accept()[0] as connection:
            connection.recv(4_096)
            try:
                answer(connection)
            except OSError:
                return

    threading.Thread(target=serve, daemon=True).start()
    return f'http://127.0.0.1:{listener.getsockname()[1]}/'


def drip(connection: socket.socket) -> None:
    connection.sendall(b'HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n')
    for _ in range(200):
        connection.sendall(b' ')
        time.sleep(0.05)


@pytest.mark.parametrize(
    'answer',
    [
        drip,
        lambda c: c.sendall(b'HTTP/1.1 200 OK\r\ncontent-length: 400000\r\n\r\n' + b' ' * 400_000),
        lambda c: c.sendall(b'HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\n\r\n'),
        lambda c: c.sendall(b'HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n<ht>'),
        lambda c: c.sendall(b'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]'),
        lambda c: c.sendall(b'HTTP/1.1 503 No\r\ncontent-length: 2\r\n\r\n{}'),
        lambda c: c.sendall(b'SSH-2.0\r\n\r\n'),
        lambda c: None,
    ],
    ids=['drips', 'large', 'redirect', 'html', 'list', 'error', 'no-http', 'nothing'],
)
def test_an_answer_that_is_slow_large_or_nonsense_is_as_if_the_provider_were_down(
    answer: Callable[[socket.socket], None],
) -> None:
    with pytest.raises(ProviderDown):
        Fetch(total_seconds=0.5).get(serve_once(answer))


def test_people_log_out_at_the_provider_where_it_offers_that(
    provider: Provider, clock: Clock
) -> None:
    to = client_of(provider, clock, log_out_uri='http://fleet.test/login').end_session()
    assert to == (
        f'{provider.issuer}/logout?client_id={CLIENT}'
        '&post_logout_redirect_uri=http%3A%2F%2Ffleet.test%2Flogin'
    )
    provider.metadata = {'end_session_endpoint': None}
    assert client_of(provider, clock).end_session() == ''
