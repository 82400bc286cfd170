"""Everything the kernel hears and says.

Commands (imperative) come from people and may be refused. Reports come from devices and are
input like any other: checked, never believed. Events (past tense) are what happened; they are the
journal. All are frozen; all fields are plain JSON types, so that the journal can be read in twenty
years.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from fleet_manager.domain.ids import (
    AccountId,
    ClosureId,
    CompartmentId,
    DeliveryId,
    DoorId,
    FloorId,
    LiftId,
    NodeId,
    ResourceId,
    RobotId,
    RunId,
    SessionId,
    StationId,
)
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.personal import Sort
from fleet_manager.domain.units import Instant


class Role(StrEnum):
    """What somebody is to the hospital; what a role may do stands in `domain.rights`.

    `WARD` and `PHARMACY` work at a station. `INTEGRATION` is another program, `DEMO` simulated
    staff that says so in the journal, `SYSTEM` the manager itself; no account can have these.
    """

    WARD = 'ward'
    PHARMACY = 'pharmacy'
    DESK = 'desk'
    PORTER = 'porter'
    OPERATOR = 'operator'
    ENGINEER = 'engineer'
    AUDITOR = 'auditor'
    ADMIN = 'admin'
    INTEGRATION = 'integration'
    DEMO = 'demo'
    SYSTEM = 'system'


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: an account, its role and, for ward staff, the station it works at."""

    account: AccountId
    role: Role
    station: StationId | None = None


# --- commands  ---


class FollowUpStep(StrEnum):
    """What is done about a delivery that did not go well, in this order."""

    ANSWERED = 'answered'
    SOLVED = 'solved'
    CALLED_BACK = 'called_back'


@dataclass(frozen=True, slots=True)
class RequestDelivery:
    """Ask for a delivery. `key` makes it idempotent: same actor, key and body is one delivery.

    `raised` asks one step more urgently than the goods class is; `note` must say why then.
    Nobody comes for it before `earliest`. `latest` is the end of its window, when it is promised;
    0 for the promise of the class. `asked_by` is who asked where somebody else asks on their
    behalf. `details` are fields some goods have, see `deliveries.details`.
    """

    actor: Actor
    key: str
    goods: str
    sender: StationId
    recipient: StationId
    note: str = ''
    raised: bool = False
    earliest: Instant = Instant(0)
    latest: Instant = Instant(0)
    asked_by: str = ''
    details: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CancelDelivery:
    """Cancel: before the parcel is loaded at once, afterwards only with `bring_back`.

    What is on its way goes back to its sender then; who wants it delivered on cancels nothing.
    """

    actor: Actor
    delivery: DeliveryId
    bring_back: bool = False


@dataclass(frozen=True, slots=True)
class OpenCompartment:
    """Open the delivery's compartment, to load at the sender or to take out at the recipient.

    Send only after the person's PIN was checked: the actor of this message *is* the signature, and
    so is the `witness` where the goods need two people. `count` is how many pieces are put in, 0
    where nobody counted.
    """

    actor: Actor
    delivery: DeliveryId
    witness: Actor | None = None
    count: int = 0


@dataclass(frozen=True, slots=True)
class OpenLeftBehind:
    """Open a compartment as somebody of the whole house, not of the station the robot stands at.

    To load what a rescuer carries, or to take out what nobody else takes. As `OpenCompartment`.
    """

    actor: Actor
    delivery: DeliveryId
    witness: Actor | None = None
    count: int = 0


@dataclass(frozen=True, slots=True)
class SignDelivery:
    """Sign that the parcel was taken out. Ends the delivery.

    `count` is how many pieces there are, 0 where nobody counted; `missing` says what is not right
    with it. `witness` is the second signature where the goods need two; it was checked as well.
    """

    actor: Actor
    delivery: DeliveryId
    witness: Actor | None = None
    count: int = 0
    missing: str = ''


@dataclass(frozen=True, slots=True)
class RefuseDelivery:
    """The recipient does not take the parcel the robot stands there with: it goes back."""

    actor: Actor
    delivery: DeliveryId
    reason: str


