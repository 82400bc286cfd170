// Places over time: who was where along a way in the last minutes, and who is expected there next.
// What is asked, fetched and said; `plot.js` draws it. Open only when somebody wants to see it.

import { html, put, rows, say, svg } from './elements.js';
import { Plot } from './plot.js';
import { clockSeconds, named, t } from './words.js';

const EVERY_MS = 2000; // while it is open and looked at
const TABLE_ROWS = 200; // the nearest to now

/**
 * @typedef {{robot?: string, lift?: string, start?: string, end?: string}} Along
 * @typedef {{node: string, floor: string, at: number}} Place
 * @typedef {{planned: boolean, points: [number, number][]}} Line
 * @typedef {{lift: string, robot: string, from: number, until: number, low: number, high: number,
 *   planned: boolean}} Use
 * @typedef {{now: number, from: number, until: number, recorded_from: number, robot: string | null,
 *   places: Place[], robots: {robot: string, lines: Line[]}[], lifts: Use[]}} Diagram
 */

export class SpaceTime {
  /**
   * @param {import('./building.js').Building} building
   * @param {(id: string) => void} select show a robot on the page
   */
  constructor(building, select) {
    this.building = building;
    this.section = element('space-time');
    this.title = element('space-time-title');
    this.choice = /** @type {HTMLSelectElement} */ (element('space-time-along'));
    this.ends = ['start', 'end'].map((name) =>
      /** @type {HTMLSelectElement} */ (element(`space-time-${name}`)));
    this.table = /** @type {HTMLDetailsElement} */ (element('space-time-table'));
    this.plot = new Plot(element('space-time-plot'), building, select);
    /** The way on the map. */
    this.layer = svg('g', { class: 'way' });
    /** @type {Along} */
    this.along = {};
    /** @type {Diagram | null} */
    this.diagram = null;
    /** @type {Record<string, string>} names of robots by their ids */
    this.names = {};
    this.selected = '';
    this.asked = 0;
    this.picks = 0;
    /** @type {HTMLElement | null} */
    this.opener = null;
    this.choice.addEventListener('change', () => this.chosen());
    for (const end of this.ends) end.addEventListener('change', () => this.chosen());
    this.table.addEventListener('toggle', () => this.draw());
    element('space-time-close').addEventListener('click', () => this.close());
    this.section.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.close();
    });
    const button = element('space-time-open');
    button.addEventListener('click', () => this.open(this.likely()));
    button.hidden = false;
    this.fill();
    setInterval(() => {
      if (!this.section.hidden && document.visibilityState === 'visible') void this.load();
    }, EVERY_MS);
    new ResizeObserver(() => this.draw()).observe(element('space-time-plot'));
  }

  /** @param {Record<string, any>} robots @param {string} selected */
  update(robots, selected) {
    const known = Object.keys(this.names).length;
    for (const [id, robot] of Object.entries(robots)) this.names[id] = robot.name;
    if (Object.keys(this.names).length !== known) this.fill();
    if (selected === this.selected) return;
    this.selected = selected;
    this.draw();
  }

  /** What somebody who asks for nothing in particular wants to see: the robot that is selected. */
  likely() {
    const robot = this.selected || Object.keys(this.names)[0];
    return robot ? { robot } : { lift: [...this.building.lifts.keys()][0] };
  }

  /** @param {Along} along */
  open(along) {
    if (this.section.hidden) this.opener = /** @type {HTMLElement | null} */ (document.activeElement);
    this.section.hidden = false;
    this.show(along);
    this.title.focus({ preventScroll: true });
    this.section.scrollIntoView({ block: 'nearest' });
  }

  close() {
    this.section.hidden = true;
    this.diagram = null;
    this.layer.replaceChildren();
    this.opener?.focus();
  }

  /** @param {Along} along */
  show(along) {
    this.along = along;
    this.diagram = null;
    this.choice.value = along.robot ? `robot:${along.robot}` : along.lift ? `lift:${along.lift}` : 'ways';
    element('space-time-ends').hidden = !along.start;
    if (along.start && along.end) {
      [along.start, along.end].forEach((node, n) => this.offer(this.ends[n], node));
    }
    say(this.title, this.heading());
    this.tell('');
    this.draw(); // nothing yet: what is drawn never has the name of something else
    void this.load();
  }

  /** Somebody chose in the boxes. */
  chosen() {
    const [kind, id] = this.choice.value.split(':');
    if (kind === 'ways') this.show({ start: this.ends[0].value, end: this.ends[1].value });
    else this.show(kind === 'robot' ? { robot: id } : { lift: id });
  }

  /** Whether a place that is tapped on the map is an end of the way. */
  get picking() {
    return !this.section.hidden && Boolean(this.along.start);
  }

  /** A place on the map: the start, then the end. @param {string} node */
  pick(node) {
    this.offer(this.ends[this.picks % 2], node);
    this.picks += 1;
    this.chosen();
  }

  async load() {
    const asked = ++this.asked;
    const query = new URLSearchParams(/** @type {Record<string, string>} */ (this.along));
    let found = null;
    let said = '';
    try {
      const answer = await fetch(`/api/v1/space-time?${query}`);
      if (answer.ok) found = await answer.json();
      else said = answer.status === 422 ? 'space_time.no_way' : 'space_time.failed';
    } catch {
      said = 'space_time.failed';
    }
    if (asked !== this.asked || this.section.hidden) return; // something else was asked for since
    if (found || said !== 'space_time.failed') this.diagram = found;
    if (found && !found.robots.length) said = 'space_time.nobody';
    this.tell(said);
    this.draw();
  }

  /** @param {string} key what to say instead of, or about, the diagram */
  tell(key) {
    const said = element('space-time-said');
    said.hidden = key === '';
    say(said, key && t(key));
  }

  draw() {
    const diagram = this.section.hidden ? null : this.diagram;
    this.plot.draw(diagram, {
      names: this.names,
      chosen: this.selected || diagram?.robot || '',
      upwards: Boolean(this.along.lift),
    });
    this.layer.replaceChildren();
    if (!diagram) return;
    this.drawWay(diagram.places);
    if (this.table.open) this.fillTable(diagram);
  }

  /** The way on the map, floor by floor. @param {Place[]} places */
  drawWay(places) {
    if (this.along.lift) return;
    let line = '';
    places.forEach((place, n) => {
      const node = this.building.nodes.get(place.node);
      if (!node || !this.building.places.has(place.floor)) return;
      const begins = n === 0 || places[n - 1].floor !== place.floor;
      line += `${begins ? 'M' : 'L'}${this.building.at(place.floor, node.x, node.y).join(' ')}`;
    });
    this.layer.append(svg('path', { d: line }));
  }

  /** The same as rows, for who cannot see or point. @param {Diagram} diagram */
  fillTable(diagram) {
    const items = diagram.robots.flatMap(({ robot, lines }) => lines.flatMap((line) => stays(line)
      .map((stay) => ({ ...stay, robot, planned: line.planned, place: this.placeName(diagram.places[stay.row].node) }))));
    items.push(...diagram.lifts.map((use) => ({
      from: use.from, until: use.until, row: 0, robot: use.robot, planned: use.planned,
      place: named(this.building.lifts.get(use.lift).name),
    })));
    const near = (/** @type {{from: number}} */ item) => Math.abs(item.from - diagram.now);
    const shown = items.sort((a, b) => near(a) - near(b)).slice(0, TABLE_ROWS);
    shown.sort((a, b) => a.from - b.from || (a.robot < b.robot ? -1 : 1));
    const body = /** @type {Element} */ (this.table.querySelector('tbody'));
    const keyed = shown.map((item, n) => ({ ...item, n }));
    rows(body, keyed, (item) => String(item.n), () => tableRow(), (row, item) => {
      const until = item.until - item.from >= 1000 ? `–${clockSeconds(item.until)}` : '';
      const [time, robot, place, how] = row.children;
      say(time, clockSeconds(item.from) + until);
      say(robot, this.names[item.robot] ?? item.robot);
      say(place, item.place);
      say(how, t(item.planned ? 'space_time.planned' : 'space_time.past'));
    });
  }

  /** @param {string} node */
  placeName(node) {
    const station = [...this.building.stations.values()].find((one) => one.node === node);
    return station ? `${named(station.name)} ${station.code}` : this.building.placeName(`node:${node}`);
  }

  heading() {
    const { robot, lift } = this.along;
    if (robot) return t('space_time.of_robot', { name: this.names[robot] ?? robot });
    if (lift) return t('space_time.of_lift', { name: named(this.building.lifts.get(lift).name) });
    return t('space_time.between');
  }

  /** The boxes: robots and lifts by name, stations for the ends of a way. */
  fill() {
    const value = this.choice.value;
    const groups = [
      group(t('operator.robots'), Object.entries(this.names).map(([id, name]) => option(`robot:${id}`, name))),
      group(t('operator.lifts'), [...this.building.lifts.values()].map((lift) => option(`lift:${lift.id}`, named(lift.name)))),
      option('ways', t('space_time.between')),
    ];
    this.choice.replaceChildren(...groups);
    if (value) this.choice.value = value;
    if (this.ends[0].options.length) return;
    const stations = [...this.building.stations.values()];
    for (const end of this.ends) {
      end.append(...stations.map((one) => option(one.node, `${named(one.name)} ${one.code}`)));
    }
    this.ends[1].selectedIndex = stations.length - 1;
  }

  /** Choose an end that may be no station. @param {HTMLSelectElement} end @param {string} node */
  offer(end, node) {
    if (![...end.options].some((one) => one.value === node)) {
      end.querySelector('[data-picked]')?.remove();
      const picked = option(node, `${this.building.placeName(`node:${node}`)} · ${node}`);
      put(picked, 'data-picked', '');
      end.append(picked);
    }
    end.value = node;
  }
}

/** The rows a robot was on, from when to when. @param {Line} line */
function stays(line) {
  /** @type {{row: number, from: number, until: number}[]} */
  const found = [];
  for (const [at, row] of line.points) {
    const last = found[found.length - 1];
    if (!Number.isInteger(row)) continue;
    if (last && last.row === row) last.until = at;
    else found.push({ row, from: at, until: at });
  }
  return found;
}

function tableRow() {
  const row = html('tr');
  row.append(html('td'), html('th'), html('td'), html('td'));
  put(row.children[1], 'scope', 'row');
  return row;
}

/** @param {string} label @param {HTMLElement[]} options */
function group(label, options) {
  const made = html('optgroup');
  put(made, 'label', label);
  made.append(...options);
  return made;
}

/** @param {string} value @param {string} text */
function option(value, text) {
  const made = html('option', '', text);
  put(made, 'value', value);
  return made;
}

/** @param {string} id */
function element(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}
