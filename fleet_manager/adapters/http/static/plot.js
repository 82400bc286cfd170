// The drawing of places over time: time to the right, places downwards, the present a line.

import { put, say, svg } from './elements.js';
import { clock, clockSeconds } from './times.js';
import { named, t } from './words.js';

const NARROW = 640; // pixels: below this the names of places stand in the drawing
const MARGIN = { top: 30, bottom: 24, right: 14 };
const TALL = 1500; // pixels of a wall screen's width
const ROW = 15; // pixels between two names of places
const LETTER = 7; // pixels, about
const TARGET = 24; // pixels a finger needs

/**
 * @typedef {import('./space-time.js').Diagram} Diagram
 * @typedef {{names: Record<string, string>, chosen: string, upwards: boolean}} How
 * @typedef {{x: (at: number) => number, y: (row: number) => number, left: number, right: number,
 *   top: number, bottom: number, narrow: boolean}} Scale
 */

export class Plot {
  /**
   * @param {HTMLElement} place
   * @param {import('./building.js').Building} building
   * @param {(id: string) => void} select
   */
  constructor(place, building, select) {
    this.place = place;
    this.building = building;
    this.select = select;
    this.still = svg('g');
    this.labels = svg('g');
    this.root = svg('svg', { role: 'group' });
    const clip = svg('clipPath', { id: 'plot-clip' });
    this.window = svg('rect');
    clip.append(this.window);
    const hatch = svg('pattern', {
      id: 'plot-hatch', width: 7, height: 7, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)',
    });
    hatch.append(svg('path', { class: 'hatch', d: 'M0 0V7' }));
    const definitions = svg('defs');
    definitions.append(clip, hatch);
    this.root.append(definitions, this.still, this.labels);
    place.append(this.root);
    /** @type {Map<string, SVGElement>} labels are kept, so that the focus stays */
    this.who = new Map();
  }

  /** @param {Diagram | null} diagram @param {How} how */
  draw(diagram, how) {
    this.still.replaceChildren();
    put(this.root, 'visibility', diagram?.places.length ? 'visible' : 'hidden');
    if (!diagram?.places.length) {
      this.keep(new Set());
      return;
    }
    const scale = this.scale(diagram, how.upwards);
    put(this.root, 'aria-label', t('space_time.label', {
      from: clock(diagram.from), until: clock(diagram.until), n: diagram.robots.length,
    }));
    this.drawFrame(diagram, scale);
    const names = this.drawPlaces(diagram, scale);
    this.drawLifts(diagram, scale, how);
    const lines = svg('g', { 'clip-path': 'url(#plot-clip)' });
    this.still.append(lines);
    const last = (/** @type {{robot: string}} */ one) => Number(one.robot === how.chosen);
    for (const one of [...diagram.robots].sort((a, b) => last(a) - last(b))) {
      for (const line of one.lines) this.drawLine(lines, one.robot, line, scale, how);
    }
    this.still.append(names);
    this.drawNow(diagram, scale);
    this.nameRobots(diagram, scale, how);
  }

  /** @param {Diagram} diagram @param {boolean} upwards @returns {Scale} */
  scale(diagram, upwards) {
    const width = Math.max(280, this.place.clientWidth);
    const narrow = width < NARROW;
    const height = width >= TALL ? 460 : narrow ? 380 : 400;
    put(this.root, 'viewBox', `0 0 ${width} ${height}`);
    put(this.root, 'width', String(width));
    put(this.root, 'height', String(height));
    const left = narrow ? 2 : Math.min(240, width * 0.22);
    const right = width - MARGIN.right;
    const [top, bottom] = [MARGIN.top, height - MARGIN.bottom];
    const rows = diagram.places.map((place) => place.at);
    const [least, most] = [rows[0], rows[rows.length - 1]];
    const [pad, room] = [narrow ? 22 : 14, bottom - top];
    const level = (/** @type {number} */ metres) => {
      const share = (metres - least) / (most - least || 1);
      return top + pad + (upwards ? 1 - share : share) * (room - 2 * pad);
    };
    const y = (/** @type {number} */ row) => {
      const low = Math.min(rows.length - 1, Math.floor(row));
      const high = Math.min(rows.length - 1, low + 1);
      return level(rows[low] + (rows[high] - rows[low]) * (row - low));
    };
    const x = (/** @type {number} */ at) =>
      left + ((at - diagram.from) / (diagram.until - diagram.from)) * (right - left);
    for (const [name, value] of Object.entries({ x: left, y: top, width: right - left, height: room })) {
      put(this.window, name, String(value));
    }
    return { x, y, left, right, top, bottom, narrow };
  }

  /** @param {Diagram} diagram @param {Scale} scale */
  drawFrame(diagram, { x, left, right, top, bottom, narrow }) {
    const now = x(diagram.now);
    this.box('plot-past', left, top, now - left, bottom - top);
    this.box('plot-next', now, top, right - now, bottom - top);
    const known = x(Math.min(diagram.now, Math.max(diagram.from, diagram.recorded_from)));
    if (known - left > 1) {
      this.box('plot-unknown', left, top, known - left, bottom - top);
      const text = t('space_time.unknown');
      if (known - left > text.length * LETTER * 2) {
        this.still.append(svg('text', { class: 'plot-note', x: (left + known) / 2, y: bottom - 8 }, text));
      }
    }
    const step = (narrow ? 5 : 2) * 60000;
    for (let at = Math.ceil(diagram.from / step) * step; at <= diagram.until; at += step) {
      this.still.append(svg('path', { class: 'plot-tick', d: `M${x(at)} ${top}V${bottom}` }));
      if (x(at) - left > 14 && right - x(at) > 14) {
        this.still.append(svg('text', { class: 'plot-time', x: x(at), y: bottom + 17 }, clock(at)));
      }
    }
  }

  /** @param {string} name @param {number} x @param {number} y @param {number} width @param {number} height */
  box(name, x, y, width, height) {
    this.still.append(svg('rect', { class: name, x, y, width: Math.max(0, width), height: Math.max(0, height) }));
  }

  /**
   * A line for each place; returns names where there is room, the important ones first.
   * @param {Diagram} diagram @param {Scale} scale
   */
  drawPlaces(diagram, { y, left, right, narrow }) {
    const names = diagram.places.map((place) => this.name(place.node));
    const weight = (/** @type {number} */ n) => {
      if (names[n].important) return 0;
      if (n === 0 || n === names.length - 1) return 1;
      return names[n].text === names[n - 1].text ? 3 : 2;
    };
    const order = names.map((_, n) => n).filter((n) => weight(n) < 3).sort((a, b) => weight(a) - weight(b) || a - b);
    /** @type {number[]} */
    const taken = [];
    const group = svg('g');
    names.forEach((_, n) => {
      this.still.append(svg('path', { class: `plot-row${weight(n) < 3 ? ' named' : ''}`, d: `M${left} ${y(n)}H${right}` }));
    });
    for (const n of order) {
      if (taken.some((other) => Math.abs(other - y(n)) < ROW)) continue;
      taken.push(y(n));
      const room = narrow ? (right - left) / 2 - 40 : left - 12;
      const at = narrow ? { x: right - 5, y: y(n) - 4 } : { x: left - 8, y: y(n) + 4 };
      const text = svg('text', { class: `plot-place${narrow ? ' inside' : ''}`, ...at }, shortened(names[n].text, room));
      text.append(svg('title', {}, names[n].text));
      group.append(text);
    }
    return group;
  }

  /** @param {string} node @returns {{text: string, important: boolean}} */
  name(node) {
    const station = [...this.building.stations.values()].find((one) => one.node === node);
    if (station) return { text: `${station.code} ${named(station.name)}`, important: true };
    const car = [...this.building.lifts.values()].some((lift) => lift.car === node);
    return { text: this.building.placeName(`node:${node}`), important: car };
  }

  /** When a lift is in use, and by whom. @param {Diagram} diagram @param {Scale} scale @param {How} how */
  drawLifts(diagram, scale, how) {
    const group = svg('g', { 'clip-path': 'url(#plot-clip)' });
    this.still.append(group);
    for (const use of diagram.lifts) {
      const edges = [scale.y(use.low), scale.y(use.high)].sort((a, b) => a - b);
      const [top, bottom] = [Math.min(edges[0], edges[1] - 8), Math.max(edges[1], edges[0] + 8)];
      const spans = use.planned ? [[use.from, use.until, 'planned']] : [
        [use.from, Math.min(use.until, diagram.now), ''], [diagram.now, use.until, 'planned'],
      ];
      for (const [from, until, kind] of spans) {
        const [a, b] = [scale.x(Number(from)), scale.x(Number(until))];
        if (b <= a) continue;
        const bar = svg('rect', { class: `plot-lift ${kind}`, x: a, y: top, width: b - a, height: bottom - top });
        const name = how.names[use.robot] ?? use.robot;
        bar.append(svg('title', {}, `${named(this.building.lifts.get(use.lift).name)} ${name} ${clockSeconds(use.from)}–${clockSeconds(use.until)}`));
        group.append(bar);
        if (kind !== 'planned' || use.planned) this.note(group, name, (a + b) / 2, top + 13, b - a);
      }
    }
  }

  /**
   * A name that only helps to read, where there is room for it.
   * @param {SVGElement} group @param {string} text @param {number} x @param {number} y @param {number} room
   */
  note(group, text, x, y, room) {
    if (text.length * LETTER < room) group.append(svg('text', { class: 'plot-note', x, y }, text));
  }

  /**
   * @param {SVGElement} group @param {string} robot @param {import('./space-time.js').Line} line
   * @param {Scale} scale @param {How} how
   */
  drawLine(group, robot, line, scale, how) {
    const points = line.points.map(([at, row]) => [scale.x(at).toFixed(1), scale.y(row).toFixed(1)]);
    const classes = ['plot-run', line.planned ? 'planned' : 'past'];
    if (robot === how.chosen) classes.push('chosen');
    const name = how.names[robot] ?? robot;
    const shape = points.length === 1
      ? svg('circle', { class: `${classes.join(' ')} once`, cx: points[0][0], cy: points[0][1], r: 3 })
      : svg('path', { class: classes.join(' '), d: points.map(([x, y], n) => `${n ? 'L' : 'M'}${x} ${y}`).join('') });
    const hit = svg('path', { class: 'plot-hit', d: points.map(([x, y], n) => `${n ? 'L' : 'M'}${x} ${y}`).join('') });
    hit.append(svg('title', {}, name));
    hit.addEventListener('click', () => this.select(robot));
    put(shape, 'data-robot', robot);
    group.append(hit, shape);
  }

  /** @param {Diagram} diagram @param {Scale} scale */
  drawNow(diagram, { x, top, bottom }) {
    const at = x(diagram.now);
    this.still.append(svg('path', { class: 'plot-now', d: `M${at} ${top - 6}V${bottom}` }));
    const text = t('space_time.now', { time: clockSeconds(diagram.now) });
    this.still.append(svg('text', { class: 'plot-now-text', x: at, y: top - 11 }, text));
  }

  /** A name at each robot's line, where it is now or was last. @param {Diagram} diagram @param {Scale} scale @param {How} how */
  nameRobots(diagram, scale, how) {
    /** @type {number[][]} boxes: left, y, width */
    const taken = [];
    const order = [...diagram.robots].sort((a, b) => Number(b.robot === how.chosen) - Number(a.robot === how.chosen));
    for (const { robot, lines } of order) {
      const { at, row, here } = anchor(lines, diagram.now);
      const name = how.names[robot] ?? robot;
      const width = name.length * 8 + 8;
      const [px, py] = [scale.x(at), scale.y(row)];
      if (here) this.still.append(svg('circle', { class: `plot-dot${robot === how.chosen ? ' chosen' : ''}`, cx: px, cy: py, r: 4.5 }));
      const left = px + 6 + width > scale.right ? px - 6 - width : px + 6;
      const y = free(taken, left, py, width, scale);
      const label = this.label(robot);
      put(label, 'class', `plot-who${robot === how.chosen ? ' chosen' : ''}`);
      put(label, 'transform', `translate(${left.toFixed(1)} ${y.toFixed(1)})`);
      const [hit, text] = label.children;
      put(hit, 'width', String(Math.max(TARGET, width)));
      say(text, name);
      const place = this.name(diagram.places[Math.round(row)].node).text;
      put(label, 'aria-label', t('space_time.who', { name, place, time: clockSeconds(at) }));
      put(label, 'aria-pressed', String(robot === how.chosen));
    }
    for (const { robot, lines } of how.upwards ? [] : order) { // on a lift's floors the bars have names
      const main = anchor(lines, diagram.now);
      for (const line of lines) {
        const [at, row] = line.points[line.points.length - 1];
        if (at === main.at || line.points[0][0] === main.at || line.points[0][0] === diagram.now) continue;
        const name = how.names[robot] ?? robot;
        const width = name.length * 8 + 8;
        const [left, py] = [scale.x(at) + 4, scale.y(row)];
        if (left + width > scale.right || !clear(taken, left, py, width)) continue;
        taken.push([left, py, width]);
        this.still.append(svg('text', { class: `plot-again${robot === how.chosen ? ' chosen' : ''}`, x: left, y: py + 4 }, name));
      }
    }
    this.keep(new Set(diagram.robots.map((one) => one.robot)));
  }

  /** @param {string} robot @returns {SVGElement} */
  label(robot) {
    const known = this.who.get(robot);
    if (known) return known;
    const label = svg('g', { role: 'button', tabindex: 0, 'data-robot': robot });
    label.append(
      svg('rect', { x: 0, y: -TARGET / 2, height: TARGET, rx: 4 }),
      svg('text', { x: 4, y: 4.5 }),
    );
    label.addEventListener('click', () => this.select(robot));
    label.addEventListener('focus', () => this.select(robot));
    label.addEventListener('keydown', (event) => {
      if (/** @type {KeyboardEvent} */ (event).key === 'Enter') this.select(robot);
    });
    this.who.set(robot, label);
    this.labels.append(label);
    return label;
  }

  /** @param {Set<string>} robots the labels that stay */
  keep(robots) {
    for (const [robot, label] of this.who) {
      if (robots.has(robot)) continue;
      label.remove();
      this.who.delete(robot);
    }
  }
}

