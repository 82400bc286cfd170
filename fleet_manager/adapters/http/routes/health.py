"""For machines that watch the machine."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from fleet_manager.adapters.http.site import SiteDep

router = APIRouter()


@router.get('/healthz')
async def alive(site: SiteDep) -> Response:
    """200 while the manager lives, 503 when it has to be started again."""
    health = site.health()
    return JSONResponse({'alive': health.alive}, 200 if health.alive else 503)


@router.get('/readyz')
async def ready(site: SiteDep) -> Response:
    """200 while people should be sent here."""
    health = site.health()
    body = {'leader': health.leader, 'database': health.database, 'ros': health.ros_link}
    return JSONResponse(body, 200 if health.ready else 503)


@router.get('/metrics')
async def metrics(site: SiteDep) -> Response:
    """Figures in the Prometheus text format; needs the metrics token."""
    return Response(site.metrics(), media_type='text/plain; version=0.0.4; charset=utf-8')
