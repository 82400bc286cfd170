"""Puts the editor together: `editor_app` serves one hospital folder to one person."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

from fastapi import FastAPI, Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from fleet_manager.adapters.http import i18n
from fleet_manager.adapters.http.bodies import BadBody, Body, read_form, read_json
from fleet_manager.adapters.http.editor.gate import Gate, answer
from fleet_manager.adapters.http.editor.wire import DoubledId, from_wire, to_wire
from fleet_manager.adapters.http.i18n import LANGUAGES, Words
from fleet_manager.adapters.http.security import AnswerHeaders, headers_of_every_answer
from fleet_manager.application.edit_map import (
    ChangedOnDisk,
    MapDesk,
    NotWritten,
    Report,
    Sheet,
    changes,
    examine,
    keep_numbers,
)
from fleet_manager.domain.maps import words as known
from fleet_manager.domain.maps.model import NodeKind
from fleet_manager.domain.maps.problems import BrokenMap, Problem

FOLDER: Final = Path(__file__).parent
PAGES: Final = FOLDER.parent
#: What the page offers where a field takes one of a few words.
CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    'node': tuple(kind.value for kind in NodeKind if kind is not NodeKind.CAR),
    'station': known.STATION_KINDS,
    'goods': known.GOODS_CLASSES,
    'room': (*known.OPEN_ROOMS, *known.CLOSED_ROOMS),
    'zone': known.ZONE_KINDS,
    'door': known.DOOR_KINDS,
    'side': known.LIFT_DOORS,
    'rating': known.RATINGS,
    'access': known.ACCESSES,
}
_YEAR: Final = 365 * 24 * 3600
_T = TypeVar('_T')


class Draft(Body):
    """A whole map as the page has it now."""

    hospital: dict[str, Any]


class Save(Draft):
    """A map to write over the files of revision `over`; with `errors` only if that is said."""

    over: str
    draft: bool


class Language(Body):
    """A language; the form also says where to come back to, which is always `/`."""

    lang: Literal['en', 'zh-CN']
    next: str = '/'


class _Broken(Exception):
    """The map has fields that cannot be read, so that it cannot be written either."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__()
        self.problems = problems


