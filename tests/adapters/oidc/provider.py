"""A real OpenID provider on a port of this machine: Authlib's server, with PKCE, keys and users.

What it does is Authlib's: codes, PKCE, clients and tokens are checked there. Only what the
provider of a hospital has of its own is here: one client, who is logged in, and its keys. `spoil`
makes it a provider that was broken into.
"""

from __future__ import annotations

import base64
import json
import secrets
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode, urlsplit

from authlib.oauth2.rfc6749 import (
    AuthorizationCodeMixin,
    AuthorizationServer,
    ClientMixin,
    OAuth2Error,
    OAuth2Payload,
    OAuth2Request,
)
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import UserInfo
from authlib.oidc.core.grants import OpenIDCode
from authlib.oidc.discovery import OpenIDProviderMetadata
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT, SECRET = 'fleet', 'a secret: of+the client'
REDIRECT = 'http://fleet.test/oidc/callback'
Claims = dict[str, Any]


@dataclass
class User:
    """Somebody of the hospital. `proved` is when the password was typed, in seconds."""

    subject: str = 'u-1'
    username: str = 'li.na@hospital.example'
    name: str = '李娜'
    groups: list[str] = field(default_factory=lambda: ['nurses-surgery'])
    proved: float = field(default_factory=time.time)


class Client(ClientMixin):
    def get_client_id(self) -> str:
        return CLIENT

    def get_default_redirect_uri(self) -> str:
        return REDIRECT

    def get_allowed_scope(self, scope: str) -> str:
        return ' '.join(one for one in scope.split() if one in ('openid', 'profile'))

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri == REDIRECT

    def check_client_secret(self, client_secret: str) -> bool:
        return secrets.compare_digest(client_secret, SECRET)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == 'client_secret_basic'

    def check_response_type(self, response_type: str) -> bool:
        return response_type == 'code'

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == 'authorization_code'


@dataclass
class Code(AuthorizationCodeMixin):
    text: str
    user: User
    redirect_uri: str
    scope: str
    nonce: str
    code_challenge: str
    code_challenge_method: str

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str:
        return self.nonce

    def get_auth_time(self) -> int:
        return int(self.user.proved)

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None


class Payload(OAuth2Payload):
    def __init__(self, values: dict[str, str]) -> None:
        self.values = values

    @property
    def data(self) -> dict[str, str]:
        return self.values

    @property
    def datalist(self) -> defaultdict[str, list[str]]:
        return defaultdict(list, {name: [value] for name, value in self.values.items()})


class Asked(OAuth2Request):
    def __init__(self, method: str, uri: str, headers: dict[str, str], body: str) -> None:
        super().__init__(method, uri, headers=headers)
        self._args = dict(parse_qsl(urlsplit(uri).query))
        self._form = dict(parse_qsl(body))
        self.payload = Payload(self._args | self._form)

    @property
    def args(self) -> dict[str, str]:
        return self._args

    @property
    def form(self) -> dict[str, str]:
        return self._form


class Provider(AuthorizationServer):
    """The provider. `user` is who sits at the browser, None where nobody logs in."""

    def __init__(self, issuer: str) -> None:
        super().__init__(scopes_supported=['openid', 'profile'])
        self.issuer = issuer
        self.start_afresh()
        self.register_token_generator(
            'default', BearerTokenGenerator(lambda **_: secrets.token_urlsafe(16))
        )
        self.register_grant(_grant(self), [_open_id(self), CodeChallenge(required=True)])

    def start_afresh(self) -> None:
        """Forget everything, as if it had just been set up."""
        self.user: User | None = User()
        self.keys = [key_called('first')]
        self.codes: dict[str, Code] = {}
        self.tokens: dict[str, User] = {}
        self.asked: list[str] = []
        #: Changes the claims, or the token, before they are sent.
        self.spoil: Callable[[Claims], Claims] = lambda claims: claims
        self.spoil_token: Callable[[str], str] = lambda token: token
        self.sign: Callable[[Claims], str] | None = None
        #: Whether groups are in the token, or only in what /userinfo says.
        self.groups_in_token = True
        #: Whether it says who it is when it sends a browser back (RFC 9207).
        self.names_itself = False
        self.metadata: dict[str, Any] = {}

    # --- what Authlib asks of its user

    def query_client(self, client_id: str) -> Client | None:
        return Client() if client_id == CLIENT else None

    def save_token(self, token: dict[str, Any], request: OAuth2Request) -> None:
        self.tokens[token['access_token']] = request.user

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        pass

    def create_oauth2_request(self, request: Asked) -> Asked:
        return request

    def handle_response(self, status: int, body: Any, headers: Any) -> tuple[int, Any, Any]:
        return status, body, headers

    # --- what a browser and a client see

    def answer(self, asked: Asked) -> tuple[int, Any, Any]:
        path = urlsplit(asked.uri).path
        self.asked.append(path)
        if path == '/.well-known/openid-configuration':
            return 200, self.about(), []
        if path == '/jwks':
            return 200, KeySet(self.keys).as_dict(private=False), []
        if path == '/authorize':
            return self.authorize(asked)
        if path == '/token':
            result: tuple[int, Any, Any] = self.create_token_response(asked)
            return result
        if path == '/userinfo':
            user = self.tokens.get(asked.headers.get('authorization', '').removeprefix('Bearer '))
            return (401, {}, []) if user is None else (200, _info(user, groups=True), [])
        return 404, {}, []

    def authorize(self, asked: Asked) -> tuple[int, Any, Any]:
        again = asked.args.get('prompt') == 'login' or asked.args.get('max_age') == '0'
        if self.user is not None and again:
            self.user.proved = time.time()
        try:
            grant = self.get_consent_grant(asked, end_user=self.user)
        except OAuth2Error as error:
            refused: tuple[int, Any, Any] = self.handle_error_response(asked, error)
            return refused
        answer: tuple[int, Any, Any] = self.create_authorization_response(
            asked, grant_user=self.user, grant=grant
        )
        status, body, headers = answer
        if self.names_itself:
            headers = [(n, f'{v}&{urlencode({"iss": self.issuer})}') for n, v in headers]
        return status, body, headers

    def about(self) -> dict[str, Any]:
        said = {
            'issuer': self.issuer,
            'authorization_endpoint': f'{self.issuer}/authorize',
            'token_endpoint': f'{self.issuer}/token',
            'jwks_uri': f'{self.issuer}/jwks',
            'userinfo_endpoint': f'{self.issuer}/userinfo',
            'end_session_endpoint': f'{self.issuer}/logout',
            'response_types_supported': ['code'],
            'subject_types_supported': ['public'],
            'id_token_signing_alg_values_supported': ['RS256'],
            'code_challenge_methods_supported': ['S256'],
            'token_endpoint_auth_methods_supported': ['client_secret_basic'],
        }
        assert OpenIDProviderMetadata(said)['issuer'] == self.issuer
        return said | self.metadata

    def rotate(self) -> None:
        """Sign with a new key from now on; the old one is gone at once."""
        self.keys = [key_called('second')]


