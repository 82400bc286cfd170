// Draws one floor and knows what is where on it. One unit is one metre; y grows upwards in the
// hospital and downwards on the screen.

import { put, svg } from '/static/elements.js';
import { named } from '/static/words.js';
import { apart, bounds, cornersOf, floorOf, laneId, laneOf, lineOf, nearestOn, stationsAt } from './map.js';
import { nearest } from './pick.js';

/**
 * @typedef {import('./map.js').Hospital} Hospital
 * @typedef {import('./map.js').Floor} Floor
 * @typedef {import('./map.js').Thing} Thing
 * @typedef {import('./map.js').Point} Point
 */

const SMALLEST = 2; // pixels a metre
const LARGEST = 160;
const NAMES = 26; // pixels a metre from which every node has its name
const TEXT = 11; // pixels
const MARGIN = 2; // metres around a floor that is shown whole
/** What stands in the middle of a node: a shape for each kind, 1 m wide at most. @type {Record<string, string>} */
const SHAPES = {
  way: 'M0-.26A.26.26 0 1 1 0 .26A.26.26 0 1 1 0-.26Z',
  parking: 'M-.42-.42H.42V.42H-.42Z',
  charger: 'M-.42-.42H.42V.42H-.42Z',
  cleaning: 'M-.42-.42H.42V.42H-.42Z',
  station: 'M-.3-.5H.3L.5-.3V.3L.3 .5H-.3L-.5 .3V-.3Z',
  lift_wait: 'M0-.46L.46 0L0 .46L-.46 0Z',
  lift_exit: 'M0-.46L.46 0L0 .46L-.46 0Z',
};
/** The sign on it. @type {Record<string, string>} */
const SIGNS = {
  parking: 'M-.12 .24V-.22H.06A.13.13 0 0 1 .06 .06H-.12',
  charger: 'M.08-.28L-.16 .04H.16L-.08 .28',
  cleaning: 'M0-.26C.14-.06 .2 .02 .2 .1A.2.2 0 0 1-.2 .1C-.2 .02-.14-.06 0-.26Z',
  station: 'M-.2 0H.2M0-.2V.2',
  lift_wait: 'M-.16-.1L0 .14L.16-.1',
  lift_exit: 'M-.16 .1L0-.14L.16 .1',
};

/** One element for each thing; drawn again only where what it shows is another value. */
class Layer {
  /** @param {string} name @param {(key: string) => SVGElement} create */
  constructor(name, create) {
    this.group = svg('g', { class: name });
    this.create = create;
    /** @type {Map<string, {element: SVGElement, shown: any[]}>} */
    this.drawn = new Map();
  }

  /** @param {Iterable<[string, any[]]>} things and the values each shows @param {(element: SVGElement, key: string) => void} update */
  draw(things, update) {
    const left = new Set(this.drawn.keys());
    for (const [key, values] of things) {
      left.delete(key);
      let known = this.drawn.get(key);
      if (!known) {
        known = { element: this.create(key), shown: [] };
        this.drawn.set(key, known);
        this.group.append(known.element);
      }
      if (known.shown.length === values.length && values.every((value, n) => value === known?.shown[n])) continue;
      known.shown = values;
      update(known.element, key);
    }
    for (const key of left) {
      this.drawn.get(key)?.element.remove();
      this.drawn.delete(key);
    }
  }

  clear() {
    this.group.replaceChildren();
    this.drawn.clear();
  }
}