@dataclass(frozen=True, slots=True)
class PutOffDelivery:
    """Not now: whoever is to take the parcel the robot stands there with has no hands free yet.

    For how long, and how often, its goods class says.
    """

    actor: Actor
    delivery: DeliveryId


@dataclass(frozen=True, slots=True)
class TakeByHand:
    """A porter has taken the parcel from the sender and carries it to the recipient."""

    actor: Actor
    delivery: DeliveryId


@dataclass(frozen=True, slots=True)
class AskRescue:
    """What is inside a robot that is dead or stuck for good has to be fetched by a person."""

    actor: Actor
    robot: RobotId
    reason: str


@dataclass(frozen=True, slots=True)
class CallOffRescue:
    """The robot works again: it goes on with what is still inside."""

    actor: Actor
    robot: RobotId


@dataclass(frozen=True, slots=True)
class RescueParcel:
    """Take a parcel out of a robot that does not work, with the key of the house.

    Send only after the rescuer's secret was checked again, and that of the `witness` where the
    goods need two people.
    """

    actor: Actor
    delivery: DeliveryId
    witness: Actor | None = None


@dataclass(frozen=True, slots=True)
class CallRobot:
    """Whoever carries a parcel wants a robot at `station` to bring it on."""

    actor: Actor
    delivery: DeliveryId
    station: StationId


@dataclass(frozen=True, slots=True)
class CloseDelivery:
    """End what nobody else ended: a signature forgotten, a parcel lost. `reason` says why."""

    actor: Actor
    delivery: DeliveryId
    reason: str


@dataclass(frozen=True, slots=True)
class NoteFollowUp:
    """Somebody answered, solved or called back on a delivery that did not go well."""

    actor: Actor
    delivery: DeliveryId
    step: FollowUpStep
    note: str


@dataclass(frozen=True, slots=True)
class SignCleaning:
    """Sign that the robot was cleaned inside, at its cleaning place: it may carry clean goods."""

    actor: Actor
    robot: RobotId


@dataclass(frozen=True, slots=True)
class RateDelivery:
    """Rate a delivered delivery with 1 to 5 stars, once."""

    actor: Actor
    delivery: DeliveryId
    stars: int


@dataclass(frozen=True, slots=True)
class PauseRobot:
    """Hold one robot where it is. It keeps its place and its job."""

    actor: Actor
    robot: RobotId


@dataclass(frozen=True, slots=True)
class ResumeRobot:
    """Let a paused robot go on."""

    actor: Actor
    robot: RobotId


@dataclass(frozen=True, slots=True)
class PauseFleet:
    """Hold every robot where it is."""

    actor: Actor


@dataclass(frozen=True, slots=True)
class ResumeFleet:
    """Let the fleet go on. Robots paused one by one stay paused."""

    actor: Actor


@dataclass(frozen=True, slots=True)
class ReadmitRobot:
    """An operator has looked: the excluded robot is where it says and may move again."""

    actor: Actor
    robot: RobotId


@dataclass(frozen=True, slots=True)
class ReleaseLift:
    """An operator has looked: the lift that was recalled may take robots again."""

    actor: Actor
    lift: LiftId


@dataclass(frozen=True, slots=True)
class AcknowledgeAlert:
    """An operator has seen the alert."""

    actor: Actor
    alert: str


class PlaceKind(StrEnum):
    """What can be closed."""

    LANE = 'lane'
    ZONE = 'zone'
    LIFT = 'lift'
    FLOOR = 'floor'


@dataclass(frozen=True, slots=True)
class ClosePlace:
    """Close a place to robots, or to those of one type; until a time, 0 until it is opened again.

    Said again of the same place and type it replaces reason and end.
    """

    actor: Actor
    kind: PlaceKind
    place: str
    reason: str
    until: Instant = Instant(0)
    robot_type: str = ''


@dataclass(frozen=True, slots=True)
class OpenPlace:
    """End a closure before its time."""

    actor: Actor
    closure: ClosureId


