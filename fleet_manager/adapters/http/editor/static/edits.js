// What can be done to a map. Each function takes a map and returns another one.

import {
  SECTION, apart, floorOf, laneId, laneOf, lanesAt, lineOf, nearestOn, snap, stationsAt,
} from './map.js';

/**
 * @typedef {import('./map.js').Hospital} Hospital
 * @typedef {import('./map.js').Floor} Floor
 * @typedef {import('./map.js').Lane} Lane
 * @typedef {import('./map.js').Point} Point
 * @typedef {import('./map.js').Thing} Thing
 */

const PREFIX = { way: 'w', parking: 'park', charger: 'charge', cleaning: 'clean', station: 'stop', lift_wait: 'wait', lift_exit: 'exit' };
/** Robots rest at these; each is the end of one lane. */
export const BAYS = ['parking', 'charger', 'cleaning', 'station'];
const RESTING = ['parking', 'charger'];
/** Metres a second off the corridor, into a bay. */
const SPUR_SPEED = 0.4;
/** Metres: nearer nodes would be refused by the checker. */
export const NODES_APART = 0.9;

/** @param {Hospital} data @param {string} id @param {(floor: Floor) => Partial<Floor>} change @returns {Hospital} */
function onFloor(data, id, change) {
  const floors = data.floors.map((floor) => (floor.id === id ? { ...floor, ...change(floor) } : floor));
  return { ...data, floors };
}

/** @template V @param {Map<string, V> | undefined | null} map @param {string} id @param {V} value */
function put(map, id, value) {
  return new Map(map ?? []).set(id, value);
}

/** @template V @param {Map<string, V> | undefined | null} map @param {(id: string) => boolean} gone */
function without(map, gone) {
  return new Map([...(map ?? [])].filter(([id]) => !gone(id)));
}

/** @template V @param {Map<string, V>} map @param {string} old @param {string} id */
function renamed(map, old, id) {
  return new Map([...map].map(([key, value]) => [key === old ? id : key, value]));
}

/** Leave out what is undefined or empty: the file says only what differs from the rule. @param {any} value */
function lean(value) {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined));
}

/** @param {{has: (id: string) => boolean}} taken @param {string} prefix */
export function freeId(taken, prefix) {
  let n = 1;
  while (taken.has(`${prefix}-${n}`)) n++;
  return `${prefix}-${n}`;
}

/** Set fields of a thing; `undefined` removes one. @param {Hospital} data @param {Thing} thing @param {any} fields @returns {Hospital} */
export function set(data, thing, fields) {
  const changed = (/** @type {any} */ value) => lean({ ...value, ...fields });
  if (thing.kind === 'lift') {
    const lift = data.lifts?.get(thing.id);
    return lift ? { ...data, lifts: put(data.lifts, thing.id, changed(lift)) } : data;
  }
  return onFloor(data, thing.floor, (floor) => {
    if (thing.kind === 'floor') return fields;
    if (thing.kind === 'lane') {
      return { lanes: floor.lanes.map((lane) => (laneId(lane) === thing.id ? changed(lane) : lane)) };
    }
    const section = SECTION[thing.kind];
    const all = /** @type {any} */ (floor)[section];
    return all?.has(thing.id) ? { [section]: put(all, thing.id, changed(all.get(thing.id))) } : {};
  });
}

/** Put a thing somewhere else. @param {Hospital} data @param {Thing} thing @param {Point} at @returns {Hospital} */
export function move(data, thing, at) {
  if (thing.kind === 'bend') {
    const lane = laneOf(floorOf(data, thing.floor), thing.id);
    const via = (lane?.via ?? []).map((point, n) => (n === thing.index ? at : point));
    return set(data, { ...thing, kind: 'lane' }, { via });
  }
  if (thing.kind === 'station') {
    const station = floorOf(data, thing.floor).stations?.get(thing.id);
    return station ? move(data, { ...thing, kind: 'node', id: station.node }, at) : data;
  }
  return set(data, thing, { at });
}

/** Where a thing stands, or null when it cannot be moved as one. @param {Hospital} data @param {Thing} thing @returns {Point | null} */
export function placeOf(data, thing) {
  const floor = floorOf(data, thing.floor);
  switch (thing.kind) {
    case 'node': return floor.nodes.get(thing.id)?.at ?? null;
    case 'door': return floor.doors?.get(thing.id)?.at ?? null;
    case 'bend': return laneOf(floor, thing.id)?.via?.[thing.index ?? 0] ?? null;
    case 'station': return floor.nodes.get(floor.stations?.get(thing.id)?.node ?? '')?.at ?? null;
    case 'lift': return data.lifts?.get(thing.id)?.at ?? null;
    default: return null;
  }
}

