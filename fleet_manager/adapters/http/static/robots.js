// Robots on the map: moved smoothly between updates, by `transform` only.

import { put, say, svg } from './elements.js';
import { duration, t } from './words.js';

const LENGTH = 0.6; // metres: the body the map checker and the simulated hospital use
const WIDTH = 0.5;
const SMALLEST = 15; // pixels: smaller than this nobody sees a heading
const JUMP = 6; // metres: further than this in one update is no movement
const FADES_MS = 3000;
const STALE_MS = 10000;

/**
 * @typedef {{group: SVGElement, body: SVGElement, load: SVGElement, label: SVGElement,
 *   track: SVGElement, bar: SVGElement, hit: SVGElement, from: number[], to: number[], now: number[], start: number,
 *   floor: string, entity: any}} Glyph
 */

export class Robots {
  /**
   * @param {import('./building.js').Building} building
   * @param {(id: string) => void} onSelect
   */
  constructor(building, onSelect) {
    this.building = building;
    this.onSelect = onSelect;
    /** Called when a pointer or the focus comes to a robot, with '' when it goes. */
    this.onPoint = (/** @type {string} */ id) => {};
    /** Called after robots were drawn somewhere else. */
    this.onMove = () => {};
    this.layer = svg('g', { class: 'robots' });
    /** @type {Map<string, Glyph>} */
    this.glyphs = new Map();
    this.metre = 10;
    this.every = 250; // ms between updates, learnt
    this.updated = 0;
    this.moving = false;
    this.still = window.matchMedia('(prefers-reduced-motion: reduce)');
    this.selected = '';
  }

  /**
   * @param {Record<string, any>} robots @param {number} now server time
   * @param {(id: string) => string} why a robot waits, in words
   */
  update(robots, now, why) {
    const at = performance.now();
    if (this.updated) {
      const gap = Math.min(1000, Math.max(100, at - this.updated));
      this.every = this.every * 0.8 + gap * 0.2;
    }
    this.updated = at;
    for (const [id, robot] of Object.entries(robots)) {
      if (robot.x === null || !this.building.places.has(robot.floor)) continue;
      const glyph = this.glyphs.get(id) ?? this.create(id, robot);
      this.aim(glyph, robot, at);
      this.dress(glyph, robot, now, why(id));
    }
    for (const [id, glyph] of this.glyphs) {
      if (robots[id]?.x != null) continue;
      glyph.group.remove();
      this.glyphs.delete(id);
    }
    this.run();
  }

  /** @param {string} id @param {any} robot @returns {Glyph} */
  create(id, robot) {
    const group = svg('g', { class: 'robot', 'data-robot': id, tabindex: '0', role: 'button' });
    const hit = svg('circle', { class: 'hit' });
    const body = svg('g', { class: 'hull' });
    body.append(svg('path', { class: 'body', d: hull(LENGTH, WIDTH) }));
    const load = svg('rect', { class: 'load', x: -0.24, y: -0.16, width: 0.32, height: 0.32 });
    body.append(load);
    const track = svg('rect', { class: 'track' });
    const bar = svg('rect', { class: 'battery' });
    const label = svg('text', { class: 'label' });
    group.append(hit, body, track, bar, label);
    group.addEventListener('click', () => this.onSelect(id));
    group.addEventListener('focus', () => this.onSelect(id));
    group.addEventListener('pointerenter', () => this.onPoint(id));
    group.addEventListener('pointerleave', () => this.onPoint(''));
    group.addEventListener('keydown', (event) => {
      if (/** @type {KeyboardEvent} */ (event).key === 'Enter') this.onSelect(id);
    });
    this.layer.append(group);
    const [x, y] = this.building.at(robot.floor, robot.x, robot.y);
    const pose = [x, y, -robot.yaw];
    const glyph = {
      group, hit, body, load, track, bar, label, from: pose, to: pose, now: pose, start: 0,
      floor: robot.floor, entity: robot,
    };
    this.glyphs.set(id, glyph);
    this.size(glyph);
    return glyph;
  }

  /** Start the way from where it is drawn to where it is. @param {Glyph} glyph @param {any} robot @param {number} at */
  aim(glyph, robot, at) {
    const [x, y] = this.building.at(robot.floor, robot.x, robot.y);
    let turn = -robot.yaw - glyph.now[2];
    turn -= Math.round(turn / (2 * Math.PI)) * 2 * Math.PI;
    const target = [x, y, glyph.now[2] + turn];
    const jump =
      glyph.floor !== robot.floor || Math.hypot(x - glyph.now[0], y - glyph.now[1]) > JUMP;
    glyph.from = jump || this.still.matches ? target : glyph.now;
    glyph.to = target;
    glyph.start = at;
    glyph.floor = robot.floor;
  }