/**
 * Where a robot's name stands: at now, else where it was last, else where it comes first.
 * @param {import('./space-time.js').Line[]} lines @param {number} now
 */
function anchor(lines, now) {
  const past = lines.filter((line) => !line.planned);
  const [at, row] = past.length
    ? past[past.length - 1].points[past[past.length - 1].points.length - 1]
    : lines[0].points[0];
  return { at, row, here: at === now };
}

/**
 * A height near `y` where nothing stands yet.
 * @param {number[][]} taken boxes: left, y, width @param {number} left @param {number} y
 * @param {number} width @param {Scale} scale
 */
function free(taken, left, y, width, scale) {
  for (let step = 0; step < 40; step++) {
    const at = y + Math.ceil(step / 2) * (step % 2 ? -1 : 1) * (ROW / 2);
    if (at < scale.top + 8 || at > scale.bottom - 8 || !clear(taken, left, at, width)) continue;
    taken.push([left, at, width]);
    return at;
  }
  return y;
}

/**
 * Whether nothing stands there yet.
 * @param {number[][]} taken @param {number} left @param {number} y @param {number} width
 */
function clear(taken, left, y, width) {
  return taken.every(([x, other, wide]) =>
    Math.abs(other - y) >= ROW || left + width < x || x + wide < left);
}

/** @param {string} text @param {number} room pixels @returns {string} */
function shortened(text, room) {
  let used = 0;
  const letters = [...text];
  for (let n = 0; n < letters.length; n++) {
    used += letters[n] > '\u2e80' ? LETTER * 1.75 : LETTER * 0.95;
    if (used > room) return `${letters.slice(0, Math.max(1, n - 1)).join('')}…`;
  }
  return text;
}