/** @param {Hospital} data @param {string} floor @param {Point} at @param {string} kind @param {string} [wanted] @returns {[Hospital, string]} */
export function addNode(data, floor, at, kind, wanted) {
  const nodes = floorOf(data, floor).nodes;
  const prefix = /** @type {Record<string, string>} */ (PREFIX)[kind] ?? 'node';
  const id = wanted && !nodes.has(wanted) ? wanted : freeId(nodes, wanted ?? prefix);
  return [onFloor(data, floor, () => ({ nodes: put(nodes, id, { at, kind }) })), id];
}

/** @param {Hospital} data @param {string} floor @param {string} a @param {string} b @param {any} [fields] @returns {Hospital} */
export function addLane(data, floor, a, b, fields = {}) {
  const lane = { between: [a, b], ...fields };
  if (a === b || laneOf(floorOf(data, floor), laneId(lane))) return data;
  return onFloor(data, floor, (old) => ({ lanes: [...old.lanes, lane] }));
}

/** Put a way node onto a lane, which becomes two. @param {Hospital} data @param {string} floor @param {string} id @param {Point} at @returns {[Hospital, string]} */
export function split(data, floor, id, at) {
  const old = floorOf(data, floor);
  const lane = laneOf(old, id);
  if (!lane) return [data, ''];
  const line = lineOf(old, lane);
  const { point, stretch } = nearestOn(line, at);
  const [next, node] = addNode(data, floor, point.map(snap), 'way');
  const { between: [a, b], via = [], door, ...rest } = lane;
  const halves = [
    { between: [a, node], via: via.slice(0, stretch), line: line.slice(0, stretch + 1) },
    { between: [node, b], via: via.slice(stretch), line: line.slice(stretch + 1) },
  ];
  const place = door ? old.doors?.get(door)?.at : undefined;
  const after = place ? nearestOn(line, place) : null;
  const first = after && (after.stretch < stretch
    || (after.stretch === stretch && apart(after.point, line[stretch]) < apart(point, line[stretch])));
  const lanes = halves.map((half, n) => ({
    between: half.between,
    ...(half.via.length ? { via: half.via } : {}),
    ...(door && Boolean(first) === (n === 0) ? { door } : {}),
    ...rest,
  }));
  return [onFloor(next, floor, (now) => ({
    lanes: now.lanes.flatMap((one) => (laneId(one) === id ? lanes : [one])),
  })), node];
}

/** @param {Hospital} data @param {string} floor @param {string} id @param {Point} at @returns {[Hospital, number]} and the place of the bend */
export function addBend(data, floor, id, at) {
  const old = floorOf(data, floor);
  const lane = laneOf(old, id);
  if (!lane) return [data, 0];
  const { stretch } = nearestOn(lineOf(old, lane), at);
  const via = [...(lane.via ?? [])];
  via.splice(stretch, 0, at);
  return [set(data, { kind: 'lane', floor, id }, { via }), stretch];
}

/** @param {Hospital} data @param {string} floor @param {string} lane @param {Point} at @param {{zh: string, en: string}} name @returns {[Hospital, string]} */
export function addDoor(data, floor, lane, at, name) {
  const old = floorOf(data, floor);
  const found = laneOf(old, lane);
  if (!found) return [data, ''];
  const id = freeId(old.doors ?? new Map(), 'door');
  const point = nearestOn(lineOf(old, found), at).point.map(snap);
  const n = id.slice(id.lastIndexOf('-') + 1);
  const door = { name: { zh: `${name.zh} ${n}`, en: `${name.en} ${n}` }, at: point, width: 1.2 };
  const next = onFloor(data, floor, () => ({ doors: put(old.doors, id, door) }));
  return [set(next, { kind: 'lane', floor, id: lane }, { door: id }), id];
}

/** @param {Hospital} data @param {string} floor @param {number[]} box @param {{zh: string, en: string}} name @returns {[Hospital, string]} */
export function addRoom(data, floor, box, name) {
  const { rooms } = floorOf(data, floor);
  const id = freeId(rooms, 'room');
  return [onFloor(data, floor, () => ({ rooms: put(rooms, id, { name, kind: 'ward', box }) })), id];
}