  /**
   * Everything but the place.
   * @param {Glyph} glyph @param {any} robot @param {number} now @param {string} why
   */
  dress(glyph, robot, now, why) {
    glyph.entity = robot;
    const age = robot.heard === null ? Infinity : now - robot.heard;
    const stale = robot.link !== 'ok' || age > STALE_MS;
    const classes = ['robot', robot.state];
    if (stale) classes.push('stale');
    else if (age > FADES_MS) classes.push('fading');
    const id = glyph.group.getAttribute('data-robot');
    if (id === this.selected) classes.push('selected');
    put(glyph.group, 'class', classes.join(' '));
    const loaded = robot.compartments.some((/** @type {any} */ one) => one.occupied);
    put(glyph.load, 'visibility', loaded ? 'visible' : 'hidden');
    const battery = robot.battery ?? 0;
    put(glyph.bar, 'width', String((Math.max(0.06, battery) * 18) / this.metre));
    put(glyph.bar, 'data-low', battery < 0.2 ? 'yes' : 'no');
    const old = stale && robot.heard !== null ? ` ${duration(age)}` : '';
    say(glyph.label, robot.name + old);
    const percent = robot.battery === null ? '–' : Math.round(robot.battery * 100);
    const words = [
      t('robot.label', { name: robot.name }),
      t(`robot.state.${robot.state}`),
      t('robot.battery', { percent }),
    ];
    if (loaded) words.push(t('map.loaded'));
    if (why) words.push(why);
    put(glyph.group, 'aria-label', words.join(', '));
    put(glyph.group, 'aria-pressed', String(id === this.selected));
  }

  /** Sizes that depend on how large the map is. @param {number} metre pixels of one metre */
  fit(metre) {
    this.metre = metre;
    for (const glyph of this.glyphs.values()) this.size(glyph);
  }

  /** @param {Glyph} glyph */
  size(glyph) {
    const pixel = 1 / this.metre;
    const grown = Math.max(1, SMALLEST / (LENGTH * this.metre));
    const half = (LENGTH * grown) / 2;
    put(glyph.hit, 'r', String(Math.max(12 * pixel, half)));
    put(glyph.body, 'data-grown', String(grown));
    put(glyph.label, 'font-size', String(11 * pixel));
    put(glyph.label, 'y', String(-half - 3 * pixel));
    for (const part of [glyph.track, glyph.bar]) {
      put(part, 'x', String(-9 * pixel));
      put(part, 'y', String(half + 1.5 * pixel));
      put(part, 'height', String(3 * pixel));
    }
    put(glyph.track, 'width', String(18 * pixel));
    this.place(glyph);
  }

  /** @param {Glyph} glyph */
  place(glyph) {
    const [x, y, yaw] = glyph.now;
    glyph.group.setAttribute('transform', `translate(${x.toFixed(3)} ${y.toFixed(3)})`);
    const grown = glyph.body.getAttribute('data-grown');
    const degrees = ((yaw * 180) / Math.PI).toFixed(1);
    glyph.body.setAttribute('transform', `rotate(${degrees}) scale(${grown})`);
  }

  run() {
    if (this.moving) return;
    this.moving = true;
    requestAnimationFrame((at) => this.step(at));
  }

  /** @param {number} at */
  step(at) {
    let busy = false;
    for (const glyph of this.glyphs.values()) {
      const share = Math.min(1, Math.max(0, (at - glyph.start) / this.every));
      if (share === 1 && glyph.now === glyph.to) continue;
      glyph.now = share === 1
        ? glyph.to
        : glyph.from.map((value, n) => value + (glyph.to[n] - value) * share);
      this.place(glyph);
      busy = true;
    }
    this.onMove();
    this.moving = busy;
    if (busy) requestAnimationFrame((next) => this.step(next));
  }
}

/** A rounded body with a nose in front. @param {number} length @param {number} width */
function hull(length, width) {
  const [l, w, r] = [length / 2, width / 2, 0.12];
  return `M${-l + r} ${-w}H${l - 0.22}L${l} ${-w * 0.35}V${w * 0.35}L${l - 0.22} ${w}H${-l + r}` +
    `Q${-l} ${w} ${-l} ${w - r}V${-w + r}Q${-l} ${-w} ${-l + r} ${-w}Z`;
}
