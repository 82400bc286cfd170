"""The navigation graphs of a building as types of robots."""

from __future__ import annotations

from fleet_manager.adapters.files.importing.draft import Building, Machine, Make
from fleet_manager.adapters.files.importing.report import Notebook
from fleet_manager.adapters.files.importing.rmf_read import Source


def add_types(building: Building, source: Source, notes: Notebook, *, one: int | None) -> None:
    """Give the building a type for each kind of robot it spawns, and for each graph without one.

    With `one` graph, or in a building of one, every type drives everywhere.
    """
    _one_of_each_name(building, notes)
    graphs = sorted({g for s in building.storeys for lane in s.stretches for g in lane.graphs})
    if one is not None:
        _only_of_graph(building, one, notes)
    if len(graphs) > 1:
        _split_kinds(building, notes)
    taken: set[int] = set()
    kinds = sorted({machine.kind for machine in building.machines})
    choices = {kind: _choices(building, kind) for kind in kinds}
    for kind in sorted(kinds, key=lambda own: (len(choices[own]), own)):
        make = Make(kind)
        if len(graphs) > 1:
            free = [graph for graph in choices[kind] if graph not in taken] or choices[kind]
            make.graphs = frozenset(free[:1] or graphs)
            taken |= make.graphs
            what = f'stands on graphs {", ".join(map(str, choices[kind]))}'
            if len(choices[kind]) != 1:
                done = f'takes graph {", ".join(map(str, sorted(make.graphs)))}; see if that is so'
                notes.warn(
                    f'robots of type {kind}', what if choices[kind] else 'stands on no lane', done
                )
        building.makes.append(make)
    for graph in graphs if len(graphs) > 1 else ():
        if graph not in taken:
            name = source.graph_names.get(graph, f'graph {graph}')
            notes.note(f'graph {graph}', 'has no robot', f'its type is {name!r}')
            building.makes.append(Make(name, frozenset({graph})))
    for make in building.makes:
        size = f'{make.length} x {make.width} m, turning radius {make.turning_radius}'
        what = 'the file does not say how large it is'
        notes.warn(f'robots of type {make.name}', what, f'taken as {size}; write its own')


def _one_of_each_name(building: Building, notes: Notebook) -> None:
    seen: dict[str, str] = {}
    for machine in building.machines:
        if machine.name in seen:
            what = f'spawns {machine.name!r}, as {seen[machine.name]} does'
            notes.warn(machine.place, what, 'the second one is numbered')
        seen.setdefault(machine.name, machine.place)
        machine.kind = machine.kind.split('/')[-1] or 'robot'


def _only_of_graph(building: Building, graph: int, notes: Notebook) -> None:
    for machine in list(building.machines):
        if machine.spot is None:
            what = f'{machine.name} does not stand on graph {graph}'
            notes.note(machine.place, what, 'left out')
            building.machines.remove(machine)


def _split_kinds(building: Building, notes: Notebook) -> None:
    """Tell apart robots of one kind that stand on graphs that have nothing in common."""
    for kind in sorted({machine.kind for machine in building.machines}):
        if _choices(building, kind):
            continue
        for machine in [own for own in building.machines if own.kind == kind]:
            graphs = _graphs(machine)
            if graphs:
                machine.kind = f'{kind} {min(graphs)}'
                notes.note(machine.place, f'{kind} is on several graphs', 'made a type for each')


def _choices(building: Building, kind: str) -> list[int]:
    """Return the graphs that all robots of a kind stand on."""
    common: frozenset[int] | None = None
    for machine in building.machines:
        if machine.kind == kind and machine.spot is not None:
            graphs = _graphs(machine)
            common = graphs if common is None else common & graphs
    return sorted(common or ())


def _graphs(machine: Machine) -> frozenset[int]:
    if machine.spot is None or machine.storey is None:
        return frozenset()
    return machine.storey.graphs_at(machine.spot)
