// The map as data. Nothing here is ever changed in place: an edit makes a new map that shares all
// it did not touch, so that undoing is going back, and drawing is looking for what is another one.

/**
 * @typedef {number[]} Point x and y in metres, y to the north
 * @typedef {{zh: string, en: string}} Name
 * @typedef {{at: Point, kind: string}} MapNode
 * @typedef {{between: string[], via?: Point[], speed?: number, width?: number, door?: string,
 *   one_way?: boolean, robots?: string[]}} Lane
 * @typedef {{name: Name, at: Point, width: number, kind?: string, automatic?: boolean,
 *   fire?: boolean, badge?: boolean}} Door
 * @typedef {{code: string, name: Name, kind: string, node: string, phone: string,
 *   sends: string[], takes: string[], hours?: string[]}} Station
 * @typedef {{name: Name, kind: string, box?: number[], polygon?: Point[], robots?: number,
 *   hours?: string[]}} Area
 * @typedef {{wait: string, exit: string, door?: string}} Stop
 * @typedef {{name: Name, at: Point, cabin: number[], speed: number, acceleration: number,
 *   door_time: number, stops: Map<string, Stop>, faces?: number, rating?: string,
 *   access?: string, group?: string}} Lift
 * @typedef {{id: string, name: Name, level: number, elevation: number, outline: Point[],
 *   rooms: Map<string, Area>, zones?: Map<string, Area>, walls?: Point[][],
 *   nodes: Map<string, MapNode>, lanes: Lane[], doors?: Map<string, Door>,
 *   stations?: Map<string, Station>}} Floor
 * @typedef {{id: string, name: Name, dispatch_phone: string, floors: Floor[],
 *   lifts?: Map<string, Lift>,
 *   fleet: {types?: Map<string, any>, robots: Map<string, any>}}} Hospital
 * @typedef {'node' | 'lane' | 'bend' | 'door' | 'station' | 'lift' | 'room' | 'zone' | 'floor'} Kind
 * @typedef {{kind: Kind, floor: string, id: string, index?: number}} Thing
 *   what is selected: a lane's id is that of `laneId`, `index` is the place of a bend
 */

const ON_A_FLOOR = ['rooms', 'zones', 'nodes', 'doors', 'stations'];
/** Sort of a thing, and where its floor keeps it. @type {Record<string, string>} */
export const SECTION = { node: 'nodes', door: 'doors', station: 'stations', room: 'rooms', zone: 'zones' };
/** The smallest step of a coordinate, in metres. */
export const STEP = 0.1;

/** @param {any} wire as the server sends it: lists of pairs where there are ids @returns {Hospital} */
export function read(wire) {
  const fleet = { ...wire.fleet };
  for (const key of ['types', 'robots']) if (Array.isArray(fleet[key])) fleet[key] = new Map(fleet[key]);
  const made = { ...wire, fleet, floors: wire.floors.map(readFloor) };
  if (Array.isArray(wire.lifts)) {
    made.lifts = new Map(wire.lifts.map((/** @type {[string, any]} */ [id, lift]) => (
      [id, { ...lift, stops: new Map(lift.stops) }])));
  }
  return made;
}

/** @param {any} wire @returns {Floor} */
function readFloor(wire) {
  const floor = { ...wire };
  for (const key of ON_A_FLOOR) if (Array.isArray(floor[key])) floor[key] = new Map(floor[key]);
  return floor;
}

/** @param {any} data @returns {string} JSON as the server reads it */
export function write(data) {
  return JSON.stringify(data, (_, value) => (value instanceof Map ? [...value] : value));
}

/** The id of a lane: the same from whichever end. @param {Lane} lane */
export function laneId(lane) {
  return [...lane.between].sort().join('-');
}

/** @param {Hospital} data @param {string} id @returns {Floor} */
export function floorOf(data, id) {
  return data.floors.find((floor) => floor.id === id) ?? data.floors[0];
}

/** @param {Floor} floor @param {string} id */
export function laneOf(floor, id) {
  return floor.lanes.find((lane) => laneId(lane) === id);
}

/** All points of a lane, ends too. @param {Floor} floor @param {Lane} lane @returns {Point[]} */
export function lineOf(floor, lane) {
  const [a, b] = lane.between.map((end) => floor.nodes.get(end)?.at ?? [0, 0]);
  return [a, ...(lane.via ?? []), b];
}

/** @param {Area} area @returns {Point[]} */
export function cornersOf(area) {
  if (!area.box) return area.polygon ?? [];
  const [x1, y1, x2, y2] = area.box;
  return [[x1, y1], [x2, y1], [x2, y2], [x1, y2]];
}

/** The value behind a selection, or undefined when it is gone. @param {Hospital} data @param {Thing} thing @returns {any} */
export function valueOf(data, thing) {
  if (thing.kind === 'lift') return data.lifts?.get(thing.id);
  const floor = data.floors.find((one) => one.id === thing.floor);
  if (!floor || thing.kind === 'floor') return floor;
  if (thing.kind === 'lane') return laneOf(floor, thing.id);
  if (thing.kind === 'bend') return laneOf(floor, thing.id)?.via?.[thing.index ?? 0];
  return /** @type {any} */ (floor)[SECTION[thing.kind]]?.get(thing.id);
}

/** The stations at a node. @param {Floor} floor @param {string} node @returns {string[]} */
export function stationsAt(floor, node) {
  return [...(floor.stations ?? [])].filter(([, one]) => one.node === node).map(([id]) => id);
}

/** @param {Floor} floor @param {string} node */
export function lanesAt(floor, node) {
  return floor.lanes.filter((lane) => lane.between.includes(node));
}

/** @param {number} value metres @returns {number} on the grid */
export function snap(value) {
  return Math.round(value / STEP) / Math.round(1 / STEP);
}

/** @param {Point} a @param {Point} b */
export function apart(a, b) {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

/**
 * The point of a line that is nearest to `at`, which stretch it is on, and how far away.
 * @param {Point[]} line @param {Point} at
 * @returns {{point: Point, stretch: number, apart: number}}
 */
export function nearestOn(line, at) {
  let best = { point: line[0], stretch: 0, apart: Infinity };
  for (let n = 0; n + 1 < line.length; n++) {
    const [a, b] = [line[n], line[n + 1]];
    const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
    const square = dx * dx + dy * dy;
    const along = square ? ((at[0] - a[0]) * dx + (at[1] - a[1]) * dy) / square : 0;
    const t = Math.min(1, Math.max(0, along));
    const point = [a[0] + t * dx, a[1] + t * dy];
    const distance = apart(point, at);
    if (distance < best.apart) best = { point, stretch: n, apart: distance };
  }
  return best;
}

/** @param {Point[]} line */
export function lengthOf(line) {
  let sum = 0;
  for (let n = 0; n + 1 < line.length; n++) sum += apart(line[n], line[n + 1]);
  return sum;
}

/** @param {Point} point @param {Point[]} polygon */
export function inside([x, y], polygon) {
  let odd = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const [[ax, ay], [bx, by]] = [polygon[i], polygon[j]];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) odd = !odd;
  }
  return odd;
}

/** @param {Point[]} points @returns {{left: number, right: number, low: number, high: number}} */
export function bounds(points) {
  const box = { left: Infinity, right: -Infinity, low: Infinity, high: -Infinity };
  for (const [x, y] of points) {
    box.left = Math.min(box.left, x);
    box.right = Math.max(box.right, x);
    box.low = Math.min(box.low, y);
    box.high = Math.max(box.high, y);
  }
  return box;
}
