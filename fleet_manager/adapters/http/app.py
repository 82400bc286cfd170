"""Puts the pages and the API together. No globals: call `create_app` as often as you like."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute, APIWebSocketRoute
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from fleet_manager.adapters.http import i18n, pinyin
from fleet_manager.adapters.http.access import AccessTable, check_complete
from fleet_manager.adapters.http.auth import Busy, People
from fleet_manager.adapters.http.bodies import BadBody
from fleet_manager.adapters.http.feed import Hub
from fleet_manager.adapters.http.gate import Gate
from fleet_manager.adapters.http.pages import Pages
from fleet_manager.adapters.http.provider import ProviderDesk
from fleet_manager.adapters.http.routes import (
    accounts as account_routes,
)
from fleet_manager.adapters.http.routes import (
    api,
    asking,
    closures,
    desk,
    fhir,
    guide,
    labels,
    me,
    meals,
    operator,
    panel,
    porter,
    records,
    report_pages,
    session,
    space_time,
    stores,
    swap,
    timetable,
    trouble,
    ward,
)
from fleet_manager.adapters.http.routes import (
    audit as audit_routes,
)
from fleet_manager.adapters.http.routes import health as health_routes
from fleet_manager.adapters.http.routes import (
    keys as key_routes,
)
from fleet_manager.adapters.http.routes import (
    provider as provider_routes,
)
from fleet_manager.adapters.http.routes import retention as retention_routes
from fleet_manager.adapters.http.routes import webhooks as webhooks_routes
from fleet_manager.adapters.http.security import AnswerHeaders, headers_of_every_answer
from fleet_manager.adapters.http.site import Health, ShownMap, Site, Timeline
from fleet_manager.application.archive import Archive
from fleet_manager.application.audit import Audit
from fleet_manager.application.desk_book import DeskBook
from fleet_manager.application.keys import Keys
from fleet_manager.application.outside_orders import Codes
from fleet_manager.application.ports import (
    Accounts,
    Books,
    CustodyRecords,
    Mailbox,
    MapOffice,
    Overloaded,
    Panels,
    Printer,
    Reports,
    ViewSource,
)
from fleet_manager.application.retention import RetentionOffice
from fleet_manager.application.ward_book import WardBook
from fleet_manager.application.webhooks import WebhookOffice
from fleet_manager.domain.deliveries.custody import Custody
from fleet_manager.domain.deliveries.meals import USUAL_TIMES, meal_times
from fleet_manager.domain.ids import DeliveryId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.units import Instant

__all__ = ['Health', 'create_app', 'routes_of']

#: Where the routes are, in the order in which they are tried.
ROUTED: Final = (
    session,
    provider_routes,
    me,
    account_routes,
    audit_routes,
    key_routes,
    ward,
    asking,
    timetable,
    meals,
    labels,
    stores,
    report_pages,
    records,
    panel,
    porter,
    desk,
    guide,
    operator,
    trouble,
    closures,
    space_time,
    swap,
    api,
    fhir,
    retention_routes,
    webhooks_routes,
    health_routes,
)
STATIC: Final = Path(__file__).parent / 'static'


def create_app(
    *,
    hospital: Hospital,
    mailbox: Mailbox,
    views: ViewSource,
    accounts: Accounts,
    clock: Callable[[], Instant],
    health: Callable[[], Health],
    metrics: Callable[[], bytes],
    metrics_token: str,
    allowed_origins: Iterable[str],
    secure_cookies: bool,
    timeline: Timeline | None = None,
    custody: Callable[[DeliveryId], Custody | None] | None = None,
    maps: MapOffice | None = None,
    ward_book: WardBook | None = None,
    zone: tzinfo = UTC,
    meal_cut_off: int = 120,
    meals: str = USUAL_TIMES,
    panels: Panels | None = None,
    printer: Printer | None = None,
    audit: Audit | None = None,
    keys: Keys | None = None,
    books: Books | None = None,
    reports: Reports | None = None,
    records: CustodyRecords | None = None,
    book: DeskBook | None = None,
    archive: Archive | None = None,
    codes: Codes | None = None,
    webhooks: WebhookOffice | None = None,
    retention: RetentionOffice | None = None,
    provider: ProviderDesk | None = None,
) -> FastAPI:
    """Return the app. `allowed_origins` are the addresses people type, like `https://fleet.local`.

    `accounts`, `timeline`, `custody`, `maps`, `panels` and both books are called from threads of
    the app, all else from its event loop. Raises RouteWithoutAccess when a route has no entry in
    the access table.
    """
    origins = frozenset(origin.rstrip('/') for origin in allowed_origins)
    words, shown = i18n.load(), ShownMap(hospital)
    site = Site(
        shown=shown,
        mailbox=mailbox,
        views=views,
        people=People(accounts, clock, panels, on_lock=mailbox.report),
        hub=Hub(views),
        clock=clock,
        health=health,
        metrics=metrics,
        metrics_token=metrics_token,
        allowed_origins=origins,
        secure_cookies=secure_cookies,
        timeline=timeline,
        custody=custody,
        words=words,
        pages=Pages(lambda: shown.hospital, words, clock, zone),
        maps=maps,
        audit=audit,
        keys=keys,
        ward_book=ward_book,
        zone=zone,
        meal_cut_off=meal_cut_off,
        meal_times=meal_times(meals),
        printer=printer,
        books=books,
        reports=reports,
        records=records,
        book=book,
        archive=archive,
        codes=codes or Codes(),
        webhooks=webhooks,
        retention=retention,
        provider=provider,
    )
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=_lifespan)
    app.state.site = site
    for module in ROUTED:
        # not include_router: the access table is checked against the routes themselves
        app.router.routes.extend(module.router.routes)
    app.mount('/static', _Static(directory=STATIC), name='static')
    check_complete(routes_of(app))
    headers = headers_of_every_answer(origins, secure_cookies=secure_cookies)
    _handle_errors(app, site.pages, headers)
    app.add_middleware(Gate, site=site, table=AccessTable())
    app.add_middleware(AnswerHeaders, headers=headers)
    return app


def routes_of(app: FastAPI) -> list[str]:
    """Return every route as the access table writes them: `GET /ward`, `WS /api/v1/feed`."""
    found: list[str] = []
    for route in app.routes:
        if isinstance(route, APIRoute):
            found += [f'{method} {route.path}' for method in route.methods or ()]
        elif isinstance(route, APIWebSocketRoute):
            found.append(f'WS {route.path}')
        elif isinstance(route, Mount):
            found.append(f'GET {route.path}/{{path:path}}')
        else:
            found.append(f'? {route}')
    return sorted(found)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    site: Site = app.state.site
    site.hub.start()
    asyncio.get_running_loop().run_in_executor(None, pinyin.warm_up)
    try:
        yield
    finally:
        site.hub.close()
        site.people.close()
        if site.provider is not None:
            site.provider.close()


def _handle_errors(app: FastAPI, pages: Pages, headers: dict[str, str]) -> None:
    """Answer everything that goes wrong in the visitor's language, without saying what inside."""

    async def http(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        return pages.error(request.scope, status, 'not_found' if status == 404 else 'method')

    async def bad_body(request: Request, error: Exception) -> Response:
        field = error.problem if isinstance(error, BadBody) else 'fields'
        return pages.error(request.scope, 422, 'bad_body', field=field)

    async def busy(request: Request, error: Exception) -> Response:
        return pages.error(request.scope, 503, 'busy')

    async def bug(request: Request, error: Exception) -> Response:
        response = pages.error(request.scope, 500, 'internal')
        # this one answer is made outside the middleware
        response.headers.update(headers | {'cache-control': 'no-store'})
        return response

    app.add_exception_handler(HTTPException, http)
    # FastAPI's own handler echoes the input, and fails on a NaN in it
    app.add_exception_handler(RequestValidationError, bad_body)
    app.add_exception_handler(BadBody, bad_body)
    app.add_exception_handler(Overloaded, busy)
    app.add_exception_handler(Busy, busy)
    app.add_exception_handler(Exception, bug)


class _Static(StaticFiles):
    """Files as written; browsers ask each time whether they changed, and get a 304."""

    def file_response(
        self, *args: object, **kwargs: object
    ) -> Response:  # the signature differs between versions of Starlette
        response: Response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers['cache-control'] = 'public, no-cache'
        return response