@cache
def key_called(name: str) -> RSAKey:
    return RSAKey.generate_key(2_048, {'kid': name, 'use': 'sig', 'alg': 'RS256'})


def _info(user: User, *, groups: bool) -> UserInfo:
    said = UserInfo(sub=user.subject, preferred_username=user.username, name=user.name)
    return said | {'groups': user.groups} if groups else said


def _grant(provider: Provider) -> type[AuthorizationCodeGrant]:
    class Grant(AuthorizationCodeGrant):
        TOKEN_ENDPOINT_AUTH_METHODS: ClassVar = ['client_secret_basic']

        def save_authorization_code(self, code: str, request: Asked) -> None:
            data = request.payload.data
            provider.codes[code] = Code(
                code,
                request.user,
                data['redirect_uri'],
                request.scope,
                data['nonce'],
                data['code_challenge'],
                data['code_challenge_method'],
            )

        def query_authorization_code(self, code: str, client: Client) -> Code | None:
            return provider.codes.get(code)

        def delete_authorization_code(self, authorization_code: Code) -> None:
            del provider.codes[authorization_code.text]

        def authenticate_user(self, authorization_code: Code) -> User:
            return authorization_code.user

    return Grant


def _open_id(provider: Provider) -> OpenIDCode:
    class OpenId(OpenIDCode):
        def exists_nonce(self, nonce: str, request: Asked) -> bool:
            return any(code.nonce == nonce for code in provider.codes.values())

        def resolve_client_private_key(self, client: Client) -> RSAKey:
            return provider.keys[0]

        def get_encode_header(self, client: Client) -> dict[str, str]:
            return {'alg': 'RS256', 'kid': str(provider.keys[0].kid)}

        def get_client_claims(self, client: Client) -> Claims:
            return {'iss': provider.issuer, 'aud': [CLIENT]}

        def generate_user_info(self, user: User, scope: str) -> UserInfo:
            return _info(user, groups=provider.groups_in_token)

        def encode_id_token(self, token: dict[str, Any], request: Asked) -> str:
            """Have Authlib make the token; spoil it where a test wants that."""
            made: str = super().encode_id_token(token, request)
            claims = provider.spoil(jwt.decode(made, provider.keys[0]).claims)
            header = self.get_encode_header(request.client)
            sign = provider.sign or (lambda said: jwt.encode(header, said, provider.keys[0]))
            return provider.spoil_token(sign(claims))

    return OpenId(require_nonce=True)


def unsigned(claims: Claims) -> str:
    """Return a token that nobody signed."""
    parts = (json.dumps(part).encode() for part in ({'alg': 'none'}, claims))
    return '.'.join(base64.urlsafe_b64encode(p).rstrip(b'=').decode() for p in parts) + '.'


def sent_back(url: str) -> str:
    """Do what a browser does with an address of the provider; return where that sends it."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=10)
    try:
        connection.request('GET', f'{parts.path}?{parts.query}')
        answer = connection.getresponse()
        assert answer.status == 302, answer.read()
        return str(answer.headers['location'])
    finally:
        connection.close()


@contextmanager
def running(port: int = 0) -> Iterator[Provider]:
    """Serve a provider on this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._serve('')

        def do_POST(self) -> None:
            self._serve(self.rfile.read(int(self.headers['content-length'])).decode())

        def _serve(self, body: str) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            headers |= {'Authorization': headers.get('authorization', '')}
            asked = Asked(self.command, f'{provider.issuer}{self.path}', headers, body)
            status, answer, more = provider.answer(asked)
            content = answer if isinstance(answer, str) else json.dumps(answer)
            self.send_response(status)
            for name, value in more:
                self.send_header(name, value)
            self.send_header('content-length', str(len(content.encode())))
            self.end_headers()
            self.wfile.write(content.encode())

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(('127.0.0.1', port), Handler) as server:
        provider = Provider(f'http://127.0.0.1:{server.server_port}')
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield provider
        finally:
            server.shutdown()
            thread.join(timeout=5)
