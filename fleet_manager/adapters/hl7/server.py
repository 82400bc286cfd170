"""Takes HL7 orders on a port of this machine: MLLP has no log-in, so nobody else may reach it.

Every message is answered: AA when all its orders are on disk, AE when some cannot be taken (ERR
says which and why; the others were), AR when the message cannot be read or came at a bad moment.
Sent again, with the same order numbers, nothing is ordered twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from fleet_manager.adapters.hl7.framing import Framer, TooLong, framed
from fleet_manager.adapters.hl7.messages import (
    DUPLICATE,
    INTERNAL,
    WRONG_VALUE,
    Deed,
    Header,
    Trouble,
    WrongMessage,
    acknowledgement,
    deeds_of,
    header_of,
)
from fleet_manager.application.outside_orders import Codes, WrongOrder, command_of
from fleet_manager.application.ports import Overloaded, Reply, ViewSource
from fleet_manager.domain.errors import FleetError
from fleet_manager.domain.ids import AccountId, DeliveryId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import Actor, CancelDelivery, Command, Role
from fleet_manager.domain.units import Instant

HOST: Final = '127.0.0.1'
#: Who orders over HL7, in the journal.
HL7: Final = Actor(AccountId('hl7'), Role.INTEGRATION)
#: Interface engines hold one connection or two.
MAX_CONNECTIONS: Final = 20
#: A connection on which nothing comes for so long is dropped; engines connect again.
IDLE_SECONDS: Final = 600.0
READ_BYTES: Final = 16 * 1024
#: Where an order's field stands in a message.
_PLACES: Final = {'number': 'ORC-2', 'goods': 'RQD-2', 'sender': 'RQD-9', 'recipient': 'RQD-9'}

log = structlog.get_logger('hl7')


class PortTaken(FleetError):
    """The port for HL7 is not to be had. The text says which."""


class Hl7Orders:
    """What becomes of a message. `answer` runs in the event loop of the server."""

    def __init__(
        self,
        *,
        codes: Codes,
        hospital: Callable[[], Hospital],
        submit: Callable[[Command], Awaitable[Reply]],
        views: ViewSource,
        clock: Callable[[], Instant],
    ) -> None:
        """`submit` gives a command its answer after the commit, and raises Overloaded."""
        self._codes, self._hospital = codes, hospital
        self._submit, self._views, self._clock = submit, views, clock

    async def answer(self, message: bytes) -> bytes:
        """Return the acknowledgement of a message. Raises nothing for what a sender may say."""
        header = Header()
        try:
            header = header_of(message)
            deeds = await asyncio.to_thread(deeds_of, message, header, self._codes)
        except WrongMessage as wrong:
            return self._said(header, [wrong.trouble], code='AR')
        troubles: list[Trouble] = []
        try:
            for deed in deeds:
                trouble = deed if isinstance(deed, Trouble) else await self._do(deed)
                troubles += [trouble] if trouble is not None else []
        except Overloaded:
            busy = Trouble('MSH-10', INTERNAL, 'not answered in time: send it again', 'busy')
            return self._said(header, [busy], code='AR')
        return self._said(header, troubles, code='AE' if troubles else 'AA')

    def _said(self, header: Header, troubles: list[Trouble], *, code: str) -> bytes:
        log.info('hl7_message', control=header.control[:64], answer=code)
        return acknowledgement(header, troubles, code=code, now=self._clock()).encode()

    async def _do(self, deed: Deed) -> Trouble | None:
        """Order, or take back; return why not. Raises Overloaded."""
        if deed.cancels:
            return await self._cancel(deed.order.number)
        try:
            command = command_of(deed.order, self._codes, self._hospital(), HL7)
        except WrongOrder as wrong:
            return Trouble(_PLACES.get(wrong.field, 'ORC-1'), WRONG_VALUE, str(wrong), wrong.field)
        return _trouble(await self._submit(command))

    async def _cancel(self, number: str) -> Trouble | None:
        known = self._views.current().entities.get('delivery', {})
        found = next(
            (
                name
                for name, entity in known.items()
                if entity['reference'] == number and entity['requested_by'] == HL7.account
            ),
            None,
        )
        if found is None:
            return Trouble('ORC-2', WRONG_VALUE, 'there is no such order', 'unknown_delivery')
        return _trouble(await self._submit(CancelDelivery(HL7, DeliveryId(found))))


def _trouble(reply: Reply) -> Trouble | None:
    code = reply.refusal_code
    if code is None:
        return None
    said = ', '.join(f'{name} {value}' for name, value in sorted(reply.refusal_params.items()))
    hl7 = DUPLICATE if code == 'key_reused' else WRONG_VALUE
    return Trouble('ORC-2', hl7, f'{code}: {said}' if said else code, code)


class Hl7Server:
    """Listens in a thread of its own. `port` 0 takes a free one; `bound` says which."""

    def __init__(self, port: int, orders: Hl7Orders) -> None:
        self._port, self._orders = port, orders
        self.bound = 0
        self._failed: OSError | None = None
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._open = 0
        self._thread = threading.Thread(target=self._run, name='hl7', daemon=True)

    def start(self) -> None:
        """Begin to listen. Raises PortTaken where the port is not to be had."""
        self._thread.start()
        self._ready.wait()
        if self._failed is not None:
            problem = f'HL7 cannot listen on port {self._port}: {self._failed.strerror}'
            raise PortTaken(f'{problem}; give another FLEET_HL7_PORT') from self._failed

    def stop(self) -> None:
        """Hang up and listen no more."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(5)

    def _run(self) -> None:
        with contextlib.closing(self._loop):
            self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        try:
            server = await asyncio.start_server(self._talk, HOST, self._port)
        except OSError as error:
            self._failed = error
            self._ready.set()
            return
        self.bound = int(server.sockets[0].getsockname()[1])
        self._ready.set()
        await self._stop.wait()
        server.close()
        talks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in talks:
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
        await self._loop.shutdown_default_executor()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            if self._open <= MAX_CONNECTIONS:
                await self._listen(reader, writer)
        except (TooLong, TimeoutError, ConnectionError) as error:
            log.warning('hl7_hung_up', why=type(error).__name__)
        finally:
            self._open -= 1
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        framer = Framer()
        while data := await asyncio.wait_for(reader.read(READ_BYTES), IDLE_SECONDS):
            for message in framer.feed(data):
                writer.write(framed(await self._orders.answer(message)))
                await asyncio.wait_for(writer.drain(), IDLE_SECONDS)