/**
 * The ways a spur may start from, the nearest first: way nodes, and lanes where a node would fit.
 * @param {Floor} floor @param {Point} at
 * @returns {{node?: string, lane?: string, point: Point, apart: number}[]}
 */
export function starts(floor, at) {
  /** @type {{node?: string, lane?: string, point: Point, apart: number}[]} */
  const found = [];
  for (const [node, { at: point, kind }] of floor.nodes) {
    if (kind === 'way') found.push({ node, point, apart: apart(point, at) });
  }
  for (const lane of floor.lanes) {
    if (lane.between.some((end) => floor.nodes.get(end)?.kind !== 'way')) continue;
    const near = nearestOn(lineOf(floor, lane), at);
    const ends = lane.between.map((end) => floor.nodes.get(end)?.at ?? near.point);
    if (ends.some((end) => apart(end, near.point) < NODES_APART + 0.1)) continue;
    found.push({ lane: laneId(lane), point: near.point.map(snap), apart: near.apart });
  }
  // a node that is there already is better than a new one a little nearer
  const cost = (/** @type {{node?: string, apart: number}} */ one) => one.apart + (one.node ? 0 : 0.5);
  return found.filter((one) => one.apart >= NODES_APART).sort((a, b) => cost(a) - cost(b)).slice(0, 6);
}

/** Join a node to one of its `starts`. @param {Hospital} data @param {string} floor @param {string} node @param {{node?: string, lane?: string, point: Point}} start @returns {Hospital} */
export function spur(data, floor, node, start) {
  let [next, from] = [data, start.node ?? ''];
  if (start.lane) [next, from] = split(data, floor, start.lane, start.point);
  return addLane(next, floor, from, node, { speed: SPUR_SPEED });
}

/** Join a new bay to the nearest way, as the end of a short lane. @param {Hospital} data @param {string} floor @param {string} node @returns {Hospital} */
export function joined(data, floor, node) {
  const at = floorOf(data, floor).nodes.get(node)?.at ?? [0, 0];
  const [nearest] = starts(floorOf(data, floor), at);
  return nearest ? spur(data, floor, node, nearest) : data;
}

/** A station with its node and the lane to it, in one. @param {Hospital} data @param {string} floor @param {Point} at @param {string} id @param {any} fields @param {any} start @returns {Hospital} */
export function addStation(data, floor, at, id, fields, start) {
  let [next, node] = addNode(data, floor, at, 'station', id);
  if (start) next = spur(next, floor, node, start);
  const { code, name, kind, ...rest } = fields;
  return onFloor(next, floor, (now) => ({
    stations: put(now.stations, id, lean({ code, name, kind, node, ...rest })),
  }));
}

/**
 * What goes with a thing, so that it can be said before.
 * @param {Hospital} data @param {Thing} thing
 * @returns {{lanes: string[], stations: string[], doors: string[], stops: string[],
 *   homes: {robot: string, to: string | null}[]}}
 */
export function hangsOn(data, thing) {
  const floor = floorOf(data, thing.floor);
  const found = { lanes: [], stations: [], doors: [], stops: [], homes: [] };
  /** @type {any} */
  const lists = found;
  if (thing.kind === 'lane') {
    const door = laneOf(floor, thing.id)?.door;
    const used = floor.lanes.filter((lane) => lane.door === door).length;
    if (door && used === 1) lists.doors.push(door);
  }
  if (thing.kind !== 'node') return lists;
  const ends = lanesAt(floor, thing.id);
  lists.lanes = ends.map(laneId);
  const kept = floor.lanes.filter((lane) => !ends.includes(lane)).map((lane) => lane.door);
  lists.doors = ends.flatMap((lane) => (lane.door && !kept.includes(lane.door) ? [lane.door] : []));
  lists.stations = stationsAt(floor, thing.id);
  for (const [id, lift] of data.lifts ?? []) {
    const stop = lift.stops.get(floor.id);
    if (stop && (stop.wait === thing.id || stop.exit === thing.id)) lists.stops.push(id);
  }
  const place = `${floor.id}.${thing.id}`;
  const taken = new Set([...data.fleet.robots.values()].map((robot) => robot.home));
  for (const [robot, spec] of data.fleet.robots) {
    if (spec.home !== place) continue;
    const to = freeHome(data, floor.id, taken);
    if (to) taken.add(to);
    lists.homes.push({ robot, to });
  }
  return lists;
}

