"""Gives every robot a home: a parking bay or charger of its own."""

from __future__ import annotations

from typing import Final

from fleet_manager.adapters.files.importing.bays import add_bay
from fleet_manager.adapters.files.importing.draft import (
    Bay,
    Building,
    Machine,
    Make,
    Role,
    Storey,
)
from fleet_manager.adapters.files.importing.report import Notebook
from fleet_manager.adapters.files.importing.space import Space
from fleet_manager.domain.maps import geometry
from fleet_manager.domain.maps.model import NodeKind

_RESTING: Final = (NodeKind.CHARGER, NodeKind.PARKING)
_Place = tuple[Storey, Bay]


def house_robots(
    building: Building, spaces: dict[str, Space], notes: Notebook, *, robots: int | None
) -> None:
    """Find or make a home for every robot, and for as many more as are wished."""
    if not building.makes:
        building.makes.append(Make('robot'))
    _right_number(building, notes, robots)
    free = [(storey, bay) for storey in building.storeys for bay in _resting(storey)]
    for machine in building.machines:
        _move_in(machine, [own for own in free if machine.place == own[1].role.place], free)
    for machine in [own for own in building.machines if own.home is None]:
        if _move_in(machine, _nearest(building, machine, free), free) and machine.spot:
            what = f'{machine.name} has no bay there'
            notes.note(machine.place, what, 'another is its home')
    for machine in building.machines:
        if machine.home is None:
            _build(building, spaces, machine, notes)
    _one_charger(building, notes)


def _resting(storey: Storey) -> list[Bay]:
    return [bay for bay in storey.bays if bay.role.kind in _RESTING]


def _right_number(building: Building, notes: Notebook, robots: int | None) -> None:
    wanted = len(building.machines) if robots is None else robots
    if robots is None and not building.machines:
        chargers = [
            bay
            for storey in building.storeys
            for bay in storey.bays
            if bay.role.kind is NodeKind.CHARGER
        ]
        wanted = max(1, len(chargers))
        what = 'no robot is placed in it'
        notes.warn(building.name, what, f'{wanted} are made, one for each charger')
    for machine in building.machines[wanted:]:
        notes.note(machine.place, f'{machine.name} is one robot too many', 'left out, as asked')
    del building.machines[wanted:]
    first = len(building.machines)
    for index in range(first, wanted):
        make = building.makes[index % len(building.makes)]
        machine = Machine(f'{make.name} {index + 1}', building.name, make.name, None, None)
        building.machines.append(machine)
    if wanted > first and robots is not None:
        what = f'it places {first} robots'
        notes.note(building.name, what, f'{wanted - first} more are made, as asked')


def _move_in(machine: Machine, choice: list[_Place], free: list[_Place]) -> bool:
    """Make the first place the home of a robot; return whether there is one."""
    if choice:
        machine.storey, bay = choice[0]
        machine.home = bay.spot
        free.remove(choice[0])
    return bool(choice)


def _nearest(building: Building, machine: Machine, free: list[_Place]) -> list[_Place]:
    """Return free bays the robot can drive to: on its floor before others, chargers before."""

    def order(place: _Place) -> tuple[bool, bool, float]:
        storey, bay = place
        here = machine.spot is not None and storey is machine.storey
        away = geometry.distance(machine.spot.at, bay.spot.at) if here and machine.spot else 0.0
        elsewhere = machine.storey is not None and storey is not machine.storey
        return elsewhere, bay.role.kind is not NodeKind.CHARGER, away

    graphs = _graphs(building, machine)
    usable = []
    for storey, bay in free:
        here = storey.graphs_at(bay.spot)
        if not graphs or not here or graphs & here:
            usable.append((storey, bay))
    return sorted(usable, key=order)


def _build(
    building: Building, spaces: dict[str, Space], machine: Machine, notes: Notebook
) -> None:
    """Make a bay for a robot, as near as possible to where it stands."""
    graphs = _graphs(building, machine)
    storeys = sorted(building.storeys, key=lambda own: own is not machine.storey)
    for storey in storeys:
        spots = [
            spot
            for spot in storey.spots
            if spot.kind is NodeKind.WAY and (not graphs or graphs & storey.graphs_at(spot))
        ]
        if machine.spot is not None and storey is machine.storey:
            middle = machine.spot.at
            spots.sort(key=lambda own: geometry.distance(own.at, middle))
        for spot in spots:
            role = Role(NodeKind.PARKING, f'{machine.name} home', spot.place)
            bay = add_bay(storey, spaces[storey.id], spot, role)
            if bay is not None:
                machine.home, machine.storey = bay, storey
                what = f'has no bay left for {machine.name}'
                notes.note(building.name, what, f'one is made beside {spot.place}')
                return
    what = f'has no room for a bay for {machine.name}'
    notes.warn(building.name, what, 'the robot is left out')


def _one_charger(building: Building, notes: Notebook) -> None:
    building.machines = [machine for machine in building.machines if machine.home is not None]
    resting = [bay for storey in building.storeys for bay in _resting(storey)]
    if not building.machines or any(bay.role.kind is NodeKind.CHARGER for bay in resting):
        return
    for bay in resting:
        if bay.spot is building.machines[0].home:
            bay.role.kind = bay.spot.kind = NodeKind.CHARGER
            notes.warn(bay.role.place, 'no charger is drawn', 'this home is taken as one')


def _graphs(building: Building, machine: Machine) -> frozenset[int]:
    for make in building.makes:
        if make.name == machine.kind:
            return make.graphs
    return frozenset()