@dataclass(frozen=True, slots=True)
class SwapMap:
    """Work on `hospital` from now on, a whole and checked map, as soon as nothing holds it up.

    The map must be kept where a restart finds it before this is said. Waits `wait_ms` at most.
    """

    actor: Actor
    hospital: Hospital
    reason: str
    wait_ms: int


@dataclass(frozen=True, slots=True)
class CancelMapSwap:
    """Stay on the map in force: give up the change under way."""

    actor: Actor
    reason: str


@dataclass(frozen=True, slots=True)
class ApplyRetention:
    """Erase a sort of personal data of these deliveries, and of what is about none.

    Of the latter the journal lines up to `through`, which are those before `before`; 0 for none.
    What is still under way keeps its data.
    """

    actor: Actor
    sort: Sort
    deliveries: tuple[DeliveryId, ...]
    through: int = 0
    before: Instant = Instant(0)


Command = (
    RequestDelivery
    | CancelDelivery
    | OpenCompartment
    | OpenLeftBehind
    | SignDelivery
    | RefuseDelivery
    | PutOffDelivery
    | TakeByHand
    | AskRescue
    | CallOffRescue
    | RescueParcel
    | CallRobot
    | CloseDelivery
    | NoteFollowUp
    | SignCleaning
    | RateDelivery
    | PauseRobot
    | ResumeRobot
    | PauseFleet
    | ResumeFleet
    | ReadmitRobot
    | ReleaseLift
    | AcknowledgeAlert
    | ClosePlace
    | OpenPlace
    | SwapMap
    | CancelMapSwap
    | ApplyRetention
)


# --- reports  ---


@dataclass(frozen=True, slots=True)
class CompartmentReport:
    """One compartment as the robot senses it. `temperature` in °C, None: not measured."""

    compartment: CompartmentId
    locked: bool
    closed: bool
    occupied: bool
    temperature: float | None = None


@dataclass(frozen=True, slots=True)
class RobotReport:
    """The cumulative state of a robot. A lost, repeated or late one changes nothing for good.

    Pose in the map frame of `floor`: metres, radians. `battery` 0..1 or None when unknown.
    `incarnation` is new at each start of the robot's program, `sequence` grows within one.
    """

    robot: RobotId
    incarnation: str
    sequence: int
    epoch: int
    map_version: str
    order_id: str
    order_update: int
    last_node: str
    last_sequence: int
    floor: FloorId
    x: float
    y: float
    yaw: float
    speed: float
    battery: float | None
    charging: bool
    mode: str
    last_grant: int
    compartments: tuple[CompartmentReport, ...]
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PoseReport:
    """Where a robot is now, between two states; for the map only, never for a decision."""

    robot: RobotId
    floor: FloorId
    x: float
    y: float
    yaw: float


@dataclass(frozen=True, slots=True)
class MalformedReport:
    """A device said something that is no report at all (NaN, wrong type, too long)."""

    device: str
    problem: str


class LiftDoor(StrEnum):
    """Door of a lift car, after Open-RMF's LiftState."""

    CLOSED = 'closed'
    MOVING = 'moving'
    OPEN = 'open'


class LiftMode(StrEnum):
    """Mode of a lift, after Open-RMF's LiftState. Anything else is UNKNOWN: do not enter."""

    UNKNOWN = 'unknown'
    HUMAN = 'human'
    AGV = 'agv'
    FIRE = 'fire'
    OFFLINE = 'offline'
    EMERGENCY = 'emergency'


@dataclass(frozen=True, slots=True)
class LiftReport:
    """The state of a lift, Open-RMF's LiftState in our types. `session` is '' when free.

    `height` is the car floor's height above the ground in metres, `occupied` whether anybody or
    anything is in the car, where the lift tells it.
    """

    lift: LiftId
    current_floor: FloorId
    destination_floor: FloorId
    door: LiftDoor
    moving: bool
    mode: LiftMode
    session: str
    height: float | None = None
    occupied: bool | None = None


class DoorPosition(StrEnum):
    """Position of a door, after Open-RMF's DoorMode."""

    CLOSED = 'closed'
    MOVING = 'moving'
    OPEN = 'open'
    OFFLINE = 'offline'
    UNKNOWN = 'unknown'


