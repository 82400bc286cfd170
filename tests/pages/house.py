"""A hospital in which people do what the test does: the pages, and the real kernel behind them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Final

from fleet_manager.adapters.db.ward_book import SqlWardBook
from fleet_manager.adapters.files.hospital import load_hospital
from fleet_manager.application.ports import Account
from fleet_manager.application.run_timetable import run_timetable
from fleet_manager.application.ward_book import Noted
from fleet_manager.domain.deliveries.meals import meal_times
from fleet_manager.domain.ids import AccountId, StationId
from tests.pages.conftest import HOSPITAL, RunningSite, running_site
from tests.pages.obedient import Obedient
from tests.pages.people import Nurse, Person

#: It is 06:00 when the story begins: breakfast is ordered for five more minutes.
MEALS: Final = 'breakfast=06:20-07:30 lunch=11:00-12:30 dinner=17:00-18:30'
CUT_OFF_MIN: Final = 15
#: The PIN of whoever is the second one at a station.
SECOND_PIN: Final = '246813'


@dataclass
class House:
    """The pages, the hospital behind them, and what its wards keep."""

    site: RunningSite
    fleet: Obedient
    book: SqlWardBook

    def ask_what_is_planned(self) -> list[Noted]:
        """Ask for the meals and the recurring requests whose time has come."""
        return run_timetable(
            self.book,
            self.fleet.sim.manager.kernel.hospital,
            lambda command: self.fleet.submit(command).result(),
            zone=UTC,
            cut_off=CUT_OFF_MIN,
            times=meal_times(MEALS),
            now=self.fleet.clock(),
        )


@contextmanager
def opened_house(folder: Path) -> Iterator[House]:
    """Open a house with second people at the stations whose goods need two."""
    book = SqlWardBook(f'sqlite:///{folder / "ward.db"}')
    fleet = Obedient(load_hospital(HOSPITAL))
    with running_site(played=fleet, ward_book=book, meals=MEALS, meal_cut_off=CUT_OFF_MIN) as site:
        for station in ('pharmacy', 'n2w', 'waste'):
            second = Account(AccountId(f'ward-{station}-2'), station, 'ward', StationId(station))
            assert site.accounts is not None
            site.accounts.create(second, secret=SECOND_PIN)
        yield House(site, fleet, book)
    book.close()


def name_of(address: str) -> str:
    return address.rsplit('/', 1)[1]


def fits(person: Person, width: int) -> None:
    """No sideways scrolling, and nothing axe objects to."""
    assert person.page.evaluate('document.documentElement.scrollWidth') <= width
    assert person.violations() == []


def loaded(house: House, sender: Nurse, address: str) -> str:
    """Bring a delivery into its robot, by the sender's page."""
    name = name_of(address)
    house.fleet.until(name, 'awaiting_load')
    sender.page.goto(address)
    sender.open_compartment()
    house.fleet.opens(name)
    house.fleet.until(name, 'under_way')
    return name
