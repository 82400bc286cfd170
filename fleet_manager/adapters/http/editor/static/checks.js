// The checker's list: asked after each change, on the server, for the map as it is on the page.

import { html, icon, put, rows, say } from '/static/elements.js';
import { known, named, t } from '/static/words.js';
import { apart, bounds, cornersOf, floorOf, laneOf, lineOf, write } from './map.js';

/**
 * @typedef {import('./map.js').Hospital} Hospital
 * @typedef {import('./map.js').Thing} Thing
 * @typedef {{code: string, severity: string, path: string[], at: [string, number[]] | null, problem: string,
 *   mend: string}} Problem
 */

const QUIET_MS = 350; // after the last change, before the server is asked
const SHOWN = 100;

export class Checks {
  /** @param {import('./editor.js').Editor} editor */
  constructor(editor) {
    this.editor = editor;
    /** @type {Problem[]} */
    this.problems = [];
    /** @type {Hospital | null} */
    this.asked = null;
    this.waiting = 0;
    this.busy = false;
    this.list = /** @type {HTMLElement} */ (document.getElementById('problems'));
    this.status = /** @type {HTMLElement} */ (document.getElementById('checking'));
  }

  /** The map is another one: ask soon. */
  soon() {
    clearTimeout(this.waiting);
    this.say(t('editor.checking'));
    this.waiting = window.setTimeout(() => void this.check(), QUIET_MS);
  }

  async check() {
    if (this.busy) return; // when the answer is there, the newest map is asked about
    this.busy = true;
    const data = this.editor.data;
    try {
      const answer = await this.editor.post('check', `{"hospital":${write(data)}}`);
      this.problems = answer.problems;
      this.asked = data;
      this.show();
    } catch (error) {
      this.say(String(/** @type {Error} */ (error).message));
    } finally {
      this.busy = false;
      if (this.editor.data !== data) this.soon();
    }
  }

  /** @param {string} text */
  say(text) {
    say(this.status, text);
    this.status.hidden = text === '';
  }

  get errors() {
    return this.problems.filter((one) => one.severity === 'error').length;
  }

  /** @param {string} floor @returns {number} how many problems are on a floor */
  on(floor) {
    return this.problems.filter((one) => one.path[0] === 'floors' && one.path[1] === floor).length;
  }

  show() {
    const count = /** @type {HTMLElement} */ (document.getElementById('count'));
    const warnings = this.problems.length - this.errors;
    say(count, this.problems.length ? t('editor.counted', { errors: this.errors, warnings }) : '');
    this.say(this.problems.length ? '' : t('editor.no_problems'));
    const keyed = this.problems.slice(0, SHOWN).map((one, n) => ({ one, key: `${n} ${one.code} ${one.path.join('.')}` }));
    rows(this.list, keyed, ({ key }) => key, () => this.row(), (row, { one }) => {
      put(row, 'class', `problem ${one.severity}`);
      const button = /** @type {HTMLButtonElement} */ (row.firstElementChild);
      const [sign, what, where, text] = button.children;
      say(sign, t(`editor.severity.${one.severity}`));
      say(what, known(`editor.problem.${one.code}`, 'editor.problem.other', { code: one.code }));
      say(where, this.placeOf(one));
      say(text, `${one.problem}. ${one.mend}`);
      button.onclick = () => this.focus(one);
    });
    this.mark();
    this.editor.floors();
  }

  row() {
    const row = html('li');
    const button = html('button');
    button.setAttribute('type', 'button');
    button.append(html('span', 'severity'), html('strong'), html('span', 'where'), html('span', 'text'));
    row.append(button);
    return row;
  }

  /** Marks on the floor that is shown. */
  mark() {
    const { floor, plan } = this.editor;
    const marks = [];
    for (const [n, one] of this.problems.entries()) {
      const at = this.spot(one);
      if (at?.[0] === floor) marks.push({ key: `${n} ${one.code}`, at: at[1], severity: one.severity, text: `${one.problem}. ${one.mend}` });
    }
    plan.mark(marks);
  }