export class Plan {
  /** @param {HTMLElement} place @param {string} label */
  constructor(place, label) {
    this.root = svg('svg', { tabindex: 0, role: 'application', 'aria-label': label, 'aria-describedby': 'hint' });
    const area = () => svg('path', {});
    this.back = svg('g', { class: 'back' });
    this.names = svg('g', { class: 'names' });
    this.lifts = new Layer('lifts', () => svg('g'));
    this.lanes = new Layer('lanes', () => {
      const group = svg('g');
      group.append(svg('path', { class: 'halo' }), svg('path', { class: 'line' }), svg('path', { class: 'arrow' }));
      return group;
    });
    this.doors = new Layer('doors', () => {
      const group = svg('g');
      group.append(svg('circle', { class: 'halo', r: 0.75 }), svg('path', { d: 'M-.5-.45V.45M.5-.45V.45M-.5 0H-.12M.12 0H.5' }));
      return group;
    });
    this.nodes = new Layer('nodes', () => {
      const group = svg('g');
      group.append(svg('circle', { class: 'halo', r: 0.8 }), svg('path', { class: 'shape' }), svg('path', { class: 'sign' }), svg('text', { class: 'id' }));
      return group;
    });
    this.codes = new Layer('codes', () => svg('text', { class: 'code' }));
    this.bends = new Layer('bends', area);
    this.marks = new Layer('marks', () => {
      const group = svg('g');
      group.append(svg('path', { d: 'M.7-1.5L1.3-.44H.1Z' }), svg('path', { class: 'bang', d: 'M.7-1.12V-.8M.7-.64V-.62' }), svg('title'));
      return group;
    });
    this.ghost = svg('g', { class: 'ghost' });
    this.root.append(this.back, this.names, this.lifts.group, this.lanes.group, this.doors.group,
      this.nodes.group, this.codes.group, this.bends.group, this.marks.group, this.ghost);
    place.append(this.root);
    this.metre = 10; // pixels
    /** @type {Point} */
    this.middle = [0, 0];
    this.size = { width: 1, height: 1 };
    /** @type {Floor | null} */
    this.floor = null;
    /** @type {Hospital | null} */
    this.data = null;
    /** @type {Thing | null} */
    this.selected = null;
    new ResizeObserver(() => this.fit()).observe(place);
    this.fit();
  }

  /** Draw what has changed. @param {Hospital} data @param {string} id of the floor */
  show(data, id) {
    const floor = floorOf(data, id);
    const before = this.floor;
    const another = floor.id !== before?.id;
    if (another) for (const layer of [this.lifts, this.lanes, this.doors, this.nodes, this.codes, this.bends]) layer.clear();
    this.data = data;
    this.floor = floor;
    if (another || ['outline', 'rooms', 'zones', 'walls'].some((key) => (
      /** @type {any} */ (floor)[key] !== /** @type {any} */ (before)?.[key]))) this.drawBack(floor);
    this.drawLifts(data, floor);
    this.lanes.draw(floor.lanes.map((lane) => [laneId(lane), [lane, ...lane.between.map((end) => floor.nodes.get(end))]]),
      (element, key) => this.drawLane(element, floor, key));
    this.doors.draw([...(floor.doors ?? [])].map(([key, door]) => [key, [door, laneOfDoor(floor, key)]]),
      (element, key) => this.drawDoor(element, floor, key));
    this.nodes.draw([...floor.nodes].map(([key, node]) => [key, [node]]), (element, key) => {
      const node = floor.nodes.get(key);
      if (!node) return;
      const [, shape, sign, text] = element.children;
      put(element, 'class', `node ${node.kind}`);
      put(element, 'transform', `translate(${node.at[0]} ${-node.at[1]})`);
      put(shape, 'd', SHAPES[node.kind] ?? SHAPES.way);
      put(sign, 'd', SIGNS[node.kind] ?? '');
      text.textContent = key;
    });
    this.codes.draw([...(floor.stations ?? [])].map(([key, one]) => [key, [one, floor.nodes.get(one.node)]]),
      (element, key) => {
        const station = floor.stations?.get(key);
        const at = floor.nodes.get(station?.node ?? '')?.at ?? [0, 0];
        const [dx, dy] = this.away(floor, station?.node ?? '');
        put(element, 'x', String(at[0]));
        put(element, 'y', String(-at[1]));
        element.style.setProperty('--dx', String(dx * 1.5));
        element.style.setProperty('--dy', String(-dy * 1.2));
        element.textContent = station?.code ?? '';
      });
    this.drawBends();
    this.highlight();
    if (another) this.whole();
  }

