"""The parts list: the only place where adapters meet the application."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import structlog
from fastapi import FastAPI

from fleet_manager.adapters.db.accounts import SqlAccounts
from fleet_manager.adapters.db.archive import JournalArchive
from fleet_manager.adapters.db.books import SqlBooks
from fleet_manager.adapters.db.custody import JournalCustody
from fleet_manager.adapters.db.desk_book import SqlDeskBook
from fleet_manager.adapters.db.panels import SqlPanels
from fleet_manager.adapters.db.reader import JournalReader
from fleet_manager.adapters.db.retention import SqlRetention
from fleet_manager.adapters.db.store import SqlStore, open_store
from fleet_manager.adapters.db.ward_book import SqlWardBook
from fleet_manager.adapters.db.webhooks import SqlWebhooks
from fleet_manager.adapters.files.compiled import load_compiled
from fleet_manager.adapters.files.hospital import load_hospital
from fleet_manager.adapters.files.integration import load_codes
from fleet_manager.adapters.files.printing.printer import DocumentPrinter
from fleet_manager.adapters.hl7.server import Hl7Orders, Hl7Server
from fleet_manager.adapters.http.app import create_app
from fleet_manager.adapters.http.site import Health, Site
from fleet_manager.adapters.sim.demo_staff import DemoStaff
from fleet_manager.adapters.webhooks.sender import Sender
from fleet_manager.application.kernel import Kernel
from fleet_manager.application.outside_orders import Codes
from fleet_manager.application.ports import Devices, Directive, StoreUnavailable
from fleet_manager.application.reports import Rates
from fleet_manager.domain.deliveries.custody import Custody
from fleet_manager.domain.deliveries.meals import meal_times
from fleet_manager.domain.errors import FleetError, MapError
from fleet_manager.domain.ids import DeliveryId, RobotId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.entry import first_run
from fleet_manager.entry.bookkeeper import Bookkeeper
from fleet_manager.entry.clock import Clock, SimClock, WallClock
from fleet_manager.entry.courier import Courier
from fleet_manager.entry.event_log import witness
from fleet_manager.entry.mailbox import BoundedMailbox
from fleet_manager.entry.maps import Maps
from fleet_manager.entry.metrics import Metrics
from fleet_manager.entry.provider import open_provider
from fleet_manager.entry.reporter import Reporter
from fleet_manager.entry.retainer import Keeping, Retainer
from fleet_manager.entry.runner import Recovery, Runner
from fleet_manager.entry.settings import Settings
from fleet_manager.entry.timekeeper import Timekeeper
from fleet_manager.entry.view_hub import ViewHub

log = structlog.get_logger('fleet')

#: A simulated building says the time at least ten times a second once it runs, in seconds.
CLOCK_SECONDS: Final = 15.0


class CannotStart(FleetError):
    """Something this manager needs is not there. The text says what to do."""


class NoDevices:
    """A building without a link to its devices: pages work, nothing moves."""

    def publish(self, directives: Sequence[Directive]) -> None:
        """Nobody listens."""

    def use_map(self, hospital: Hospital, *, epoch: int) -> None:
        """Nobody carries a map."""

    def request_states(self, *, epoch: int) -> None:
        """Nobody answers."""

    def close(self) -> None:
        """Nothing to leave."""

    def alive(self) -> bool:
        """There is nothing that could be dead."""
        return True


@dataclass(slots=True)
class Manager:
    """A manager, put together: start it, serve its app, close it."""

    app: FastAPI
    runner: Runner
    accounts: SqlAccounts
    ward_book: SqlWardBook
    panels: SqlPanels
    book: SqlDeskBook
    courier: Courier
    hl7: Hl7Server | None
    devices: Devices
    staff: DemoStaff | None
    books: SqlBooks
    bookkeeper: Bookkeeper
    reporter: Reporter
    timekeeper: Timekeeper
    retainer: Retainer
    new_secrets: dict[str, str]

    def start(self, *, died: Callable[[int], None]) -> None:
        """Begin to decide. `died` is told an exit code when the kernel cannot go on."""
        self.runner.start(died=died)
        self.bookkeeper.start()
        self.reporter.start()
        self.timekeeper.start()
        self.retainer.start()
        self.courier.start()
        if self.hl7 is not None:
            self.hl7.start()
        if self.staff is not None:
            self.staff.start()

    def close(self) -> None:
        """Stop deciding, leave the robots standing with their last orders, give the lock back."""
        if self.staff is not None:
            self.staff.stop()
        if self.hl7 is not None:
            self.hl7.stop()
        self.timekeeper.stop()
        self.retainer.stop()
        self.courier.stop()
        self.runner.stop()
        self.bookkeeper.stop()
        self.reporter.stop()
        self.books.close()
        self.devices.close()
        self.accounts.close()
        self.ward_book.close()
        self.panels.close()
        self.book.close()


def compose(settings: Settings) -> Manager:
    """Put a manager together. Raises FleetError, StoreUnavailable with what to do."""
    settings.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    given, maps = load_hospital(settings.hospital), Maps(settings)
    hospital = maps.manned(given)
    load_compiled(settings.state_dir / 'compiled-maps', hospital)
    clock = SimClock(speed=settings.sim_speed) if settings.sim_speed else WallClock()
    store = open_store(settings.journal_url)
    for note in store.notes:
        log.warning('database', note=note)
    accounts, ward_book = open_accounts(settings), SqlWardBook(settings.ward_url)
    panels = SqlPanels(settings.desk_url, clock=WallClock().now)
    book = SqlDeskBook(settings.desk_url)
    made = first_run.make_accounts(
        accounts, hospital, folder=settings.state_dir, people=settings.simulated
    )
    books = SqlBooks(settings.books_url)
    reporter = Reporter(
        settings.journal_url,
        hospital,
        clock.now,
        days=settings.report_days,
        rates=Rates(settings.cost_robot_hour, settings.cost_porter_hour, settings.cost_currency),
    )
    mailbox, views, metrics = BoundedMailbox(), ViewHub(), Metrics()
    courier = Courier(
        kept=SqlWebhooks(settings.webhooks_url),
        sender=Sender(settings.webhook_networks),
        journal=settings.journal_url,
        clock=WallClock().now,
        metrics=metrics,
        report=mailbox.report,
    )
    codes = load_codes(settings.integration, given) if settings.integration else Codes()
    retainer = Retainer(
        Keeping(settings, SqlRetention(settings.retention_url)),
        mailbox=mailbox,
        clock=clock.now,
        zone=settings.zone,
        forget=courier.forget,
    )
    devices = _devices(settings, hospital, mailbox, clock)
    clock.wait(CLOCK_SECONDS)
    runner = Runner(
        lambda at_least: _recover(store, given, clock, at_least, maps),
        snapshot_every=settings.snapshot_every,
        store=store,
        devices=devices,
        mailbox=mailbox,
        views=views,
        metrics=metrics,
        clock=clock.now,
        witness=witness,
        show_map=lambda now: _show(now, app, staff, accounts, settings),
    )
    app = create_app(
        hospital=hospital,
        mailbox=mailbox,
        views=views,
        accounts=accounts,
        audit=accounts,
        keys=accounts,
        clock=clock.now,
        health=lambda: _health(runner, devices),
        metrics=metrics.text,
        metrics_token=first_run.own_token(settings.state_dir / 'metrics-token'),
        allowed_origins=_origins(settings),
        secure_cookies=settings.secure,
        timeline=_timeline(settings.journal_url),
        custody=_custody(settings.journal_url),
        maps=maps,
        ward_book=ward_book,
        codes=codes,
        zone=settings.zone,
        meal_cut_off=settings.meal_cut_off_min,
        meals=settings.meal_times,
        panels=panels,
        book=book,
        archive=JournalArchive(settings.journal_url),
        webhooks=courier,
        retention=retainer,
        printer=DocumentPrinter(),
        books=books,
        reports=reporter,
        records=JournalCustody(settings.journal_url),
        provider=open_provider(settings, accounts, hospital),
    )
    hl7 = _hl7(settings, codes, app, views)
    staff: DemoStaff | None = None
    if settings.simulated_staff_per_hour > 0:
        staff = DemoStaff(
            hospital=hospital,
            mailbox=mailbox,
            views=views,
            clock=clock.now,
            per_hour=settings.simulated_staff_per_hour,
            seed=clock.now(),
        )
    bookkeeper = Bookkeeper(settings.journal_url, books, clock.now, settings.zone)
    timekeeper = Timekeeper(
        book=ward_book,
        hospital=lambda: app.state.site.hospital,
        mailbox=mailbox,
        clock=clock.now,
        zone=settings.zone,
        cut_off=settings.meal_cut_off_min,
        times=meal_times(settings.meal_times),
        audit=accounts,
    )
    return Manager(
        app=app,
        runner=runner,
        accounts=accounts,
        ward_book=ward_book,
        panels=panels,
        book=book,
        courier=courier,
        hl7=hl7,
        devices=devices,
        staff=staff,
        books=books,
        bookkeeper=bookkeeper,
        reporter=reporter,
        timekeeper=timekeeper,
        retainer=retainer,
        new_secrets=made,
    )


def open_accounts(settings: Settings) -> SqlAccounts:
    """Open the accounts, with the key under which badges are known."""
    key = first_run.own_token(settings.state_dir / 'badge-key')
    return SqlAccounts(settings.accounts_url, badge_key=key)


def _hl7(settings: Settings, codes: Codes, app: FastAPI, views: ViewHub) -> Hl7Server | None:
    """Return what takes HL7 orders, None where nothing does."""
    if not settings.hl7_port:
        return None
    site: Site = app.state.site
    orders = Hl7Orders(
        codes=codes,
        hospital=lambda: site.hospital,
        submit=partial(site.submit, place='HL7'),
        views=views,
        clock=WallClock().now,
    )
    return Hl7Server(settings.hl7_port, orders)


def _recover(
    store: SqlStore, given: Hospital, clock: Clock, at_least: int, maps: Maps
) -> Recovery:
    """Read the journal back: on the map it says is in force, whatever folder was named."""
    holder = f'{socket.gethostname()}:{os.getpid()}'
    recovered = store.take_over(
        holder=holder, now=clock.now(), at_least=at_least, readable=Kernel.can_read
    )
    try:
        kernel = Kernel.restore(
            maps.manned(given),
            snapshot=recovered.snapshot,
            entries=(stored.entry for stored in recovered.entries),
            kept=maps.load,
        )
    except MapError as error:
        raise StoreUnavailable(
            f'the journal goes on on a map that is not {given.version}, the one given, and '
            f'{error}: go on with the old map, or start with an empty state folder'
        ) from error
    state, now = kernel.state, kernel.hospital
    if now.version == given.version:
        maps.keep_given(given)
    else:
        log.warning(
            'map_in_force',
            version=now.version,
            given=given.version,
            hint='the map in force is the one last swapped in, not the folder given; '
            'to work on that folder: fleet map swap FOLDER',
        )
    pending = state.swap.version if state.swap is not None else ''
    maps.forget_old(needed={now.version, state.map_before, pending})
    return Recovery(kernel, recovered.epoch, since_snapshot=len(recovered.entries))


def _show(
    hospital: Hospital,
    app: FastAPI,
    staff: DemoStaff | None,
    accounts: SqlAccounts,
    settings: Settings,
) -> None:
    """Have the pages show another map, and make log-ins for stations that are new on it."""
    app.state.site.use_map(hospital)
    if staff is not None:
        staff.use_map(hospital)
    make = partial(
        first_run.make_accounts,
        accounts,
        hospital,
        folder=settings.state_dir,
        people=settings.simulated,
    )
    threading.Thread(target=make, name='accounts', daemon=True).start()  # hashing takes its time


def _devices(settings: Settings, hospital: Hospital, mailbox: BoundedMailbox, clock: Clock) -> Any:
    if not settings.ros:
        return NoDevices()
    try:  # only where there is a ROS
        from fleet_manager.adapters.ros.errors import LinkFailed
        from fleet_manager.adapters.ros.link import RosLink
    except ImportError as error:
        raise CannotStart(f'there is no ROS 2 here ({error}): set it up, or --no-ros') from error
    try:
        return RosLink(
            hospital=hospital,
            robots=[RobotId(robot) for robot in hospital.robots],
            mailbox=mailbox,
            now=clock.now,
            heard_clock=clock.hear if isinstance(clock, SimClock) else None,
            speed=settings.sim_speed or 1.0,
        )
    except LinkFailed as error:
        raise CannotStart(str(error)) from error


def _health(runner: Runner, devices: Any) -> Health:
    alive = runner.alive
    link = devices.alive()
    return Health(alive=alive, leader=alive, database=alive, ros_link=link)


def _origins(settings: Settings) -> list[str]:
    scheme = 'https' if settings.secure else 'http'
    own = [f'{scheme}://{host}:{settings.port}' for host in (settings.host, 'localhost')]
    outside = [settings.oidc_address] if settings.oidc_address else []
    return [*own, *settings.origins, *outside]


def _timeline(url: str) -> Callable[[DeliveryId], list[dict[str, Any]]]:
    def timeline(delivery: DeliveryId) -> list[dict[str, Any]]:
        reader = JournalReader(url)
        try:
            return [
                {
                    'seq': stored.seq,
                    'at': stored.entry.at,
                    'kind': stored.entry.kind,
                    'actor': stored.entry.actor,
                    'robot': stored.entry.robot,
                }
                for stored in reader.entries(after=0, limit=200, delivery=delivery)
            ]
        finally:
            reader.close()

    return timeline


def _custody(url: str) -> Callable[[DeliveryId], Custody | None]:
    def record(delivery: DeliveryId) -> Custody | None:
        reader = JournalReader(url)
        try:
            return reader.custody(delivery)
        finally:
            reader.close()

    return record
