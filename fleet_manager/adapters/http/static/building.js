// The still part of the operator's map: floors above each other, rooms, lanes, stations.
// One unit is one metre; y grows upwards in the hospital and downwards on the screen.

import { svg } from './elements.js';
import { named } from './words.js';

const GAP = 4.6; // metres between floors: room for a floor's name
const TOWER = 5; // floors from which there are several columns, drawn smaller
const SHAFT = 9.5; // metres of width for each lift beside the floors
const RUNG = 18; // metres of width for the names of floors beside the shafts of a tower
const SHAPE = 1.25; // width of the map's place on the page for each of its height
const SMALLEST_TEXT = 9; // pixels
const SMALL = 6; // pixels of a metre: the lists tell the rest

/**
 * @typedef {{id: string, name: {zh: string, en: string}, polygon: number[][], kind: string}} Room
 * @typedef {{id: string, name: {zh: string, en: string}, level: number, elevation: number,
 *   outline: number[][], rooms: Room[]}} Floor
 * @typedef {{left: number, top: number, bottom: number, floor: Floor}} Place
 */

export class Building {
  /** @param {any} hospital the static map of `/api/v1/map` */
  constructor(hospital) {
    this.hospital = hospital;
    /** @type {Map<string, any>} */
    this.nodes = new Map(hospital.nodes.map((/** @type {any} */ node) => [node.id, node]));
    /** @type {Map<string, any>} */
    this.lanes = new Map(hospital.lanes.map((/** @type {any} */ lane) => [lane.id, lane]));
    /** @type {Map<string, any>} */
    this.stations = new Map(hospital.stations.map((/** @type {any} */ one) => [one.id, one]));
    /** @type {Map<string, any>} */
    this.lifts = new Map(hospital.lifts.map((/** @type {any} */ lift) => [lift.id, lift]));
    /** @type {Map<string, any>} */
    this.doors = new Map(hospital.doors.map((/** @type {any} */ door) => [door.id, door]));
    /** @type {Map<string, Place>} */
    this.places = new Map();
    /** @type {Map<string, SVGElement>} */
    this.laneLines = new Map();
    /** @type {{x: number, y: number}[]} where the codes of stations stand */
    this.codes = [];
    /** @type {Map<string, string>} names of places that were asked for */
    this.names = new Map();
    /** @type {Map<string, number>} */
    this.rungs = new Map();
    this.width = 0;
    this.height = 0;
    this.stack();
  }

  /** Put the floors above each other, the highest first: in one column, or in several of a tower. */
  stack() {
    const gap = this.hospital.floors.length < TOWER ? GAP : 2.6 * GAP;
    const floors = [...this.hospital.floors].sort((a, b) => b.level - a.level).map((floor) => {
      const xs = floor.outline.map((/** @type {number[]} */ point) => point[0]);
      const ys = floor.outline.map((/** @type {number[]} */ point) => point[1]);
      const [left, right, bottom, top] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
      return { floor, left, right, top, height: top - bottom + gap };
    });
    const left = Math.min(...floors.map((one) => one.left));
    const width = Math.max(...floors.map((one) => one.right)) - left;
    const shafts = 2 + SHAFT * this.hospital.lifts.length;
    const columns = bestColumns(floors.map((one) => one.height), width, shafts);
    const heights = columns.map((column) => column.reduce((sum, n) => sum + floors[n].height, 0));
    columns.forEach((column, place) => {
      let y = 0;
      for (const n of column) {
        const { floor, top, height } = floors[n];
        y += height;
        this.places.set(floor.id, {
          left: left - place * (width + GAP), top: y - height + gap + top, bottom: y, floor,
        });
      }
    });
    this.floorsWidth = columns.length * (width + GAP) - GAP + (columns.length > 1 ? RUNG : 0);
    this.width = this.floorsWidth + shafts;
    this.height = Math.max(...heights) + GAP;
    if (columns.length > 1) this.ladder(floors.map((one) => one.floor.id));
  }

  /** Where each floor is on the lift shafts, if floors are not beside them. @param {string[]} floors */
  ladder(floors) {
    const step = (this.height - 4 * GAP) / floors.length;
    floors.forEach((floor, n) => this.rungs.set(floor, 1.5 * GAP + (n + 0.5) * step));
  }

  /** @param {string} floor @param {number} x @param {number} y @returns {[number, number]} */
  at(floor, x, y) {
    const place = this.places.get(floor);
    return place ? [x - place.left, place.top - y] : [0, 0];
  }

  /** @param {string} floor @param {number[][]} points @returns {string} */
  path(floor, points) {
    return points.map(([x, y], n) => `${n ? 'L' : 'M'}${this.at(floor, x, y).join(' ')}`).join('');
  }

  /** The middle of a lift's column. @param {number} index */
  shaft(index) {
    return /** @type {number} */ (this.floorsWidth) + 2 + SHAFT * (index + 0.5);
  }