  /** @param {Thing | null} thing */
  select(thing) {
    this.selected = thing;
    this.drawBends();
    this.highlight();
  }

  highlight() {
    for (const one of this.root.querySelectorAll('.selected')) one.classList.remove('selected');
    const element = this.selected && this.elementOf(this.selected);
    element?.classList.add('selected');
  }

  /** @param {Thing} thing */
  elementOf(thing) {
    if (thing.floor !== this.floor?.id && thing.kind !== 'lift') return undefined;
    switch (thing.kind) {
      case 'node': return this.nodes.drawn.get(thing.id)?.element;
      case 'lane': return this.lanes.drawn.get(thing.id)?.element;
      case 'door': return this.doors.drawn.get(thing.id)?.element;
      case 'lift': return this.lifts.drawn.get(thing.id)?.element;
      case 'bend': return this.bends.drawn.get(String(thing.index))?.element;
      case 'station': return this.nodes.drawn.get(this.floor?.stations?.get(thing.id)?.node ?? '')?.element;
      default: return this.back.querySelector(`[data-${thing.kind}="${CSS.escape(thing.id)}"]`) ?? undefined;
    }
  }

  /** Mark where problems are. @param {{key: string, at: Point, severity: string, text: string}[]} problems on this floor */
  mark(problems) {
    this.marks.draw(problems.map((one) => [one.key, [one.severity, one.text, one.at[0], one.at[1]]]), (element, key) => {
      const one = problems.find((each) => each.key === key);
      if (!one) return;
      put(element, 'class', one.severity);
      put(element, 'transform', `translate(${one.at[0]} ${-one.at[1]})`);
      const title = element.querySelector('title');
      if (title) title.textContent = one.text;
    });
  }

  /** @param {Floor} floor */
  drawBack(floor) {
    this.back.replaceChildren(svg('path', { class: 'outline', d: pathOf(floor.outline, true) }));
    this.names.replaceChildren();
    for (const [id, room] of floor.rooms) {
      this.back.append(svg('path', { class: `room ${room.kind}`, 'data-room': id, d: pathOf(cornersOf(room), true) }));
      if (room.kind === 'corridor') continue;
      const box = bounds(cornersOf(room));
      this.names.append(svg('text', {
        x: (box.left + box.right) / 2, y: -(box.low + box.high) / 2,
        'data-width': box.right - box.left, 'data-height': box.high - box.low,
      }, named(room.name)));
    }
    for (const [id, zone] of floor.zones ?? []) {
      this.back.append(svg('path', { class: `zone ${zone.kind}`, 'data-zone': id, d: pathOf(cornersOf(zone), true) }));
    }
    for (const wall of floor.walls ?? []) this.back.append(svg('path', { class: 'wall', d: pathOf(wall) }));
    this.fitNames();
  }

  /** Every lift of the house: the shafts of those that do not stop here are dashed. @param {Hospital} data @param {Floor} floor */
  drawLifts(data, floor) {
    this.lifts.draw([...(data.lifts ?? [])].map(([key, lift]) => [key, [lift]]), (element, key) => {
      const lift = data.lifts?.get(key);
      if (!lift) return;
      const [width, depth] = lift.cabin;
      const turn = lift.faces === undefined ? 0 : 90 - (lift.faces * 180) / Math.PI;
      put(element, 'class', lift.stops.has(floor.id) ? 'lift' : 'lift passing');
      put(element, 'transform', `translate(${lift.at[0]} ${-lift.at[1]})`);
      element.replaceChildren(
        svg('rect', { x: -width / 2, y: -depth / 2, width, height: depth, transform: `rotate(${turn})` }),
        svg('text', { class: 'name' }, key), svg('title', {}, named(lift.name)));
    });
  }

