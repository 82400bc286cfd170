// Closed places on the operator's page: drawn on the map, listed, closed and opened again.

import { html, put, rows, say, svg } from './elements.js';
import { clock } from './times.js';
import { kept, named, person, t } from './words.js';

const NEAR = 3; // metres: a tap further away means nothing
const MINUTE = 60_000;
const MORNING = 6; // o'clock

/**
 * @typedef {{kind: string, place: string, robot_type: string, reason: string, closed_by: string,
 *   since: number, until: number | null}} Closure
 */

export class Closures {
  /** @param {import('./building.js').Building} building @param {string} csrf */
  constructor(building, csrf) {
    this.building = building;
    this.csrf = csrf;
    this.now = 0; // the server's clock is known with the first news
    /** @type {Record<string, any>} */
    this.entities = {};
    this.form = /** @type {HTMLFormElement} */ (element('closure-form'));
    this.opener = element('closure-new');
    /** Drawn over the lanes and under the robots. */
    this.layer = svg('g', { class: 'closed-places' });
    this.marks = svg('g');
    this.chosen = svg('g', { class: 'chosen-place' });
    this.layer.append(hatching(), this.marks, this.chosen);
    this.fill();
    this.opener.addEventListener('click', () => this.show(this.form.hidden));
    element('closure-cancel').addEventListener('click', () => this.show(false));
    this.form.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.show(false);
    });
    this.box('kind').addEventListener('change', () => this.offer());
    this.box('floor').addEventListener('change', () => this.offer());
    this.box('place').addEventListener('change', () => this.choose());
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.close();
    });
  }

  /** While the form is open, a tap on the map chooses what is to be closed. @param {SVGElement} root */
  pickOn(root) {
    root.addEventListener('click', (event) => {
      const screen = /** @type {SVGSVGElement} */ (root).getScreenCTM();
      if (this.form.hidden || !screen) return;
      const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(screen.inverse());
      this.pick(point.x, point.y);
    });
  }

  /** @param {import('./feed.js').Entities} entities @param {number} now server time */
  update(entities, now) {
    this.now = now;
    this.entities = entities;
    this.opener.hidden = false;
    const closures = /** @type {[string, Closure][]} */ (Object.entries(entities.closure ?? {}));
    const drawn = closures.map(([, one]) => `${one.kind}:${one.place}`).join('|');
    if (this.marks.dataset.drawn !== drawn) {
      this.marks.dataset.drawn = drawn;
      this.marks.replaceChildren(...closures.map(([, one]) => this.mark(one)));
    }
    say(find('[data-count=closures]'), String(closures.length));
    /** @type {HTMLElement} */ (find('[data-empty=closures]')).hidden = closures.length > 0;
    rows(element('closures'), closures, ([id]) => id, ([id]) => this.row(id), (row, [, one]) => {
      say(part(row, 'what'), this.what(one));
      say(part(row, 'why'), kept(one.reason));
      say(part(row, 'by'), t('closures.by', { who: person(one.closed_by), time: this.clock(one.since) }));
      say(part(row, 'until'), one.until
        ? t('closures.ends', { time: this.clock(one.until) }) : t('closures.ends_opened'));
    });
    const cut = this.cutOff(entities.fleet?.fleet?.cut_off);
    const line = element('closures-cut-off');
    line.hidden = cut === '';
    say(line, cut && t('closures.cut_off', { what: cut }));
  }

  /** @param {string} id */
  row(id) {
    const row = html('li', 'row');
    const head = html('p', 'row-head');
    const [what, until] = [html('strong'), html('span', 'tag')];
    const [why, by] = [html('p'), html('p', 'where')];
    [what, until, why, by].forEach((one, n) => { one.dataset.part = ['what', 'until', 'why', 'by'][n]; });
    head.append(what, until);
    const buttons = html('span', 'buttons');
    const open = html('button', '', t('closures.open'));
    open.addEventListener('click', () => void this.post(`${id}/open`));
    buttons.append(open);
    row.append(head, why, by, buttons);
    return row;
  }

  /** What is closed, and to whom, in words. @param {Closure} closure @returns {string} */
  what({ kind, place, robot_type: type }) {
    const own = kind === 'lift' || kind === 'floor'; // such names say what they are
    const name = own ? this.nameOf(kind, place) : `${t(`closures.kind.${kind}`)} ${this.nameOf(kind, place)}`;
    return type ? `${name} · ${t('closures.only', { type: this.typeName(type) })}` : name;
  }

  /** @param {string} kind @param {string} place @returns {string} */
  nameOf(kind, place) {
    if (kind === 'lane') return `${this.building.placeName(`lane:${place}`)} (${place})`;
    if (kind === 'lift') return named(this.building.lifts.get(place)?.name ?? { zh: place, en: place });
    if (kind === 'floor') return named(this.building.places.get(place)?.floor.name ?? { zh: place, en: place });
    const zone = this.zones().find((one) => one.id === place);
    return zone ? `${named(zone.name)} (${named(zone.floor.name)})` : place;
  }

  /** @param {string} id @returns {string} */
  typeName(id) {
    const type = this.building.hospital.types.find((/** @type {any} */ one) => one.id === id);
    return type ? named(type.name) : id;
  }

  /** @param {{stations: string[], robots: string[]} | undefined} cut @returns {string} */
  cutOff(cut) {
    const stations = (cut?.stations ?? []).map((id) => named(this.building.stations.get(id)?.name ?? { zh: id, en: id }));
    const robots = (cut?.robots ?? []).map((id) => this.entities.robot?.[id]?.name ?? id);
    return [...stations, ...robots].join(', ');
  }

  /** The time of day, with the day where it is another one. @param {number} at @returns {string} */
  clock(at) {
    const day = new Date(at);
    if (day.toDateString() === new Date(this.now).toDateString()) return clock(at);
    const date = day.toLocaleDateString(document.documentElement.lang, { month: 'short', day: 'numeric' });
    return `${date} ${clock(at)}`;
  }

  // --- on the map ---

  /** @param {Closure} closure */
  mark(closure) {
    const group = svg('g', { class: `closed of-${closure.kind}` });
    group.append(svg('title', {}, `${t('map.closed')}: ${this.what(closure)}`), ...this.shapes(closure));
    return group;
  }

  /** The shapes of a place: tape along a lane, hatching over an area, a cross in a lift.
   * @param {{kind: string, place: string}} place @returns {SVGElement[]} */
  shapes({ kind, place }) {
    if (kind === 'lane') return this.tape(this.lanePath(place));
    if (kind === 'lift') return this.liftShapes(place);
    const zone = kind === 'zone' ? this.zones().find((one) => one.id === place) : undefined;
    const floor = zone ? zone.floor : this.building.places.get(place)?.floor;
    if (!floor) return [];
    const d = `${this.building.path(floor.id, zone ? zone.polygon : floor.outline)}Z`;
    return [svg('path', { class: 'area', d, fill: 'url(#hatching)' }), ...this.tape(d)];
  }

  /** @param {string} d @returns {SVGElement[]} */
  tape(d) {
    return d ? [svg('path', { class: 'tape', d }), svg('path', { class: 'tape light', d })] : [];
  }

  /** @param {string} id @returns {string} */
  lanePath(id) {
    return this.building.laneLines.get(id)?.getAttribute('d') ?? '';
  }

  /** @param {string} id @returns {SVGElement[]} */
  liftShapes(id) {
    const lift = this.building.lifts.get(id);
    if (!lift) return [];
    const [w, h] = [lift.width / 2, lift.depth / 2];
    return lift.stops.flatMap((/** @type {any} */ stop) => {
      const [x, y] = this.building.at(stop.floor, lift.at[0], lift.at[1]);
      const frame = `M${x - w} ${y - h}h${2 * w}v${2 * h}h${-2 * w}Z`;
      const cross = `M${x - w} ${y - h}l${2 * w} ${2 * h}M${x + w} ${y - h}l${-2 * w} ${2 * h}`;
      return [...this.tape(frame), svg('path', { class: 'cross', d: cross })];
    });
  }

  /** @returns {any[]} every zone, with its floor */
  zones() {
    return this.building.hospital.floors.flatMap((/** @type {any} */ floor) =>
      (floor.zones ?? []).map((/** @type {any} */ zone) => ({ ...zone, id: `${floor.id}.${zone.id}`, floor })));
  }

  // --- the form ---

  /** @param {string} name @returns {HTMLSelectElement} */
  box(name) {
    return /** @type {HTMLSelectElement} */ (this.form.elements.namedItem(name));
  }

  /** Offer what the map has. */
  fill() {
    for (const { floor } of this.building.places.values()) this.box('floor').append(option(floor.id, named(floor.name)));
    for (const type of this.building.hospital.types) {
      this.box('who').append(option(type.id, t('closures.only', { type: named(type.name) })));
    }
    this.field('who').hidden = this.building.hospital.types.length < 2;
    const has = { zone: this.zones().length, lift: this.building.lifts.size };
    for (const [kind, count] of Object.entries(has)) {
      if (!count) this.box('kind').querySelector(`[value=${kind}]`)?.remove();
    }
    this.offer();
  }

  /** Offer the places of the kind, on the floor. */
  offer() {
    const [kind, floor, before] = [this.box('kind').value, this.box('floor').value, this.box('place').value];
    this.field('floor').hidden = kind === 'lift' || kind === 'floor';
    const places = this.places(kind, floor).map((id) => option(id, this.nameOf(kind, id)));
    places.sort((a, b) => (a.text < b.text ? -1 : 1));
    this.box('place').replaceChildren(...places);
    if (places.some((one) => one.value === before)) this.box('place').value = before;
    this.choose();
  }

  /** @param {string} kind @param {string} floor @returns {string[]} */
  places(kind, floor) {
    if (kind === 'lift') return [...this.building.lifts.keys()];
    if (kind === 'floor') return [...this.building.places.keys()];
    if (kind === 'zone') return this.zones().filter((one) => one.floor.id === floor).map((one) => one.id);
    return [...this.building.lanes.values()].filter((lane) => lane.floor === floor).map((lane) => lane.id);
  }

  /** @param {string} name @returns {HTMLElement} the label around a box */
  field(name) {
    return /** @type {HTMLElement} */ (this.box(name).closest('label'));
  }

  /** Show on the map what is chosen in the form. */
  choose() {
    const [kind, place] = [this.box('kind').value, this.box('place').value];
    this.chosen.replaceChildren(...(this.form.hidden ? [] : this.shapes({ kind, place })));
  }

  /** Open or fold the form. @param {boolean} open */
  show(open) {
    this.form.hidden = !open;
    put(this.opener, 'aria-expanded', String(open));
    this.choose();
    if (open) this.box('kind').focus();
    else this.opener.focus();
  }

  /** Choose what is at a point of the drawing. @param {number} x @param {number} y */
  pick(x, y) {
    const kind = this.box('kind').value;
    const found = this.at(kind, x, y);
    if (!found) return;
    this.box('floor').value = found.floor;
    this.offer();
    this.box('place').value = found.place;
    this.choose();
  }

  /** @param {string} kind @param {number} x @param {number} y @returns {{floor: string, place: string} | null} */
  at(kind, x, y) {
    const point = new DOMPoint(x, y);
    let [best, least] = [/** @type {{floor: string, place: string} | null} */ (null), NEAR];
    const near = (/** @type {string} */ floor, /** @type {string} */ place, /** @type {number} */ away) => {
      if (away < least) [best, least] = [{ floor, place }, away];
    };
    if (kind === 'lane') {
      for (const [id, line] of this.building.laneLines) {
        near(this.building.lanes.get(id).floor, id, distance(/** @type {any} */ (line), x, y));
      }
    } else if (kind === 'lift') {
      for (const lift of this.building.lifts.values()) {
        for (const { floor } of lift.stops) {
          const [lx, ly] = this.building.at(floor, lift.at[0], lift.at[1]);
          near(floor, lift.id, Math.hypot(lx - x, ly - y));
        }
      }
    } else {
      const areas = kind === 'zone' ? this.zones()
        : [...this.building.places.values()].map(({ floor }) => ({ id: floor.id, floor, polygon: floor.outline }));
      for (const { id, floor, polygon } of areas) {
        const shape = /** @type {SVGPathElement} */ (svg('path', { d: `${this.building.path(floor.id, polygon)}Z` }));
        if (shape.isPointInFill(point)) return { floor: floor.id, place: id };
      }
    }
    return best;
  }

  // --- what is sent ---

  /** Close what the form says. */
  async close() {
    const body = {
      kind: this.box('kind').value,
      place: this.box('place').value,
      reason: this.box('reason').value,
      until: this.end(),
      robot_type: this.box('who').value || null,
    };
    if (!await this.post('', body)) return;
    this.tell(t('closures.done'));
    this.box('reason').value = '';
    this.show(false);
  }

  /** When the closure ends, by the server's clock. @returns {number} */
  end() {
    const end = this.box('end').value;
    if (end === 'opened') return 0;
    if (end === 'quarter') return Math.round(this.now + 15 * MINUTE);
    if (end === 'hour') return Math.round(this.now + 60 * MINUTE);
    const morning = new Date(this.now);
    morning.setHours(MORNING, 0, 0, 0);
    if (morning.getTime() <= this.now) morning.setDate(morning.getDate() + 1);
    return morning.getTime();
  }

  /** @param {string} path @param {object} [body] @returns {Promise<boolean>} whether it was done */
  async post(path, body) {
    try {
      const answer = await fetch(`/api/v1/closures${path && `/${path}`}`, {
        method: 'POST',
        headers: { 'X-CSRF-Token': this.csrf, 'Content-Type': 'application/json' },
        body: JSON.stringify(body ?? {}),
      });
      this.tell(answer.ok ? '' : (await answer.json()).error.message);
      return answer.ok;
    } catch {
      this.tell(t('operator.failed'));
      return false;
    }
  }

  /** @param {string} text */
  tell(text) {
    const line = element('closures-said');
    line.hidden = text === '';
    say(line, text);
  }
}

/** Diagonal lines: an area reads as closed without its colour. */
function hatching() {
  const definitions = svg('defs');
  const pattern = svg('pattern', {
    id: 'hatching', width: 1.6, height: 1.6, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)',
  });
  pattern.append(svg('path', { d: 'M0.4 0V1.6' }));
  definitions.append(pattern);
  return definitions;
}

/** How far a point is from a drawn line. @param {SVGPathElement} line @param {number} x @param {number} y */
function distance(line, x, y) {
  const length = line.getTotalLength();
  let least = Infinity;
  for (let way = 0; way <= length; way += Math.max(0.5, length / 40)) {
    const point = line.getPointAtLength(way);
    least = Math.min(least, Math.hypot(point.x - x, point.y - y));
  }
  return least;
}

/** @param {string} value @param {string} text */
function option(value, text) {
  const made = /** @type {HTMLOptionElement} */ (html('option', '', text));
  made.value = value;
  return made;
}

/** @param {string} id */
function element(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

/** @param {string} selector */
function find(selector) {
  return /** @type {HTMLElement} */ (document.querySelector(selector));
}

/** @param {Element} row @param {string} name */
function part(row, name) {
  return /** @type {HTMLElement} */ (row.querySelector(`[data-part=${name}]`));
}
