"""Whether a hospital has the stations, robots, lifts, doors and places a scenario names."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from fleet_manager.application.days.scenario import FaultKind, Scenario
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.maps.problems import FieldPath, Findings, did_you_mean
from fleet_manager.domain.maps.words import STATION_KINDS

_LIFT: Final = 'lift'
_ROBOT: Final = 'robot'
_DOOR: Final = 'door'
_LANE: Final = 'lane'
_CHARGER: Final = 'charger'
_AREA: Final = 'zone or floor'

#: What the subject of a fault is; kinds that are not here take none.
_SUBJECTS: Final[Mapping[FaultKind, str]] = {
    **dict.fromkeys(
        (
            FaultKind.ROBOT_DIES,
            FaultKind.ROBOT_RESTARTS,
            FaultKind.ROBOT_CUT,
            FaultKind.ROBOT_BLOCKED,
            FaultKind.ROBOT_TELEPORTS,
            FaultKind.ROBOT_NONSENSE,
            FaultKind.ROBOT_TWICE,
            FaultKind.ROBOT_CLOCK,
            FaultKind.BATTERY_FALLS,
            FaultKind.DOOR_STAYS_OPEN,
        ),
        _ROBOT,
    ),
    **dict.fromkeys(
        (
            FaultKind.LIFT_STUCK,
            FaultKind.LIFT_HELD,
            FaultKind.LIFT_RESTARTS,
            FaultKind.LIFT_OUT,
            FaultKind.LIFT_WRONG_FLOOR,
        ),
        _LIFT,
    ),
    FaultKind.CHARGER_DEAD: _CHARGER,
    FaultKind.DOOR_STUCK: _DOOR,
    FaultKind.BED_IN_CORRIDOR: _LANE,
    FaultKind.FIRE: _AREA,
    FaultKind.POWER_CUT: _AREA,
    FaultKind.ZONE_CLOSED: _AREA,
}


def note_unknown_names(scenario: Scenario, hospital: Hospital, findings: Findings) -> None:
    """Note every name in `scenario` that `hospital` does not have."""
    stations = _Stations(hospital, findings)
    for goods in scenario.demand.goods:
        path = ('demand', 'goods', goods.goods)
        stations.check(goods.goods, goods.senders, goods.recipients, path)
    for number, one in enumerate(scenario.demand.rounds):
        path = ('demand', 'rounds', str(number))
        stations.check(one.goods, one.senders, one.recipients, path)
    for number, request in enumerate(scenario.demand.requests):
        stations.check_request(request.sender, request.recipient, str(number))
    for number, fault in enumerate(scenario.faults):
        if fault.subject:
            known = _known(_SUBJECTS.get(fault.kind, ''), hospital)
            path = ('faults', str(number), 'subject')
            _check(fault.subject, known, _SUBJECTS.get(fault.kind, ''), path, findings)
    if scenario.fleet.robots > len(hospital.robots):
        problem = f'is {scenario.fleet.robots}, the hospital has {len(hospital.robots)}'
        mend = 'write fewer, or add robots to its fleet.yaml'
        findings.error(('fleet', 'robots'), 'too_many', problem, mend)


class _Stations:
    """Stations by id or kind, as senders and recipients name them."""

    def __init__(self, hospital: Hospital, findings: Findings) -> None:
        self._hospital, self._findings = hospital, findings

    def check(
        self,
        goods: str,
        senders: tuple[str, ...],
        recipients: tuple[str, ...],
        path: FieldPath,
    ) -> None:
        """Note names that are neither station nor kind, and goods nobody could send or take."""
        for field, names in (('senders', senders), ('recipients', recipients)):
            for number, name in enumerate(names):
                known = (*self._hospital.stations, *STATION_KINDS)
                place = (*path, field, str(number))
                _check(name, known, 'station or kind of station', place, self._findings)
            if not self._taking_part(goods, field, names):
                verb = 'sends' if field == 'senders' else 'takes'
                problem = f'no station of {self._hospital.id} {verb} {goods}'
                if names:
                    problem = f'none of these stations {verb} {goods}'
                mend = f'name others, or add {goods} to what they are to do in the map'
                self._findings.error((*path, field), 'nobody', problem, mend)

    def check_request(self, sender: str, recipient: str, number: str) -> None:
        """Note a sender or a recipient that is no station."""
        for field, name in (('sender', sender), ('recipient', recipient)):
            place = ('demand', 'requests', number, field)
            _check(name, tuple(self._hospital.stations), 'station', place, self._findings)

    def _taking_part(self, goods: str, field: str, names: tuple[str, ...]) -> bool:
        return any(
            goods in (station.sends if field == 'senders' else station.takes)
            for station in self._hospital.stations.values()
            if not names or station.id in names or station.kind in names
        )


def _known(what: str, hospital: Hospital) -> Collection[str]:
    if what == _ROBOT:
        return tuple(hospital.robots)
    if what == _LIFT:
        return tuple(hospital.lifts)
    if what == _DOOR:
        return tuple(hospital.doors)
    if what == _LANE:
        return tuple(hospital.lanes)
    if what == _CHARGER:
        return tuple(node for node in hospital.nodes if hospital.nodes[node].kind == _CHARGER)
    if what == _AREA:
        floors = hospital.floors.values()
        return (
            *hospital.floors,
            *(f'{floor.id}.{zone.id}' for floor in floors for zone in floor.zones),
        )
    return ()


def _check(
    name: str, known: Collection[str], what: str, path: FieldPath, findings: Findings
) -> None:
    if name in known:
        return
    if not what:
        problem, mend = 'this kind of fault has no subject', 'remove it'
    else:
        problem = f'there is no {what} {name!r} in this hospital'
        mend = did_you_mean(name, known, f'write a {what} of its map')
    findings.error(path, 'unknown_name', problem, mend)