  /** @param {SVGElement} element @param {Floor} floor @param {string} key */
  drawLane(element, floor, key) {
    const lane = laneOf(floor, key);
    if (!lane) return;
    const line = lineOf(floor, lane);
    const [halo, path, arrow] = element.children;
    put(element, 'class', `lane${lane.one_way ? ' one-way' : ''}${lane.robots ? ' some-robots' : ''}`);
    for (const one of [halo, path]) put(one, 'd', pathOf(line));
    put(arrow, 'd', lane.one_way ? arrowOn(line) : '');
  }

  /** @param {SVGElement} element @param {Floor} floor @param {string} key */
  drawDoor(element, floor, key) {
    const door = floor.doors?.get(key);
    if (!door) return;
    const lane = laneOfDoor(floor, key);
    let turn = 0;
    if (lane) {
      const line = lineOf(floor, lane);
      const { stretch } = nearestOn(line, door.at);
      const [a, b] = [line[stretch], line[stretch + 1]];
      turn = 90 - (Math.atan2(b[1] - a[1], b[0] - a[0]) * 180) / Math.PI;
    }
    put(element, 'class', `door${door.fire ? ' fire' : ''}`);
    put(element, 'transform', `translate(${door.at[0]} ${-door.at[1]}) rotate(${turn})`);
  }

  drawBends() {
    const thing = this.selected;
    const here = thing && this.floor && thing.floor === this.floor.id && ['lane', 'bend'].includes(thing.kind);
    const via = (here && this.floor && laneOf(this.floor, thing.id)?.via) || [];
    this.bends.draw(via.map((point, n) => [String(n), [point]]), (element, key) => {
      const [x, y] = via[Number(key)];
      put(element, 'class', 'bend');
      put(element, 'd', 'M-.3-.3H.3V.3H-.3Z');
      put(element, 'transform', `translate(${x} ${-y})`);
    });
  }

  /** From the lane into the room, for the code of a station. @param {Floor} floor @param {string} node @returns {Point} */
  away(floor, node) {
    const at = floor.nodes.get(node)?.at;
    const lane = floor.lanes.find((one) => one.between.includes(node));
    const other = lane && floor.nodes.get(lane.between[0] === node ? lane.between[1] : lane.between[0])?.at;
    const far = at && other ? apart(at, other) : 0;
    return at && other && far ? [(at[0] - other[0]) / far, (at[1] - other[1]) / far] : [0, 1];
  }

  // --- the view ---

  /** Take over the size of the place on the page. */
  fit() {
    const box = this.root.getBoundingClientRect();
    const first = this.size.width === 1;
    this.size = { width: Math.max(1, box.width), height: Math.max(1, box.height) };
    if (first) this.whole();
    else this.look();
  }

  /** Show the whole floor. */
  whole() {
    if (!this.floor) return;
    const box = bounds(this.floor.outline);
    const [width, height] = [box.right - box.left + 2 * MARGIN, box.high - box.low + 2 * MARGIN];
    this.metre = Math.min(LARGEST, Math.max(SMALLEST, Math.min(this.size.width / width, this.size.height / height)));
    this.middle = [(box.left + box.right) / 2, (box.low + box.high) / 2];
    this.look();
  }

  /** @param {number} factor @param {Point} [at] what stays where it is */
  zoom(factor, at = this.middle) {
    const before = this.metre;
    this.metre = Math.min(LARGEST, Math.max(SMALLEST, before * factor));
    const moved = before / this.metre;
    this.middle = [at[0] + (this.middle[0] - at[0]) * moved, at[1] + (this.middle[1] - at[1]) * moved];
    this.look();
  }

  /** @param {number} dx pixels @param {number} dy */
  pan(dx, dy) {
    this.middle = [this.middle[0] - dx / this.metre, this.middle[1] + dy / this.metre];
    this.look();
  }

