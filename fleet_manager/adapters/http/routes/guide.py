"""The guides, one page each, where people work."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from fleet_manager.adapters.http import guides
from fleet_manager.adapters.http.site import PersonDep, SiteDep, words_of
from fleet_manager.domain.messages import Role

router = APIRouter(prefix='/guide')

#: The guide of a role; of all others it is the one of the wards.
_OF_ROLE: Final = {
    Role.PHARMACY: 'pharmacist',
    Role.DESK: 'desk',
    Role.OPERATOR: 'desk',
    Role.PORTER: 'porter',
}


@router.get('')
async def mine(person: PersonDep) -> Response:
    """Go to the guide of one's role."""
    return RedirectResponse(f'/guide/{_OF_ROLE.get(person.role, "nurse")}', 303)


@router.get('/{guide}')
async def guide_page(guide: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Show a guide in the visitor's language."""
    lang = words_of(request).lang
    try:
        title, body = guides.load(guide, lang)
    except (KeyError, OSError):
        return site.pages.error(request.scope, 404, 'not_found')
    others = [(one, guides.load(one, lang)[0]) for one in guides.GUIDES if one != guide]
    return site.pages.page(request, 'guide.html', title=title, body=body, others=others)