@dataclass(frozen=True, slots=True)
class DoorReport:
    """The state of a door."""

    door: DoorId
    position: DoorPosition


@dataclass(frozen=True, slots=True)
class LockReport:
    """Too many wrong secrets were tried for an account: nobody gets in before `until`.

    Or, at a robot's screen, for a `compartment` (`r1/c1`), whoever tried: it is not opened there.
    `name` is what people call a person's account, '' for one that others share.
    """

    account: AccountId
    until: Instant
    compartment: str = ''
    name: str = ''


@dataclass(frozen=True, slots=True)
class WebhookReport:
    """How a subscription of another system is: `trouble` is '' where nothing is wrong with it.

    `paused`: it is told nothing more until a person goes on with it. `refused`: some events were
    refused for good and are set aside.
    """

    webhook: str
    trouble: str


Report = (
    RobotReport
    | PoseReport
    | MalformedReport
    | LiftReport
    | DoorReport
    | LockReport
    | WebhookReport
)
Message = Command | Report


# --- events  ---


@dataclass(frozen=True, slots=True)
class ManagerStarted:
    """A manager took over with a new epoch. Devices refuse lower ones."""

    epoch: int
    map_version: str


@dataclass(frozen=True, slots=True)
class DeliveryRequested:
    """A delivery was accepted; `promised_at` is when it arrives at the latest."""

    delivery: DeliveryId
    number: int
    key: str
    body_hash: str
    actor: Actor
    goods: str
    sender: StationId
    recipient: StationId
    urgency: str
    promised_at: Instant
    note: str = ''
    raised: bool = False
    earliest: Instant = Instant(0)
    asked_by: str = ''
    details: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeliveryCancelled:
    """Ended before anything was loaded, by a person."""

    delivery: DeliveryId
    actor: Actor


@dataclass(frozen=True, slots=True)
class DeliveryExpired:
    """Ended because nobody loaded the robot within the limit of its goods class."""

    delivery: DeliveryId


@dataclass(frozen=True, slots=True)
class DeliveryArchived:
    """Left the live state some time after its end. The journal keeps it."""

    delivery: DeliveryId


class Purpose(StrEnum):
    """Why a robot drives to the end of its leg."""

    PICK_UP = 'pick_up'
    HAND_OVER = 'hand_over'
    PARK = 'park'
    CHARGE = 'charge'
    CLEAN = 'clean'


@dataclass(frozen=True, slots=True)
class Stop:
    """What a run has to do at a station for one delivery: a pick-up or a hand-over.

    Stops at one station that follow each other are one visit.
    """

    purpose: Purpose
    station: StationId
    delivery: DeliveryId


@dataclass(frozen=True, slots=True)
class RunAssigned:
    """A robot serves the delivery with one of its compartments, in this run.

    `stops` is the whole run from now on, the new pick-up and hand-over among them; empty stands
    for these two alone. `cost_ms` is the expected time until the robot stands at the sender and
    `runners_up` are the next best robots with theirs, to explain the choice. `eta` is the
    arrival at the recipient as it was expected: as likely early as late, and in 8 of 10 cases.
    """

    run: RunId
    robot: RobotId
    delivery: DeliveryId
    compartment: CompartmentId
    cost_ms: int
    runners_up: tuple[tuple[RobotId, int], ...]
    stops: tuple[Stop, ...] = ()
    eta: tuple[Instant, Instant] = (Instant(0), Instant(0))