class _Editor:
    """What a request may use. The desk and the checker work in a thread, one request at a time."""

    def __init__(self, desk: MapDesk, sheet: Sheet, words: Mapping[str, Words]) -> None:
        self.desk = desk
        self.sheet = sheet
        self._words = words
        self._turn = asyncio.Lock()
        self._examined: tuple[Any, Report] | None = None
        self._templates = Environment(
            loader=FileSystemLoader([FOLDER / 'templates', PAGES / 'templates']),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    async def alone(self, work: Callable[..., _T], *args: Any, **named: Any) -> _T:
        async with self._turn:
            return await asyncio.to_thread(work, *args, **named)

    def page(self, words: Words) -> Response:
        name = self.sheet.raw['name']
        body = self._templates.get_template('editor.html').render(
            t=words,
            lang=words.lang,
            languages=LANGUAGES,
            both={lang[:2]: texts for lang, texts in self._words.items()},
            hospital=name,
            name=lambda named: named[words.lang[:2]],
            person=None,
            csrf='',
            here='/',
            refresh=None,
        )
        return HTMLResponse(body, headers={'content-language': words.lang})

    def open(self) -> dict[str, Any]:
        """Read the files again: a page that is loaded shows what is there."""
        sheet = self.desk.read()
        report = examine(sheet.raw)
        if not report.readable:
            raise BrokenMap(report.problems)
        self.sheet = sheet
        return {
            'hospital': to_wire(sheet.raw),
            'revision': sheet.revision,
            'choices': CHOICES,
        }

    def check(self, draft: Draft) -> dict[str, Any]:
        report = self._examine(from_wire(draft.hospital))
        return {'problems': _problems(report.problems), 'readable': report.readable}

    def review(self, draft: Draft) -> dict[str, Any]:
        raw, errors = self._readable(draft)
        now = self.desk.read()
        return {
            'errors': errors,
            'changes': {
                sort: [change.added, change.changed, change.removed]
                for sort, change in changes(now.raw, raw).items()
            },
            'difference': self.desk.difference(raw),
            'revision': now.revision,
        }

    def save(self, order: Save) -> dict[str, Any]:
        raw, errors = self._readable(order)
        if errors and not order.draft:
            raise _HasErrors(errors)
        revision = self.desk.write(raw, over=order.over)
        self.sheet = Sheet(raw, revision)
        return {'revision': revision}

    def _examine(self, raw: Any) -> Report:
        """Examine a draft, once: before it is saved it has been checked on the page already."""
        if self._examined is None or self._examined[0] != raw:
            self._examined = raw, examine(raw)
        return self._examined[1]

    def _readable(self, draft: Draft) -> tuple[dict[str, Any], int]:
        """Return a draft that can be written, and how many errors it has. Raises _Broken."""
        raw = from_wire(draft.hospital)
        report = self._examine(raw)
        if not report.readable:
            raise _Broken(report.problems)
        # against what was read, not what is there now: the page's numbers come from it
        return keep_numbers(raw, self.sheet.raw), report.errors


class _HasErrors(Exception):
    """The map breaks rules, and nobody said that it is a draft."""

    def __init__(self, errors: int) -> None:
        super().__init__()
        self.errors = errors


def editor_app(desk: MapDesk, *, token: str, port: int) -> FastAPI:
    """Return the app for a page at `http://127.0.0.1:<port>/?token=<token>`; the link works once.

    The desk is called from threads of the app, one call at a time. Raises BrokenMap where its map
    has fields that cannot be read.
    """
    words = load_words()
    editor = _Editor(desk, desk.read(), words)
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    _add_routes(app, editor, words)
    app.mount('/static', StaticFiles(directory=PAGES / 'static'))
    app.mount('/editor', StaticFiles(directory=FOLDER / 'static'))
    headers = headers_of_every_answer((), secure_cookies=False)
    _handle_errors(app, headers)
    app.add_middleware(Gate, token=token, port=port, words=words)
    app.add_middleware(AnswerHeaders, headers=headers)
    return app


def load_words() -> dict[str, Words]:
    """Return the texts of the pages and those of the editor, by language."""
    pages, own = i18n.load(), i18n.load(FOLDER / 'locales')
    found = {}
    for lang, texts in pages.items():
        both = {**texts.texts, **own[lang].texts}
        found[lang] = Words(lang, both, own[lang].as_json, own[lang].etag)
    return found


def _add_routes(app: FastAPI, editor: _Editor, words: Mapping[str, Words]) -> None:
    @app.get('/')
    async def page(request: Request) -> Response:
        return editor.page(request.state.words)

    @app.get('/i18n/{lang}.json')
    async def texts(lang: str, request: Request) -> Response:
        if lang not in words:
            return answer(request.scope, 404, 'not_found')
        return Response(words[lang].as_json, media_type='application/json')

    @app.post('/language')
    async def language(request: Request) -> Response:
        form = await read_form(request, Language)
        response = RedirectResponse('/', 303)
        response.set_cookie(
            'lang', form.lang, max_age=_YEAR, path='/', httponly=True, samesite='lax'
        )
        return response

    @app.get('/api/map')
    async def read() -> Response:
        return JSONResponse(await editor.alone(editor.open))

    @app.post('/api/check')
    async def check(request: Request) -> Response:
        draft = await read_json(request, Draft)
        return JSONResponse(await editor.alone(editor.check, draft))

    @app.post('/api/review')
    async def review(request: Request) -> Response:
        draft = await read_json(request, Draft)
        return JSONResponse(await editor.alone(editor.review, draft))

    @app.post('/api/save')
    async def save(request: Request) -> Response:
        order = await read_json(request, Save)
        return JSONResponse(await editor.alone(editor.save, order))


def _handle_errors(app: FastAPI, headers: Mapping[str, str]) -> None:
    """Say everything that goes wrong in the visitor's language."""

    async def http(request: Request, error: HTTPException) -> Response:
        code = 'not_found' if error.status_code == 404 else 'method'
        return answer(request.scope, error.status_code, code)

    async def bad_body(request: Request, error: BadBody) -> Response:
        return answer(request.scope, 422, 'bad_body', field=error.problem)

    async def doubled(request: Request, error: DoubledId) -> Response:
        return answer(request.scope, 422, 'doubled')

    async def broken(request: Request, error: _Broken) -> Response:
        return answer(request.scope, 422, 'broken', problems=_problems(error.problems))

    async def unreadable(request: Request, error: BrokenMap) -> Response:
        return answer(request.scope, 409, 'unreadable', why=str(error))

    async def has_errors(request: Request, error: _HasErrors) -> Response:
        return answer(request.scope, 409, 'has_errors', errors=error.errors)

    async def changed(request: Request, error: ChangedOnDisk) -> Response:
        return answer(request.scope, 409, 'changed_on_disk')

    async def not_written(request: Request, error: NotWritten) -> Response:
        return answer(request.scope, 500, 'not_written', why=str(error))

    async def bug(request: Request, error: Exception) -> Response:
        response = answer(request.scope, 500, 'internal')
        # this one answer is made outside the middleware
        response.headers.update({**headers, 'cache-control': 'no-store'})
        return response

    handlers: Mapping[type[Exception], Any] = {
        HTTPException: http,
        BadBody: bad_body,
        DoubledId: doubled,
        _Broken: broken,
        BrokenMap: unreadable,
        _HasErrors: has_errors,
        ChangedOnDisk: changed,
        NotWritten: not_written,
        Exception: bug,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


def _problems(problems: tuple[Problem, ...]) -> list[dict[str, Any]]:
    return [
        {
            'code': problem.code,
            'severity': problem.severity.value,
            'path': list(problem.path),
            'at': problem.at and [problem.at[0], [problem.at[1].x, problem.at[1].y]],
            'problem': problem.problem,
            'mend': problem.mend,
        }
        for problem in problems
    ]