  /** The floor and the point of a problem, or null. @param {Problem} one @returns {[string, number[]] | null} */
  spot(one) {
    if (one.at) return one.at;
    const thing = thingAt(this.editor.data, one.path);
    const at = thing && middleOf(this.editor.data, thing);
    return thing && at ? [thing.floor, at] : null;
  }

  /** @param {Problem} one */
  placeOf(one) {
    const [area, id] = one.path;
    if (area !== 'floors') return one.path.join(' ');
    const floor = this.editor.data.floors.find((each) => each.id === id);
    return `${floor ? named(floor.name) : id} · ${one.path.slice(2).join(' ')}`;
  }

  /** Go to where a problem is. @param {Problem} one */
  focus(one) {
    const thing = thingAt(this.editor.data, one.path);
    if (thing) this.editor.select(thing, { reveal: true });
    if (one.at?.[0] === this.editor.floor) this.editor.plan.reveal(one.at[1], true);
  }
}

/** What a path of the server names, or null. @param {Hospital} data @param {string[]} path @returns {Thing | null} */
export function thingAt(data, path) {
  const [area, id, section, name, more] = path;
  if (area === 'lifts' && data.lifts?.has(id)) {
    const floor = section === 'stops' && data.floors.some((one) => one.id === name) ? name : [...data.lifts.get(id)?.stops.keys() ?? []][0];
    const stop = data.lifts.get(id)?.stops.get(floor);
    if (stop && (more === 'wait' || more === 'exit')) return { kind: 'node', floor, id: stop[more] };
    return { kind: 'lift', floor: floor ?? data.floors[0].id, id };
  }
  if (area === 'fleet' && section) {
    const home = String(data.fleet.robots.get(section)?.home ?? '');
    const [floor, node] = [home.slice(0, home.indexOf('.')), home.slice(home.indexOf('.') + 1)];
    return data.floors.some((one) => one.id === floor) ? { kind: 'node', floor, id: node } : null;
  }
  const floor = area === 'floors' && (data.floors.find((one) => one.id === id) ?? data.floors[Number(id)]);
  if (!floor) return null;
  const kinds = /** @type {Record<string, Thing['kind']>} */ ({
    nodes: 'node', lanes: 'lane', doors: 'door', stations: 'station', rooms: 'room', zones: 'zone',
  });
  const kind = kinds[section];
  const here = kind === 'lane' ? laneOf(floor, name) : kind && /** @type {any} */ (floor)[section]?.has(name);
  return here ? { kind, floor: floor.id, id: name } : { kind: 'floor', floor: floor.id, id: floor.id };
}

/** A point to look at, or null. @param {Hospital} data @param {Thing} thing @returns {number[] | null} */
export function middleOf(data, thing) {
  const floor = floorOf(data, thing.floor);
  switch (thing.kind) {
    case 'node': return floor.nodes.get(thing.id)?.at ?? null;
    case 'door': return floor.doors?.get(thing.id)?.at ?? null;
    case 'station': return floor.nodes.get(floor.stations?.get(thing.id)?.node ?? '')?.at ?? null;
    case 'lift': return data.lifts?.get(thing.id)?.at ?? null;
    case 'bend':
    case 'lane': {
      const lane = laneOf(floor, thing.id);
      return lane ? halfway(lineOf(floor, lane)) : null;
    }
    case 'room':
    case 'zone': {
      const area = floor[thing.kind === 'room' ? 'rooms' : 'zones']?.get(thing.id);
      if (!area) return null;
      const box = bounds(cornersOf(area));
      return [(box.left + box.right) / 2, (box.low + box.high) / 2];
    }
    default: return null;
  }
}

/** The middle of the longest stretch. @param {number[][]} line */
function halfway(line) {
  let best = [line[0], line[1]];
  for (let n = 0; n + 1 < line.length; n++) {
    if (apart(line[n], line[n + 1]) > apart(best[0], best[1])) best = [line[n], line[n + 1]];
  }
  return [(best[0][0] + best[1][0]) / 2, (best[0][1] + best[1][1]) / 2];
}