/** A bay that is nobody's home, on this floor rather than on others. @param {Hospital} data @param {string} floor @param {Set<string>} taken */
function freeHome(data, floor, taken) {
  const floors = [...data.floors].sort((a, b) => Number(b.id === floor) - Number(a.id === floor));
  for (const one of floors) {
    for (const [id, node] of one.nodes) {
      const place = `${one.id}.${id}`;
      if (RESTING.includes(node.kind) && !taken.has(place)) return place;
    }
  }
  return null;
}

/** Remove a thing with what hangs on it. @param {Hospital} data @param {Thing} thing @returns {Hospital} */
export function remove(data, thing) {
  const floor = floorOf(data, thing.floor);
  if (thing.kind === 'bend') {
    const via = (laneOf(floor, thing.id)?.via ?? []).filter((_, n) => n !== thing.index);
    return set(data, { ...thing, kind: 'lane' }, { via: via.length ? via : undefined });
  }
  if (thing.kind === 'station') {
    const node = floor.stations?.get(thing.id)?.node ?? '';
    if (floor.nodes.has(node)) return remove(data, { kind: 'node', floor: floor.id, id: node });
  }
  const hanging = hangsOn(data, thing);
  let next = onFloor(data, thing.floor, (now) => {
    const gone = new Set(hanging.lanes);
    if (thing.kind === 'lane') gone.add(thing.id);
    /** @type {any} */
    const made = {};
    if (gone.size) made.lanes = now.lanes.filter((lane) => !gone.has(laneId(lane)));
    if (hanging.doors.length) made.doors = without(now.doors, (id) => hanging.doors.includes(id));
    if (hanging.stations.length) made.stations = without(now.stations, (id) => hanging.stations.includes(id));
    const section = SECTION[thing.kind];
    if (section) made[section] = without(/** @type {any} */ (now)[section], (id) => id === thing.id);
    if (thing.kind === 'door') {
      made.lanes = now.lanes.map((lane) => (lane.door === thing.id ? lean({ ...lane, door: undefined }) : lane));
    }
    return made;
  });
  for (const id of hanging.stops) {
    const stops = without(next.lifts?.get(id)?.stops, (name) => name === floor.id);
    next = set(next, { kind: 'lift', floor: floor.id, id }, { stops });
  }
  for (const { robot, to } of hanging.homes) {
    const robots = put(next.fleet.robots, robot, { ...next.fleet.robots.get(robot), home: to ?? '' });
    next = { ...next, fleet: { ...next.fleet, robots } };
  }
  return next;
}

/** Give a thing another id, wherever it is named. @param {Hospital} data @param {Thing} thing @param {string} id @returns {Hospital} */
export function rename(data, thing, id) {
  const old = thing.id;
  let next = onFloor(data, thing.floor, (floor) => {
    const section = SECTION[thing.kind];
    /** @type {any} */
    const made = { [section]: renamed(/** @type {any} */ (floor)[section], old, id) };
    if (thing.kind === 'node') {
      const named = (/** @type {Lane} */ lane) => lane.between.includes(old);
      made.lanes = floor.lanes.map((lane) => (named(lane)
        ? { ...lane, between: lane.between.map((end) => (end === old ? id : end)) } : lane));
      made.stations = floor.stations && new Map([...floor.stations].map(([key, one]) => (
        [key, one.node === old ? { ...one, node: id } : one])));
    }
    if (thing.kind === 'door') {
      made.lanes = floor.lanes.map((lane) => (lane.door === old ? { ...lane, door: id } : lane));
    }
    return lean(made);
  });
  if (thing.kind !== 'node') return next;
  for (const [key, lift] of next.lifts ?? []) {
    const stop = lift.stops.get(thing.floor);
    if (!stop || (stop.wait !== old && stop.exit !== old)) continue;
    const moved = { ...stop, wait: stop.wait === old ? id : stop.wait, exit: stop.exit === old ? id : stop.exit };
    const stops = put(lift.stops, thing.floor, moved);
    next = set(next, { kind: 'lift', floor: thing.floor, id: key }, { stops });
  }
  for (const [key, robot] of next.fleet.robots) {
    if (robot.home !== `${thing.floor}.${old}`) continue;
    const robots = put(next.fleet.robots, key, { ...robot, home: `${thing.floor}.${id}` });
    next = { ...next, fleet: { ...next.fleet, robots } };
  }
  return next;
}
