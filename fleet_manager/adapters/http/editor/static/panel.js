// The side panel: every field of what is selected, and what can be done with it.

import { html, say } from '/static/elements.js';
import { named, t } from '/static/words.js';
import { move, placeOf, rename, set } from './edits.js';
import { control, fieldsOf, typesOf } from './fields.js';
import {
  SECTION, floorOf, laneId, lanesAt, lengthOf, lineOf, stationsAt, valueOf,
} from './map.js';
import { copyStation } from './station.js';

/** @typedef {import('./map.js').Thing} Thing */

export class Panel {
  /** @param {import('./editor.js').Editor} editor */
  constructor(editor) {
    this.editor = editor;
    this.title = /** @type {HTMLElement} */ (document.getElementById('panel-title'));
    this.place = /** @type {HTMLElement} */ (document.getElementById('fields'));
    /** @type {[import('./fields.js').Field, import('./fields.js').Control][]} */
    this.controls = [];
    this.shape = '';
    this.about = html('div', 'about');
  }

  /** Show what is selected; the fields stay while they are those of the same thing. */
  show() {
    const { data, editor } = { data: this.editor.data, editor: this.editor };
    const thing = editor.selected ?? { kind: /** @type {const} */ ('floor'), floor: editor.floor, id: editor.floor };
    const value = valueOf(data, thing);
    if (value === undefined) return;
    const doors = [...(floorOf(data, thing.floor).doors?.keys() ?? [])];
    const shape = JSON.stringify([thing, Boolean(value.polygon), doors, [...(data.fleet.types?.keys() ?? [])]]);
    if (shape !== this.shape) this.build(thing, value, doors);
    this.shape = shape;
    say(this.title, this.titleOf(thing, value));
    for (const [field, made] of this.controls) {
      if (!made.element.contains(document.activeElement) || !editor.typing) made.write(this.read(thing, value, field.key));
    }
    this.tell(thing, value);
  }

  /** @param {Thing} thing @param {any} value */
  titleOf(thing, value) {
    const kind = t(`editor.kind.${thing.kind}`);
    if (thing.kind === 'lane' || thing.kind === 'bend') return `${kind} ${thing.id}`;
    if (thing.kind === 'node') return `${t(`editor.node.${value.kind}`)} ${thing.id}`;
    return value.name ? `${kind} · ${named(value.name)}` : kind;
  }

  /** @param {Thing} thing @param {any} value @param {string} key */
  read(thing, value, key) {
    if (key === 'id') return thing.id;
    if (key === 'at') return placeOf(this.editor.data, thing);
    return value[key];
  }

  /** @param {Thing} thing @param {any} value @param {string[]} doors */
  build(thing, value, doors) {
    const { editor } = this;
    const here = {
      taken: (/** @type {string} */ id) => id !== thing.id && this.known(thing, id),
      types: typesOf(editor.data.fleet),
      doors,
    };
    const fields = fieldsOf(thing.kind, editor.choices, here).filter((field) => (
      (field.key !== 'box' || !value.polygon) && (field.key !== 'robots' || thing.kind !== 'lane' || Object.keys(here.types).length)));
    if (value.polygon) fields.push({ key: 'polygon', type: 'points', needed: true });
    if (thing.kind === 'station') fields.splice(3, 0, { key: 'at', type: 'numbers', parts: ['x', 'y'], step: 0.1, least: -10000, most: 10000, needed: true });
    this.controls = fields.map((field) => [field, control(field, (entered) => this.change(thing, field.key, entered))]);
    this.place.replaceChildren(this.about, ...this.controls.map(([, made]) => made.element), this.buttons(thing));
  }

  /** Whether an id is used already; those of stations are unique in the hospital. @param {Thing} thing @param {string} id */
  known(thing, id) {
    const floors = thing.kind === 'station' ? this.editor.data.floors : [floorOf(this.editor.data, thing.floor)];
    return floors.some((floor) => /** @type {any} */ (floor)[SECTION[thing.kind]]?.has(id));
  }

  /** @param {Thing} thing @param {string} key @param {any} entered */
  change(thing, key, entered) {
    const { editor } = this;
    if (key === 'stops') return;
    if (key === 'id') {
      if (entered === thing.id) return;
      const next = { ...thing, id: entered };
      editor.selected = next;
      editor.go(rename(editor.data, thing, entered));
      editor.select(next);
    } else if (key === 'at') {
      editor.go(move(editor.data, thing, entered));
    } else {
      editor.go(set(editor.data, thing, { [key]: entered === '' ? undefined : entered }));
    }
  }