  /** @returns {SVGElement} everything that does not move */
  draw() {
    const group = svg('g', { class: 'still' });
    for (const { floor } of this.places.values()) group.append(this.drawFloor(floor));
    for (const lane of this.lanes.values()) {
      const ends = [this.nodes.get(lane.a), this.nodes.get(lane.b)];
      const points = [[ends[0].x, ends[0].y], ...lane.via, [ends[1].x, ends[1].y]];
      const line = svg('path', { class: 'lane', d: this.path(lane.floor, points) });
      this.laneLines.set(lane.id, line);
      group.append(line);
    }
    for (const door of this.doors.values()) {
      const [x, y] = this.at(door.floor, door.at[0], door.at[1]);
      group.append(svg('circle', { class: 'door', cx: x, cy: y, r: 0.35 }));
    }
    for (const station of this.stations.values()) group.append(this.drawStation(station));
    return group;
  }

  /** @param {Floor} floor */
  drawFloor(floor) {
    const group = svg('g');
    group.append(svg('path', { class: 'floor', d: `${this.path(floor.id, floor.outline)}Z` }));
    for (const room of floor.rooms) {
      const shape = svg('path', { class: `room ${room.kind}`, d: `${this.path(floor.id, room.polygon)}Z` });
      shape.append(svg('title', {}, named(room.name)));
      group.append(shape);
    }
    for (const room of floor.rooms) {
      if (room.kind === 'corridor') continue;
      const box = bounds(room.polygon);
      const [x, y] = this.at(floor.id, box.x, box.y);
      group.append(
        svg('text', { class: 'room-name', x, y, 'data-y': y, 'data-width': box.width, 'data-height': box.height }, named(room.name)),
      );
    }
    const [x, y] = this.at(floor.id, Math.min(...floor.outline.map((point) => point[0])), 0);
    const top = y - this.topOf(floor);
    group.append(svg('text', { class: 'floor-name', x, y: top - 1.2 }, named(floor.name)));
    return group;
  }

  /** @param {Floor} floor */
  topOf(floor) {
    return Math.max(...floor.outline.map((point) => point[1]));
  }

  /** @param {any} station */
  drawStation(station) {
    const node = this.nodes.get(station.node);
    const [x, y] = this.at(node.floor, node.x, node.y);
    const group = svg('g', { class: 'station' });
    group.append(svg('rect', { x: x - 0.8, y: y - 0.8, width: 1.6, height: 1.6, rx: 0.3 }));
    group.append(svg('title', {}, `${named(station.name)} ${station.code}`));
    const [dx, dy] = this.inward(node);
    const code = { x: x + dx * 1.7, y: y + dy * 1.5 };
    this.codes.push(code);
    group.append(svg('text', { ...code, 'data-size': 9.5 }, station.code));
    return group;
  }

  /** From the corridor into the room: away from the lane that ends here. @param {any} node */
  inward(node) {
    for (const lane of this.lanes.values()) {
      if (lane.a !== node.id && lane.b !== node.id) continue;
      const other = this.nodes.get(lane.a === node.id ? lane.b : lane.a);
      const away = Math.hypot(node.x - other.x, node.y - other.y) || 1;
      return [(node.x - other.x) / away, -(node.y - other.y) / away];
    }
    return [0, -1];
  }

  /**
   * Size texts in pixels and hide names that do not fit their room.
   * @param {SVGElement} root @param {number} metre pixels of one metre
   */
  fit(root, metre) {
    root.classList.toggle('small', metre < SMALL);
    const size = Math.min(11, Math.max(SMALLEST_TEXT, metre));
    for (const text of root.querySelectorAll('.room-name')) {
      const needed = widthOf(text.textContent ?? '', size) / metre;
      const fits = needed < Number(text.getAttribute('data-width')) && this.dodge(text, needed, size / metre);
      text.toggleAttribute('hidden', !fits);
      text.setAttribute('font-size', String(size / metre));
    }
    for (const text of root.querySelectorAll('[data-size]')) {
      text.setAttribute('font-size', String(Number(text.getAttribute('data-size')) / metre));
    }
    for (const text of root.querySelectorAll('.floor-name')) {
      text.setAttribute('font-size', String(13 / metre));
    }
  }

  /**
   * Move a room's name away from the codes of stations. All in metres.
   * @param {Element} text @param {number} width @param {number} size
   * @returns {boolean} whether there is a place for it
   */
  dodge(text, width, size) {
    const [x, y] = [Number(text.getAttribute('x')), Number(text.getAttribute('data-y'))];
    const spare = (Number(text.getAttribute('data-height')) - size * 1.4) / 2;
    const free = (/** @type {number} */ at) => this.codes.every(
      (code) => Math.abs(code.x - x) > width / 2 + size * 1.2 || Math.abs(code.y - at) > size * 1.3);
    for (const step of [0, 0.5, -0.5, 1, -1]) {
      if (spare < 0 || !free(y + step * spare)) continue;
      text.setAttribute('y', String(y + step * spare));
      return true;
    }
    return false;
  }

