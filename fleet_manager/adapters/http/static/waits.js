// Who waits for whom: an arrow on the map with its age, and the whole chain in words.

import { html, put, rows, say, svg } from './elements.js';
import { liftFor } from './lift-rows.js';
import { clockSeconds, duration, known, named, t } from './words.js';

const SHOWN_AFTER_MS = 5000; // robots that give way for a moment are no news
const OWN = ['open', 'stuck']; // what is about the robot itself has no arrow
const LONGEST_CHAIN = 12; // links: more are not read
const EDGE = 13; // pixels an arrow stays away from the middle of a robot
const NEAR = 4; // pixels from anything else
const BULGE = [9, 22]; // pixels an arrow is bent by, least and most; short ones more

/**
 * @typedef {{group: SVGElement, lines: SVGElement[], age: SVGElement, entity: any}} Arrow
 */

export class Waits {
  /**
   * @param {import('./building.js').Building} building
   * @param {import('./robots.js').Robots} robots
   */
  constructor(building, robots) {
    this.building = building;
    this.robots = robots;
    this.layer = svg('g', { class: 'arrows' });
    this.note = html('div', 'waits-note');
    this.note.hidden = true;
    /** @type {Map<string, Arrow>} */
    this.arrows = new Map();
    /** @type {import('./feed.js').Entities} */
    this.entities = {};
    this.now = 0;
    this.pointed = '';
    this.dismissed = '';
    robots.onMove = () => this.place();
    robots.onPoint = (id) => {
      this.pointed = id;
      if (id) this.dismissed = '';
      this.tell();
    };
    document.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.dismiss();
    });
  }

  /** @param {import('./feed.js').Entities} entities @param {number} now server time */
  update(entities, now) {
    this.entities = entities;
    this.now = now;
    const waiting = Object.entries(entities.robot ?? {}).filter(([id]) => this.waits(id));
    const gone = new Set(this.arrows.keys());
    for (const [id, robot] of waiting) {
      gone.delete(id);
      const arrow = this.arrows.get(id) ?? this.create(id);
      arrow.entity = robot;
      say(arrow.age, duration(now - robot.waits_for.since));
    }
    for (const id of gone) {
      this.arrows.get(id)?.group.remove();
      this.arrows.delete(id);
    }
    this.place();
    this.tell();
  }

  /** Whether a robot has waited for so long that somebody may ask why. @param {string} id */
  waits(id) {
    const wait = this.entities.robot?.[id]?.waits_for;
    return Boolean(wait) && this.now - wait.since >= SHOWN_AFTER_MS;
  }

  /** @param {string} id @returns {Arrow} */
  create(id) {
    const group = svg('g', { class: 'wait', 'data-waits': id, 'aria-hidden': 'true' });
    const lines = [
      svg('path', { class: 'waits-back' }),
      svg('path', { class: 'waits', 'marker-end': 'url(#arrow)' }),
    ];
    const age = svg('text', { class: 'waits-age' });
    group.append(...lines, age);
    this.layer.append(group);
    const arrow = { group, lines, age, entity: null };
    this.arrows.set(id, arrow);
    return arrow;
  }

  /** Draw each arrow from where its robot is drawn now. */
  place() {
    for (const [id, arrow] of this.arrows) {
      const glyph = this.robots.glyphs.get(id);
      put(arrow.group, 'visibility', glyph ? 'visible' : 'hidden');
      if (!glyph) continue;
      const to = this.target(arrow.entity.waits_for, glyph.floor);
      for (const line of arrow.lines) put(line, 'visibility', to ? 'inherit' : 'hidden');
      if (to) this.bend(arrow, glyph.now, to);
      else this.beside(arrow, glyph.now);
    }
  }

  /** Only the age, where what a robot waits for is on another floor. @param {Arrow} arrow @param {number[]} at */
  beside(arrow, at) {
    const pixel = 1 / this.robots.metre;
    put(arrow.age, 'x', short(at[0] + 15 * pixel));
    put(arrow.age, 'y', short(at[1] + 4 * pixel));
    put(arrow.age, 'font-size', short(12 * pixel));
    put(arrow.age, 'text-anchor', 'start');
  }

  /**
   * Where an arrow ends: at a robot on the same floor, else at the place it is about.
   * @param {{code: string, params: Record<string, string>}} wait @param {string} floor
   * @returns {{at: number[], edge: number} | null}
   */
  target({ code, params }, floor) {
    if (OWN.includes(code)) return null;
    const other = this.robots.glyphs.get(params.robot);
    if (other && other.floor === floor && !params.lift) return { at: other.now, edge: EDGE };
    const door = this.building.doors.get(params.door);
    if (door?.floor === floor) return { at: this.building.at(door.floor, door.at[0], door.at[1]), edge: NEAR };
    const place = params.lift ? `car:${params.lift}` : params.place ?? '';
    const at = this.building.spot(place, floor);
    return at && { at, edge: NEAR };
  }

  /**
   * A bent arrow: two robots that wait for each other make a loop. All in metres.
   * @param {Arrow} arrow @param {number[]} from @param {{at: number[], edge: number}} to
   */
  bend(arrow, from, to) {
    const pixel = 1 / this.robots.metre;
    const [dx, dy] = [to.at[0] - from[0], to.at[1] - from[1]];
    const length = Math.hypot(dx, dy) || pixel;
    const least = Math.max(BULGE[0] * pixel, BULGE[1] * pixel - length / 3);
    const bulge = Math.min(BULGE[1] * pixel, Math.max(least, length * 0.15));
    const [nx, ny] = [-dy / length, dx / length];
    const middle = [from[0] + dx / 2 + nx * bulge * 2, from[1] + dy / 2 + ny * bulge * 2];
    const start = towards(from, middle, EDGE * pixel);
    const end = towards(to.at, middle, to.edge * pixel);
    const line = `M${start.map(short).join(' ')}Q${middle.map(short).join(' ')} ${end.map(short).join(' ')}`;
    for (const one of arrow.lines) put(one, 'd', line);
    const off = bulge + 9 * pixel;
    put(arrow.age, 'x', short(from[0] + dx / 2 + nx * off));
    put(arrow.age, 'y', short(from[1] + dy / 2 + ny * off + 4 * pixel));
    put(arrow.age, 'font-size', short(12 * pixel));
    put(arrow.age, 'text-anchor', nx > 0.5 ? 'start' : nx < -0.5 ? 'end' : 'middle');
  }

  /** Say the chain beside the robot that is pointed at or selected. */
  tell() {
    const id = [this.pointed, this.robots.selected].find((one) => one && this.waits(one)) ?? '';
    const glyph = this.robots.glyphs.get(id);
    this.note.hidden = !glyph || id === this.dismissed;
    if (!glyph || this.note.hidden) return;
    const lines = this.chain(id).map((text, n) => ({ text, n }));
    rows(this.note, lines, (one) => String(one.n), () => html('p'), (row, one) => say(row, one.text));
    const [own, map] = [glyph.body.getBoundingClientRect(), this.box()];
    const below = own.bottom - map.top + 18;
    const fits = below + this.note.offsetHeight < map.height;
    const left = Math.min(own.left - map.left, map.width - this.note.offsetWidth - 4);
    this.note.style.left = `${Math.max(4, left)}px`;
    this.note.style.top = `${fits ? below : Math.max(4, own.top - map.top - this.note.offsetHeight - 18)}px`;
  }

  box() {
    return /** @type {Element} */ (this.note.parentElement).getBoundingClientRect();
  }

  dismiss() {
    this.dismissed = this.pointed || this.robots.selected;
    this.tell();
  }

  /** The chain in one text; '' for a robot that does not wait. @param {string} id @returns {string} */
  text(id) {
    if (!this.waits(id)) return '';
    return this.chain(id).reduceRight((then, first) => t('waits.then', { first, then }));
  }

  /** For whom or what a robot waits, and that one, and so on. @param {string} id @returns {string[]} */
  chain(id) {
    const links = [];
    const seen = new Set();
    for (let next = id; next && links.length < LONGEST_CHAIN;) {
      const robot = this.entities.robot?.[next];
      if (!robot) break;
      if (seen.has(next)) {
        links.push(t('waits.loop', { name: robot.name }));
        break;
      }
      seen.add(next);
      links.push(this.link(next, robot));
      next = robot.waits_for?.params.robot ?? '';
    }
    return links;
  }

  /** One link of a chain. @param {string} id @param {any} robot */
  link(id, robot) {
    const wait = robot.waits_for;
    if (!wait) return t('waits.end', { name: robot.name, state: t(`robot.state.${robot.state}`) });
    const { robot: other = '', lift = '', door = '', place = '' } = wait.params;
    return known(`waits.${wait.code}`, 'waits.other', {
      name: robot.name,
      age: duration(this.now - wait.since),
      time: clockSeconds(wait.since),
      robot: this.entities.robot?.[other]?.name ?? other,
      lift: this.building.lifts.has(lift) ? named(this.building.lifts.get(lift).name) : lift,
      door: this.building.doors.has(door) ? named(this.building.doors.get(door).name) : door,
      place: this.building.placeName(place || `node:${robot.node}`),
      why: lift ? liftFor(lift, id, this) : '',
    });
  }
}

/** A point some way from one to another. @param {number[]} from @param {number[]} to @param {number} way */
function towards(from, to, way) {
  const length = Math.hypot(to[0] - from[0], to[1] - from[1]) || 1;
  const share = Math.min(0.8, way / length);
  return [from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share];
}

/** @param {number} value */
function short(value) {
  return value.toFixed(2);
}