  /** What hangs together with it, in words and links. @param {Thing} thing @param {any} value */
  tell(thing, value) {
    const { data } = this.editor;
    const floor = floorOf(data, thing.floor);
    /** @type {(string | Node)[]} */
    const lines = [];
    if (thing.kind === 'node') {
      for (const lane of lanesAt(floor, thing.id)) lines.push(this.link({ ...thing, kind: 'lane', id: laneId(lane) }, t('editor.kind.lane'), laneId(lane)));
      for (const id of stationsAt(floor, thing.id)) lines.push(this.link({ ...thing, kind: 'station', id }, t('editor.kind.station'), id));
      for (const [robot, spec] of data.fleet.robots) {
        if (spec.home === `${floor.id}.${thing.id}`) lines.push(html('span', '', t('editor.home_of', { robot })));
      }
    }
    if (thing.kind === 'lane') {
      lines.push(html('span', '', t('editor.length', { length: lengthOf(lineOf(floor, value)).toFixed(1) })));
      for (const id of value.between) lines.push(this.link({ ...thing, kind: 'node', id }, t('editor.kind.node'), id));
      if (value.one_way) lines.push(html('span', '', t('editor.way', { from: value.between[0], to: value.between[1] })));
    }
    if (thing.kind === 'station') lines.push(this.link({ ...thing, kind: 'node', id: value.node }, t('editor.kind.node'), value.node));
    if (thing.kind === 'door') {
      for (const lane of floor.lanes) if (lane.door === thing.id) lines.push(this.link({ ...thing, kind: 'lane', id: laneId(lane) }, t('editor.kind.lane'), laneId(lane)));
    }
    if (thing.kind === 'floor') {
      lines.push(html('span', '', t('editor.holds', { nodes: floor.nodes.size, lanes: floor.lanes.length, stations: floor.stations?.size ?? 0 })));
    }
    this.about.replaceChildren(...lines);
  }

  /** @param {Thing} thing @param {string} kind @param {string} id */
  link(thing, kind, id) {
    const button = html('button', 'link', `${kind} ${id}`);
    button.setAttribute('type', 'button');
    button.addEventListener('click', () => this.editor.select(thing, { reveal: true }));
    return button;
  }

  /** @param {Thing} thing */
  buttons(thing) {
    const { editor } = this;
    const place = html('div', 'buttons');
    const button = (/** @type {string} */ key, /** @type {() => void} */ act) => {
      const made = html('button', '', t(key));
      made.setAttribute('type', 'button');
      made.addEventListener('click', act);
      place.append(made);
    };
    if (thing.kind === 'lane') {
      button('editor.turn', () => {
        const lane = valueOf(editor.data, thing);
        const via = lane.via ? [...lane.via].reverse() : undefined;
        editor.go(set(editor.data, thing, { between: [...lane.between].reverse(), via }));
      });
    }
    if (thing.kind === 'station') button('editor.copy.button', () => void copyStation(editor, thing));
    if (thing.kind === 'node') place.append(this.joinForm(thing));
    if (!['floor', 'lift'].includes(thing.kind)) button('editor.delete', () => void editor.remove());
    return place;
  }

  /** Join to another node without pointing at it. @param {Thing} thing */
  joinForm(thing) {
    const { editor } = this;
    const form = html('form', 'join');
    const made = control({ key: 'join', type: 'text' });
    const input = /** @type {HTMLInputElement} */ (made.element.querySelector('input'));
    input.setAttribute('list', 'nodes');
    const button = html('button', '', t('editor.join'));
    const list = html('datalist');
    list.id = 'nodes';
    input.addEventListener('focus', () => {
      list.replaceChildren(...[...floorOf(editor.data, thing.floor).nodes.keys()].map((id) => {
        const option = document.createElement('option');
        option.value = id;
        return option;
      }));
    });
    form.append(made.element, button, list);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const floor = floorOf(editor.data, thing.floor);
      input.setCustomValidity(floor.nodes.has(made.read()) ? '' : t('editor.no_such_node'));
      if (!input.reportValidity()) return;
      editor.join(thing.id, made.read());
      made.write('');
    });
    input.addEventListener('input', () => input.setCustomValidity(''));
    return form;
  }
}