  /**
   * Where a place is on the drawing, as seen from a floor: a car is at its door on each of them.
   * @param {string} resource @param {string} floor @returns {[number, number] | null}
   */
  spot(resource, floor) {
    const [kind, id] = parts(resource);
    if (kind === 'car' || (kind === 'node' && this.nodes.get(id)?.floor === '')) {
      const lift = [...this.lifts.values()].find((one) => one.id === id || one.car === id);
      const stops = lift?.stops.some((/** @type {any} */ stop) => stop.floor === floor);
      return stops ? this.at(floor, lift.at[0], lift.at[1]) : null;
    }
    const lane = this.lanes.get(id);
    const ends = lane ? [this.nodes.get(lane.a), this.nodes.get(lane.b)] : [this.nodes.get(id)];
    if (!ends[0] || ends[0].floor !== floor) return null;
    const sum = (/** @type {'x' | 'y'} */ axis) => ends.reduce((all, one) => all + one[axis], 0) / ends.length;
    return this.at(floor, sum('x'), sum('y'));
  }

  /** The floor and node nearest to a point of the drawing. @param {number} x @param {number} y @returns {string} */
  nearest(x, y) {
    let [best, least] = ['', 3]; // metres: further away nothing is meant
    for (const node of this.nodes.values()) {
      if (!this.places.has(node.floor)) continue;
      const [nx, ny] = this.at(node.floor, node.x, node.y);
      const away = Math.hypot(nx - x, ny - y);
      if (away < least) [best, least] = [node.id, away];
    }
    return best;
  }

  /** Where something is, in words. @param {string} resource @returns {string} */
  placeName(resource) {
    const known = this.names.get(resource) ?? this.nameOf(resource);
    this.names.set(resource, known);
    return known;
  }

  /** @param {string} resource @returns {string} */
  nameOf(resource) {
    const [kind, id] = parts(resource);
    if (kind === 'zone') {
      const zones = this.hospital.floors.flatMap((/** @type {any} */ floor) => floor.zones ?? []);
      const zone = zones.find((/** @type {any} */ one) => id.endsWith(`:${one.id}`));
      return zone ? named(zone.name) : id;
    }
    if (kind === 'car') return this.lifts.has(id) ? named(this.lifts.get(id).name) : id;
    const car = [...this.lifts.values()].find((lift) => lift.car === id);
    if (car) return named(car.name);
    const lane = this.lanes.get(id);
    const node = this.nodes.get(lane ? lane.a : id);
    const end = lane ? this.nodes.get(lane.b) : node;
    const floor = node && this.places.get(node.floor)?.floor;
    if (!floor) return id;
    const point = [(node.x + end.x) / 2, (node.y + end.y) / 2];
    const room = floor.rooms.find((/** @type {Room} */ one) => inside(point, one.polygon));
    return room ? `${named(room.name)} · ${named(floor.name)}` : named(floor.name);
  }
}

/**
 * The kind and id of a resource; of a place too close to another one, that of the first of the two.
 * @param {string} resource @returns {[string, string]}
 */
function parts(resource) {
  const one = resource.startsWith('x:') ? resource.slice(2).split('|')[0] : resource;
  return [one.split(':', 1)[0], one.slice(one.indexOf(':') + 1)];
}

/** About how wide a text is, in pixels. @param {string} text @param {number} size */
function widthOf(text, size) {
  return [...text].reduce((sum, letter) => sum + (letter > '\u2e80' ? size : size * 0.58), 4);
}

/** @param {number[][]} polygon */
function bounds(polygon) {
  const xs = polygon.map((point) => point[0]);
  const ys = polygon.map((point) => point[1]);
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const [low, high] = [Math.min(...ys), Math.max(...ys)];
  return { x: (left + right) / 2, y: (low + high) / 2, width: right - left, height: high - low };
}

/** @param {number[]} point @param {number[][]} polygon */
function inside([x, y], polygon) {
  let odd = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const [[ax, ay], [bx, by]] = [polygon[i], polygon[j]];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) odd = !odd;
  }
  return odd;
}

/**
 * Share floors out among columns, in order, so that they are drawn as large as can be.
 * @param {number[]} heights @param {number} width of a floor @param {number} beside what stands beside them
 * @returns {number[][]} the floors of each column
 */
function bestColumns(heights, width, beside) {
  let [best, largest] = [[heights.map((_, n) => n)], 0];
  for (let count = 1; count <= Math.min(6, heights.length); count++) {
    const high = heights.reduce((sum, height) => sum + height, 0) / count;
    /** @type {number[][]} */
    const columns = [[]];
    let filled = 0;
    heights.forEach((height, n) => {
      if (filled + height / 2 > high && columns.length < count) {
        columns.push([]);
        filled = 0;
      }
      columns[columns.length - 1].push(n);
      filled += height;
    });
    const tallest = Math.max(...columns.map((own) => own.reduce((sum, n) => sum + heights[n], 0)));
    const scale = Math.min(SHAPE / (columns.length * (width + GAP) + beside), 1 / tallest);
    if (count === 1 || (heights.length >= TOWER && scale > largest)) [best, largest] = [columns, scale];
  }
  return best;
}