  /** Bring a point into view. @param {Point} at @param {boolean} [closer] */
  reveal(at, closer = false) {
    const [dx, dy] = [Math.abs(at[0] - this.middle[0]), Math.abs(at[1] - this.middle[1])];
    const seen = dx * this.metre < this.size.width * 0.45 && dy * this.metre < this.size.height * 0.45;
    if (closer && this.metre < NAMES) this.metre = NAMES + 4;
    else if (seen) return;
    this.middle = [...at];
    this.look();
  }

  look() {
    const [width, height] = [this.size.width / this.metre, this.size.height / this.metre];
    const left = this.middle[0] - width / 2;
    const top = -this.middle[1] - height / 2;
    put(this.root, 'viewBox', `${left.toFixed(3)} ${top.toFixed(3)} ${width.toFixed(3)} ${height.toFixed(3)}`);
    this.root.style.setProperty('--px', String(1 / this.metre));
    // signs are never smaller than a finger can find on a floor shown whole
    this.root.style.setProperty('--k', String(Math.max(1, 13 / this.metre)));
    this.root.classList.toggle('close', this.metre >= NAMES);
    this.fitNames();
  }

  /** Show the names of rooms that are large enough. */
  fitNames() {
    const size = TEXT / this.metre;
    for (const text of this.names.children) {
      const wide = [...(text.textContent ?? '')].reduce((sum, letter) => sum + (letter > '\u2e80' ? 1 : 0.58), 0.4);
      const fits = wide * size < Number(text.getAttribute('data-width')) && size * 1.4 < Number(text.getAttribute('data-height'));
      text.toggleAttribute('hidden', !fits);
    }
  }

  /** @param {{clientX: number, clientY: number}} event @returns {Point} metres */
  toMap(event) {
    const box = this.root.getBoundingClientRect();
    return [
      this.middle[0] + (event.clientX - box.left - box.width / 2) / this.metre,
      this.middle[1] - (event.clientY - box.top - box.height / 2) / this.metre,
    ];
  }

  // --- what is where ---

  /**
   * The thing at a point, or null.
   * @param {Point} at @param {number} reach pixels @param {string[]} [kinds] which to look for
   * @returns {Thing | null}
   */
  pick(at, reach, kinds = ['bend', 'node', 'door', 'lane', 'lift', 'room']) {
    const [floor, data] = [this.floor, this.data];
    if (!floor || !data) return null;
    const far = reach / this.metre;
    for (const kind of kinds) {
      const found = nearest(kind, at, far, { floor, data, selected: this.selected });
      if (found) return { ...found, floor: floor.id };
    }
    return null;
  }

  /** What a click on a node means: its station where it has one. @param {Thing} thing @returns {Thing} */
  meant(thing) {
    const stations = thing.kind === 'node' && this.floor ? stationsAt(this.floor, thing.id) : [];
    return stations.length ? { ...thing, kind: 'station', id: stations[0] } : thing;
  }
}

/** @param {Floor} floor @param {string} door */
function laneOfDoor(floor, door) {
  return floor.lanes.find((lane) => lane.door === door);
}

/** @param {Point[]} points @param {boolean} [closed] */
export function pathOf(points, closed = false) {
  return points.map(([x, y], n) => `${n ? 'L' : 'M'}${x} ${-y}`).join('') + (closed ? 'Z' : '');
}

/** An arrow head in the middle of the longest stretch. @param {Point[]} line */
function arrowOn(line) {
  let [n, longest] = [0, -1];
  for (let i = 0; i + 1 < line.length; i++) {
    const length = apart(line[i], line[i + 1]);
    if (length > longest) [n, longest] = [i, length];
  }
  const [a, b] = [line[n], line[n + 1]];
  const [ux, uy] = [(b[0] - a[0]) / (longest || 1), (b[1] - a[1]) / (longest || 1)];
  const [x, y] = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
  const side = (/** @type {number} */ s) => [x - ux * 0.35 - s * uy * 0.3, y - uy * 0.35 + s * ux * 0.3];
  return pathOf([side(1), [x + ux * 0.35, y + uy * 0.35], side(-1)]);
}
