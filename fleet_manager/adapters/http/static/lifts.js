// Lift shafts beside the floors: car, door, mode, who holds it and who is next.

import { put, say, svg } from './elements.js';
import { named, t } from './words.js';

const CAR = 3.2; // metres on the drawing, not of the car

export class Shafts {
  /**
   * @param {import('./building.js').Building} building
   * @param {(lift: string) => void} onOpen somebody wants to see how a lift is used
   */
  constructor(building, onOpen) {
    this.building = building;
    this.onOpen = onOpen;
    this.layer = svg('g', { class: 'shafts' });
    /** @type {Map<string, {car: SVGElement, leaves: SVGElement, texts: SVGElement[], y: number}>} */
    this.drawn = new Map();
    building.hospital.lifts.forEach((/** @type {any} */ lift, /** @type {number} */ index) => {
      this.draw(lift, building.shaft(index));
    });
    for (const [floor, y] of building.rungs) {
      const x = building.shaft(0) - 10;
      this.layer.append(svg('text', { class: 'rung', x, y: y + 0.6, 'data-size': 10.5 }, floor));
    }
  }

  /** @param {any} lift @param {number} x */
  draw(lift, x) {
    const served = lift.stops.map((/** @type {any} */ stop) => this.middle(stop.floor));
    const [top, bottom] = [Math.min(...served) - CAR, Math.max(...served) + CAR];
    const group = svg('g', { class: 'shaft' });
    group.addEventListener('click', () => this.onOpen(lift.id));
    group.append(svg('rect', { class: 'well', x: x - CAR / 2 - 0.4, y: top, width: CAR + 0.8, height: bottom - top, rx: 0.6 }));
    for (const y of served) {
      group.append(svg('path', { class: 'stop', d: `M${x - CAR / 2 - 1} ${y + CAR / 2}H${x - CAR / 2 - 0.4}` }));
    }
    const car = svg('g', { class: 'car' });
    car.append(svg('rect', { x: x - CAR / 2, y: -CAR / 2, width: CAR, height: CAR, rx: 0.3 }));
    const leaves = svg('path', { class: 'leaves' });
    const holder = svg('text', { class: 'holder', x, y: 0, 'data-size': 11 });
    car.append(leaves, holder);
    const texts = [0, 1, 2].map((line) =>
      svg('text', { class: `shaft-text line-${line}`, x, y: bottom + 2 + line * 1.7, 'data-size': 10.5 }));
    const name = svg('text', { class: 'shaft-name', x, y: top - 1.2, 'data-size': 12 }, lift.id);
    group.append(svg('title', {}, named(lift.name)), car, name, ...texts);
    this.layer.append(group);
    this.drawn.set(lift.id, { car, leaves, texts: [holder, ...texts], y: served[0] });
    put(leaves, 'data-x', String(x));
  }

  /** The height of a floor on the drawing. @param {string} floor */
  middle(floor) {
    const rung = this.building.rungs.get(floor);
    if (rung !== undefined) return rung;
    const place = this.building.places.get(floor);
    return place ? (place.top - this.building.topOf(place.floor) + place.bottom) / 2 : 0;
  }

  /** @param {Record<string, any>} lifts @param {Record<string, any>} robots */
  update(lifts, robots) {
    for (const [id, drawn] of this.drawn) {
      const lift = lifts[id];
      if (!lift) continue;
      const y = this.carHeight(id, lift);
      drawn.car.setAttribute('transform', `translate(0 ${y.toFixed(2)})`);
      const silent = lift.link !== 'ok';
      put(drawn.car, 'class', `car ${lift.mode} ${silent ? 'stale' : ''}`);
      put(drawn.leaves, 'd', leaves(Number(drawn.leaves.getAttribute('data-x')), lift.door));
      const name = (/** @type {string} */ robot) => robots[robot]?.name ?? robot;
      const [holder, mode, door, queue] = drawn.texts;
      say(holder, lift.session ? name(lift.session.robot) : '');
      say(mode, silent ? t('lift.silent') : t(`lift.mode.${lift.mode}`));
      say(door, lift.door ? t(`lift.door.${lift.door}`) : '');
      say(queue, lift.queue.length ? t('lift.queue', { robots: lift.queue.map((/** @type {any} */ one) => name(one.robot)).join(' ') }) : '');
    }
  }

  /** @param {string} id @param {any} lift */
  carHeight(id, lift) {
    const stops = this.building.lifts.get(id).stops
      .map((/** @type {any} */ stop) => this.building.places.get(stop.floor))
      .sort((/** @type {any} */ a, /** @type {any} */ b) => a.floor.elevation - b.floor.elevation);
    if (lift.height !== null) {
      for (let n = 0; n + 1 < stops.length; n++) {
        const [low, high] = [stops[n].floor, stops[n + 1].floor];
        if (lift.height > high.elevation) continue;
        const share = Math.max(0, (lift.height - low.elevation) / (high.elevation - low.elevation));
        return this.middle(low.id) + (this.middle(high.id) - this.middle(low.id)) * share;
      }
      return this.middle(stops[stops.length - 1].floor.id);
    }
    return this.middle(lift.floor ?? stops[0].floor.id);
  }
}

/** Two door leaves: meeting, half apart, apart. @param {number} x @param {string | null} door */
function leaves(x, door) {
  const gap = { open: 1.15, moving: 0.6 }[door ?? ''] ?? 0.06;
  const y = CAR / 2 - 0.35;
  return `M${x - CAR / 2 + 0.25} ${y}H${x - gap}M${x + gap} ${y}H${x + CAR / 2 - 0.25}`;
}
