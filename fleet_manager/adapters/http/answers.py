"""What the API answers, as models: for its OpenAPI document, and for tests that hold it to them.

Routes send plain JSON; these are not run on the way out. Times are UTC milliseconds.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from fleet_manager.domain.deliveries.goods import Urgency
from fleet_manager.domain.deliveries.lifecycle import DeliveryState

#: An entity of a kind that docs/views.md has field by field.
Entity = dict[str, Any]


class Trouble(BaseModel):
    """What was wrong. `code` is for programs, `message` for people, in the language asked for."""

    code: str
    message: str
    field: str | None = Field(None, description='the field of the request that is wrong')
    problems: list[Entity] | None = Field(None, description='of a map: all that is wrong with it')


class Problem(BaseModel):
    """Every answer that is no success."""

    error: Trouble


class Resource(BaseModel):
    """A FHIR R4B resource; an error is an OperationOutcome."""

    model_config = ConfigDict(extra='allow')

    resourceType: str  # noqa: N815 - FHIR's name


class Coding(BaseModel):
    """A code of a system."""

    system: str | None = None
    code: str


class Concept(BaseModel):
    """A thing by its codes and in words."""

    coding: list[Coding]
    text: str | None = None


class Identifier(BaseModel):
    """A name by which another system knows a thing."""

    system: str | None = None
    value: str


class Place(BaseModel):
    """A station: by its identifier, or as `Location/<station>`."""

    identifier: Identifier | None = None
    reference: str | None = None


class Quantity(BaseModel):
    """How much."""

    value: float
    unit: str | None = None


class Period(BaseModel):
    """A window of time."""

    start: str | None = None
    end: str | None = None


class SupplyRequest(BaseModel):
    """What is read of a FHIR R4B SupplyRequest. Other fields it may have are left aside."""

    resourceType: Literal['SupplyRequest']  # noqa: N815
    identifier: list[Identifier] = Field(description='the first is the order number')
    status: Literal['active'] | None = None
    priority: Literal['routine', 'urgent', 'asap', 'stat'] | None = None
    itemCodeableConcept: Concept = Field(description='the first code is that of the goods')  # noqa: N815
    quantity: Quantity
    occurrencePeriod: Period | None = None  # noqa: N815
    deliverFrom: Place  # noqa: N815
    deliverTo: Place  # noqa: N815


class Withdrawn(BaseModel):
    """A FHIR R4B SupplyRequest or Task that takes back what was asked for."""

    model_config = ConfigDict(extra='allow')

    resourceType: Literal['SupplyRequest', 'Task']  # noqa: N815
    id: str | None = Field(None, description='that of the address')
    status: Literal['cancelled', 'revoked', 'entered-in-error']


class Webhook(BaseModel):
    """A subscription, and how far it is. `secret` is told once, when it is made."""

    id: str
    url: str
    events: list[str] = Field(description='empty for all')
    station: str | None
    position: int = Field(description='number of the journal line up to which all was told')
    delivered: int
    tries: int = Field(description='failures in a row')
    next_at: int
    problem: str
    paused: str = Field(description='why nothing is sent, or empty')
    made_by: str
    made_at: int
    secret: str | None = None


class WebhookList(BaseModel):
    """Every subscription, the oldest first."""

    webhooks: list[Webhook]


class DeadLetter(BaseModel):
    """An event the receiver refused. `again`: it will be sent once more."""

    event: int = Field(description='number of the journal line, the `id` in what was sent')
    type: str
    at: int
    problem: str
    again: bool


class WebhookAndDead(BaseModel):
    """A subscription and what its receiver refused, the oldest first, 100 at most."""

    webhook: Webhook
    dead: list[DeadLetter]


class NotCome(BaseModel):
    """How many of an item did not come with a delivery, as it is booked now."""

    item: str
    missing: int


class Dismissed(BaseModel):
    """How many events are never sent again; 0 where they were gone already."""

    dismissed: int


class Done(BaseModel):
    """It is done, and on disk. There is nothing more to say."""


class Expected(BaseModel):
    """An arrival as a range."""

    early: int
    late: int


class Reason(BaseModel):
    """Why nothing happens; docs/views.md has the codes."""

    code: str
    params: dict[str, str]


class ColdChain(BaseModel):
    """How warm it was where the parcel lay, in °C, where its goods need a record."""

    kept_at: list[float] = Field(description='lowest and highest it may have')
    lowest: float
    highest: float
    last: float
    since: int = Field(description='when it was noted first')
    until: int = Field(description='when it was noted last')
    out: bool = Field(description='it is out of its range now')
    out_ms: int = Field(description='for how long it was out of its range, until `until`')
    out_since: int | None
    hole: bool = Field(description='it is in a robot that has not said for long how warm it is')


class Delivery(BaseModel):
    """A delivery as it stands. Wards are not told `why` and `requested_by`."""

    number: int
    reference: str = Field('', description='the order number of the system that asked, or empty')
    goods: str
    sender: str = Field(description='id of a station')
    recipient: str = Field(description='id of a station')
    urgency: Urgency
    state: DeliveryState
    times: dict[str, int] = Field(description='when each state was reached')
    promised_at: int
    eta: Expected | None = Field(description='arrival at the recipient, or back at the sender')
    late: bool
    robot: str | None
    compartment: str | None
    in_lift: bool
    opening: bool
    together: list[str]
    returning: bool = Field(description='it goes back to its sender')
    turned_back: str | None
    origin: str = Field(description='the station where a robot fetches it')
    goal: str = Field(description='the station it goes to now')
    kept_at: str | None = Field(description='the safe place nobody but its people take it at')
    reminded: int = Field(description='1 the station was reminded, 2 its next contact called')
    count: int = Field(description='pieces put in, 0 where nobody counted')
    received: int = Field(description='pieces that came, 0 where nobody counted')
    missing: str | None = Field(description='what was not right with it')
    closed: str | None = Field(description='why somebody ended it by hand')
    rescued: bool = Field(description='a person took it out of a robot that did not work')
    may_bring_back: bool
    put_off_until: int | None = Field(None, description='people take it later, not before this')
    put_offs: int = Field(0, description='how often it was put off where it is to be taken')
    may_put_off: int = Field(0, description='for how long it may be put off now, in ms; 0: not')
    held_by: str | None = None
    may_close: bool = False
    follow_up: Entity | None = None
    cold_chain: ColdChain | None = Field(None, description='how warm it was in robots')
    raised: bool
    waiting: Reason | None
    rating: int | None
    may_cancel: bool
    note: str
    details: dict[str, str]
    requested_by: str | None = None
    why: Entity | None = None


class Held(BaseModel):
    """Somebody had the parcel: `robot:`, `porter:`, `sender:`, `recipient:`, `keeper:` and who."""

    holder: str
    since: int
    until: int | None
    event: str
    signed_by: str
    witness: str


class Measured(BaseModel):
    """How warm it was where the parcel lay, in °C; `out`: not what its goods are kept at."""

    at: int
    celsius: float
    out: bool


class CustodyRecord(BaseModel):
    """Who had a parcel from when to when. `gaps` is what is wrong with that: nothing, else."""

    id: str
    holdings: list[Held]
    temperatures: list[Measured]
    gaps: list[str]


class OneDelivery(BaseModel):
    """One delivery and its id. `delivery` is null where the picture does not show it yet."""

    id: str
    delivery: Delivery | None


class ListedDelivery(BaseModel):
    """One delivery of a list and its id."""

    id: str
    delivery: Delivery


class Deliveries(BaseModel):
    """A page of a list, newest first. `next` is the `before` of the next page, null at the end."""

    deliveries: list[ListedDelivery]
    next: int | None


class Happened(BaseModel):
    """A line of the journal about a delivery."""

    seq: int
    at: int
    kind: str
    actor: str
    robot: str | None


class Timeline(BaseModel):
    """What happened to a delivery, in order."""

    id: str
    events: list[Happened]


class Session(BaseModel):
    """Who asks, and the token that changing requests of a session carry as `X-CSRF-Token`."""

    account: str
    label: str
    role: str
    station: str | None
    csrf: str


class State(BaseModel):
    """The whole picture, as far as one may see it: `entities[kind][id]`, see docs/views.md."""

    seq: int
    now: int
    entities: dict[str, dict[str, Entity]]


class Map(BaseModel):
    """Everything of the hospital that does not move."""

    version: str
    floors: Any
    stations: Any


class Closure(BaseModel):
    """A closed place."""

    kind: Literal['lane', 'zone', 'lift', 'floor']
    place: str
    robot_type: str
    reason: str
    closed_by: str
    since: int
    until: int | None


class CutOff(BaseModel):
    """What closures part from the rest."""

    stations: list[str]
    robots: list[str]


class Closures(BaseModel):
    """What is closed now."""

    closures: dict[str, Closure]
    cut_off: CutOff


class Closed(BaseModel):
    """The closure that was made."""

    closure: str | None
    cut_off: CutOff


class SwapState(BaseModel):
    """Which map is in force, the change under way and how the last one ended."""

    map_version: str
    swap: Entity | None
    last: Entity | None
    robots_on_old_map: list[str]


class SwapAsked(BaseModel):
    """What became of a map that was sent."""

    outcome: Literal['asked', 'unchanged']
    version: str


class SpaceTime(BaseModel):
    """Who was and will be where along a way; docs/views.md has its fields."""

    now: int
    recorded_from: int
    until: int
    robot: str | None
    places: list[Entity]
    robots: list[Entity]
    lifts: list[Entity]


class ReportSpread(BaseModel):
    """Minutes: half of them, 95 % of them, and the longest."""

    p50: float | None
    p95: float | None
    max: float | None


class ReportRow(BaseModel):
    """One class or one ward. Shares are 0..1, null where there was nothing to count."""

    name: str
    asked: int
    judged: int
    on_time: float | None
    to_arrival: ReportSpread
    delivered: int
    completed: float | None
    ratings: int
    stars: float | None
    satisfied: float | None
    causes: list[tuple[str, int]] = Field(description='late ones by main cause')
    robot_hours: float
    porter_hours: float
    cost: float


class ReportRates(BaseModel):
    """What an hour costs."""

    robot_hour: float
    porter_hour: float
    currency: str


class ReportAnswer(BaseModel):
    """The report of a period; docs/reports.md says what each figure is."""

    begin: int
    end: int
    as_of: int
    complete: bool = Field(description='false while the journal is still being read')
    total: ReportRow
    by_urgency: list[ReportRow]
    by_goods: list[ReportRow]
    by_ward: list[ReportRow]
    robots: int
    rates: ReportRates