@dataclass(frozen=True, slots=True)
class RunReordered:
    """The robot serves what it has to serve in another order."""

    run: RunId
    robot: RobotId
    stops: tuple[Stop, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class RunWithdrawn:
    """The robot no longer serves the delivery, which was not loaded: it waits again or ended."""

    run: RunId
    robot: RobotId
    delivery: DeliveryId
    reason: str


class HopKind(StrEnum):
    """How a robot gets to the next node."""

    DRIVE = 'drive'
    BOARD = 'board'
    ALIGHT = 'alight'


@dataclass(frozen=True, slots=True)
class Hop:
    """One step of a plan: from a node over a lane, or into or out of a lift car, to a node.

    `sequence` grows for ever per robot. `claims` are taken before the hop starts, `frees` are
    given back when it is done, not earlier. `places` says, for each claim, where in the queue of
    the resource it stands: how many claims go first. `start` and `end` are planned times.
    """

    sequence: int
    kind: HopKind
    origin: NodeId
    target: NodeId
    lane: str
    lift: str
    door: str
    claims: tuple[ResourceId, ...]
    places: tuple[int, ...]
    frees: tuple[ResourceId, ...]
    start: Instant
    end: Instant


@dataclass(frozen=True, slots=True)
class LegPlanned:
    """A robot got a route to a bay it may keep for ever.

    Its hops up to `after` stay as they are, what was planned beyond is replaced by `hops`.
    """

    robot: RobotId
    leg: int
    after: int
    purpose: Purpose
    goal: NodeId
    hops: tuple[Hop, ...]


@dataclass(frozen=True, slots=True)
class LegsReplanned:
    """Robots under way got better legs to where they were going, all of them or none.

    What all of them had planned is taken back first, then the legs are put in, in this order.
    `robot` was late or waited; `gain_ms` is how much sooner robots arrive, each by its urgency.
    """

    robot: RobotId
    legs: tuple[LegPlanned, ...]
    gain_ms: int


@dataclass(frozen=True, slots=True)
class HopsReleased:
    """The robot may drive up to and including hop `upto`. It now holds `claims` as well."""

    robot: RobotId
    upto: int
    update: int
    claims: tuple[ResourceId, ...]


@dataclass(frozen=True, slots=True)
class RobotPlaced:
    """A robot was seen for the first time, on a bay it may keep."""

    robot: RobotId
    node: NodeId
    claims: tuple[ResourceId, ...]


@dataclass(frozen=True, slots=True)
class NodeReached:
    """The robot stands on the target of hop `sequence`; `frees` are free for the next one."""

    robot: RobotId
    sequence: int
    node: NodeId
    frees: tuple[ResourceId, ...]


@dataclass(frozen=True, slots=True)
class RobotArrived:
    """The robot stands at the station of its stop and waits for people."""

    robot: RobotId
    delivery: DeliveryId
    purpose: Purpose
    node: NodeId


@dataclass(frozen=True, slots=True)
class RobotSentAway:
    """The robot leaves the recipient's station, which was closed, and brings the parcel later."""

    robot: RobotId
    delivery: DeliveryId


@dataclass(frozen=True, slots=True)
class OpeningAuthorised:
    """`actor` may open one compartment once, until `expires`; `grant` only grows per robot.

    `also` are the other deliveries of the compartment that it is opened for at the same time.
    `witness` signed as well; `count` pieces are put in, 0 where nobody counted.
    """

    robot: RobotId
    compartment: CompartmentId
    delivery: DeliveryId
    grant: int
    purpose: Purpose
    actor: Actor
    expires: Instant
    also: tuple[DeliveryId, ...] = ()
    witness: Actor | None = None
    count: int = 0


@dataclass(frozen=True, slots=True)
class OpeningExpired:
    """The robot did not open in time; a person has to sign again."""

    robot: RobotId
    delivery: DeliveryId
    grant: int


@dataclass(frozen=True, slots=True)
class CompartmentOpened:
    """The robot says it has opened under `grant`."""

    robot: RobotId
    compartment: CompartmentId
    delivery: DeliveryId
    grant: int


@dataclass(frozen=True, slots=True)
class ParcelLoaded:
    """Custody went from the sender to the robot: closed, locked, occupied; signed by `actor`."""

    delivery: DeliveryId
    robot: RobotId
    compartment: CompartmentId
    actor: Actor


@dataclass(frozen=True, slots=True)
class OpeningUnused:
    """The compartment was closed as it had been opened: the robot waits on."""

    delivery: DeliveryId
    robot: RobotId
    compartment: CompartmentId


@dataclass(frozen=True, slots=True)
class TemperatureNoted:
    """How warm it is where the parcel lies, in °C; `out`: not what its goods class is kept at."""

    delivery: DeliveryId
    robot: RobotId
    compartment: CompartmentId
    celsius: float
    out: bool


@dataclass(frozen=True, slots=True)
class ParcelTaken:
    """Custody went to the recipient, who opened: closed empty. The robot may go."""

    delivery: DeliveryId
    robot: RobotId
    compartment: CompartmentId
    actor: Actor


@dataclass(frozen=True, slots=True)
class DeliveryReceived:
    """The recipient signed for the parcel. The delivery is delivered.

    `count` pieces were there of `loaded`, each 0 where nobody counted; `missing` is what was not
    right.
    """

    delivery: DeliveryId
    actor: Actor
    witness: Actor | None = None
    count: int = 0
    missing: str = ''
    loaded: int = 0


@dataclass(frozen=True, slots=True)
class ParcelTurnedBack:
    """The parcel goes elsewhere: nobody took it in time, it was refused, or was cancelled.

    Back to its sender, or to the safe place `to` where that is named. Without a robot a person
    carries it.
    """

    delivery: DeliveryId
    robot: RobotId | None
    reason: str
    to: StationId | None = None


@dataclass(frozen=True, slots=True)
class ParcelReturned:
    """Custody went back to the sender, who opened: closed empty. Ends the delivery."""

    delivery: DeliveryId
    robot: RobotId
    compartment: CompartmentId
    actor: Actor


@dataclass(frozen=True, slots=True)
class CollectionReminded:
    """Nobody took the parcel yet: 1 the station was reminded, 2 its next contact was called."""

    delivery: DeliveryId
    robot: RobotId
    station: StationId
    step: int


@dataclass(frozen=True, slots=True)
class ReceiptPutOff:
    """People take the parcel later: nobody is reminded before `until`.

    `extends`: it is brought back that much later as well, and not when it would have been.
    """

    delivery: DeliveryId
    robot: RobotId
    actor: Actor
    until: Instant
    extends: bool = True


@dataclass(frozen=True, slots=True)
class ParcelStored:
    """Custody went to the people of the safe place `station`. Ends the delivery.

    Robot and compartment are those it was taken out of; None where a person brought it.
    """

    delivery: DeliveryId
    robot: RobotId | None
    compartment: CompartmentId | None
    actor: Actor
    station: StationId


@dataclass(frozen=True, slots=True)
class ParcelGivenBack:
    """Custody went from whoever carried it back to the sender, who signed. Ends the delivery."""

    delivery: DeliveryId
    actor: Actor


@dataclass(frozen=True, slots=True)
class RescueAsked:
    """The parcel is to be fetched out of its robot, which is dead or stuck, by a person."""

    delivery: DeliveryId
    robot: RobotId
    actor: Actor
    reason: str


@dataclass(frozen=True, slots=True)
class RescueCalledOff:
    """The robot works again and goes on with the parcel."""

    delivery: DeliveryId
    robot: RobotId
    actor: Actor


@dataclass(frozen=True, slots=True)
class ParcelRescued:
    """Custody went from the robot to the person who opened it with the key of the house."""

    delivery: DeliveryId
    robot: RobotId
    compartment: CompartmentId
    actor: Actor
    witness: Actor | None = None


@dataclass(frozen=True, slots=True)
class RobotCalled:
    """The person who has the parcel waits with it at `station` for a robot."""

    delivery: DeliveryId
    actor: Actor
    station: StationId


@dataclass(frozen=True, slots=True)
class DeliveryClosed:
    """Somebody ended what nobody else did, and said why."""

    delivery: DeliveryId
    actor: Actor
    reason: str


@dataclass(frozen=True, slots=True)
class FollowUpNoted:
    """A step of the follow-up was done."""

    delivery: DeliveryId
    actor: Actor
    step: FollowUpStep
    note: str


@dataclass(frozen=True, slots=True)
class PorterAsked:
    """No robot may or can carry it: the delivery is on the porters' list."""

    delivery: DeliveryId
    reason: str


@dataclass(frozen=True, slots=True)
class PorterTook:
    """Custody went to a porter, from the sender or from whoever else carried it."""

    delivery: DeliveryId
    actor: Actor


@dataclass(frozen=True, slots=True)
class RobotSoiled:
    """Dirty goods are inside: nothing clean may be loaded until the robot was cleaned."""

    robot: RobotId
    delivery: DeliveryId


@dataclass(frozen=True, slots=True)
class RobotCleaned:
    """Somebody cleaned the robot inside and signed for it."""

    robot: RobotId
    actor: Actor


@dataclass(frozen=True, slots=True)
class DeliveryRated:
    """1 to 5 stars from the people who got it."""

    delivery: DeliveryId
    stars: int
    actor: Actor


class LiftStage(StrEnum):
    """Where a ride stands. Boarding is allowed in OPEN only, leaving in ARRIVED only."""

    REQUESTED = 'requested'
    OPEN = 'open'
    RIDING = 'riding'
    ARRIVED = 'arrived'
    EXITED = 'exited'


class LiftOutcome(StrEnum):
    """How a step of a ride, or the whole of it, ended.

    `OPENED`: it stands open for the robot. `FULL`: somebody is in it. `REFUSED`: it serves others.
    `TIMED_OUT`: it did not come. `MODE_LOST`: it takes no robots now. `DONE`: the ride is over.
    `ABANDONED`: the robot does not ride.
    """

    OPENED = 'opened'
    FULL = 'full'
    REFUSED = 'refused'
    TIMED_OUT = 'timed_out'
    MODE_LOST = 'mode_lost'
    DONE = 'done'
    ABANDONED = 'abandoned'


@dataclass(frozen=True, slots=True)
class LiftSessionStarted:
    """The lift serves one robot exclusively, for one ride, under a number that only grows."""

    lift: LiftId
    session: SessionId
    robot: RobotId
    boarding_floor: FloorId
    target_floor: FloorId
    deadline: Instant


@dataclass(frozen=True, slots=True)
class LiftSessionAdvanced:
    """The ride reached a stage; `deadline` is when somebody is called if it goes no further.

    `outcome` is a `LiftOutcome` of the step before, or ''. With a `floor` the robot leaves the
    car there, not where it rode to: the lift was recalled.
    """

    lift: LiftId
    session: SessionId
    stage: LiftStage
    deadline: Instant
    outcome: str = ''
    floor: FloorId | None = None


@dataclass(frozen=True, slots=True)
class LiftSessionEnded:
    """The lift confirmed that it is free again. `outcome` is a `LiftOutcome`.

    `again_at` is when it is asked for again at the earliest: until then people have it.
    """

    lift: LiftId
    session: SessionId
    outcome: str
    again_at: Instant = Instant(0)


@dataclass(frozen=True, slots=True)
class LiftRecalled:
    """A lift said that it is in a fire or another emergency: no robot enters until a release."""

    lift: LiftId
    mode: LiftMode


@dataclass(frozen=True, slots=True)
class LiftReleased:
    """A person has looked after a recall: the lift may take robots again."""

    lift: LiftId
    actor: Actor


@dataclass(frozen=True, slots=True)
class RobotPaused:
    """An operator holds the robot."""

    robot: RobotId
    actor: Actor


@dataclass(frozen=True, slots=True)
class RobotResumed:
    """The robot may go on."""

    robot: RobotId
    actor: Actor


@dataclass(frozen=True, slots=True)
class FleetPaused:
    """An operator holds all robots."""

    actor: Actor


@dataclass(frozen=True, slots=True)
class FleetResumed:
    """All robots that are not paused one by one may go on."""

    actor: Actor


@dataclass(frozen=True, slots=True)
class RobotExcluded:
    """The robot said what cannot be: it gets nothing more and keeps its place."""

    robot: RobotId
    reason: str


@dataclass(frozen=True, slots=True)
class RobotReadmitted:
    """The robot may move again."""

    robot: RobotId
    actor: Actor


@dataclass(frozen=True, slots=True)
class AlertRaised:
    """A condition somebody has to know of began. One alert a condition."""

    alert: str
    code: str
    subject: str
    params: dict[str, str]


@dataclass(frozen=True, slots=True)
class AlertAcknowledged:
    """A person has seen it; the condition goes on."""

    alert: str
    actor: Actor


@dataclass(frozen=True, slots=True)
class AlertCleared:
    """The condition ended."""

    alert: str


@dataclass(frozen=True, slots=True)
class PlaceClosed:
    """Robots, or those of `robot_type`, keep out of a place until `until`; 0: until it is opened.

    Comes again with the same `closure` when reason or end change. `stations` and `robots` are
    those that were cut off from the rest when it was closed, and were not before.
    """

    closure: ClosureId
    kind: PlaceKind
    place: str
    robot_type: str
    reason: str
    actor: Actor
    until: Instant
    stations: tuple[StationId, ...]
    robots: tuple[RobotId, ...]


@dataclass(frozen=True, slots=True)
class PlaceOpened:
    """A closure ended: `opened` by somebody, `over` at its time, `gone` with the map it was on."""

    closure: ClosureId
    actor: Actor
    why: str


@dataclass(frozen=True, slots=True)
class MapHold:
    """What keeps a map in force: a code and the figures of its text."""

    code: str
    params: dict[str, str]


@dataclass(frozen=True, slots=True)
class MapSwapAsked:
    """An operator gave a new map. What it has no more, or elsewhere, is being cleared."""

    version: str
    before: str
    actor: Actor
    reason: str
    deadline: Instant


@dataclass(frozen=True, slots=True)
class MapSwapped:
    """Map `version` is in force instead of `before`. Robots take it over one by one."""

    version: str
    before: str
    actor: Actor
    reason: str


@dataclass(frozen=True, slots=True)
class MapSwapRefused:
    """The time was over and something still held the old map, which stays in force."""

    version: str
    held: tuple[MapHold, ...]


@dataclass(frozen=True, slots=True)
class MapSwapCancelled:
    """An operator gave the change up; the old map stays in force."""

    version: str
    actor: Actor
    reason: str


@dataclass(frozen=True, slots=True)
class RetentionApplied:
    """Personal data was erased because its time was over. See `ApplyRetention`."""

    sort: Sort
    deliveries: tuple[DeliveryId, ...]
    through: int = 0
    before: Instant = Instant(0)


Event = (
    ManagerStarted
    | DeliveryRequested
    | DeliveryCancelled
    | DeliveryExpired
    | DeliveryArchived
    | RunAssigned
    | RunReordered
    | RunWithdrawn
    | LegPlanned
    | LegsReplanned
    | HopsReleased
    | RobotPlaced
    | NodeReached
    | RobotArrived
    | RobotSentAway
    | OpeningAuthorised
    | OpeningExpired
    | CompartmentOpened
    | ParcelLoaded
    | OpeningUnused
    | TemperatureNoted
    | ParcelTaken
    | DeliveryReceived
    | ParcelTurnedBack
    | ParcelReturned
    | CollectionReminded
    | ReceiptPutOff
    | ParcelStored
    | ParcelGivenBack
    | RescueAsked
    | RescueCalledOff
    | ParcelRescued
    | RobotCalled
    | DeliveryClosed
    | FollowUpNoted
    | PorterAsked
    | PorterTook
    | RobotSoiled
    | RobotCleaned
    | DeliveryRated
    | LiftSessionStarted
    | LiftSessionAdvanced
    | LiftSessionEnded
    | LiftRecalled
    | LiftReleased
    | RobotPaused
    | RobotResumed
    | FleetPaused
    | FleetResumed
    | RobotExcluded
    | RobotReadmitted
    | AlertRaised
    | AlertAcknowledged
    | AlertCleared
    | PlaceClosed
    | PlaceOpened
    | MapSwapAsked
    | MapSwapped
    | MapSwapRefused
    | MapSwapCancelled
    | RetentionApplied
)
