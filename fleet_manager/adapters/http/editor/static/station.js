// A new station: its sign on the wall, its node and the lane to it, in one question.

import { html } from '/static/elements.js';
import { named, t } from '/static/words.js';
import { ask, line } from './ask.js';
import { addStation, placeOf, starts } from './edits.js';
import { control, fieldsOf } from './fields.js';
import { floorOf, valueOf } from './map.js';

/** What a new station has until somebody says otherwise. @type {Record<string, any>} */
const USUAL = {
  kind: 'ward',
  sends: ['specimen', 'supply'],
  takes: ['drug', 'meal', 'specimen', 'sterile', 'supply'],
};

/**
 * @param {import('./editor.js').Editor} editor @param {import('./map.js').Point} at
 * @param {Record<string, any>} [like] fields to begin with
 * @returns {Promise<{data: import('./map.js').Hospital, id: string} | null>}
 */
export async function askForStation(editor, at, like = USUAL) {
  const floor = floorOf(editor.data, editor.floor);
  const ids = new Set(editor.data.floors.flatMap((one) => [...(one.stations?.keys() ?? [])]));
  const codes = new Set(editor.data.floors.flatMap((one) => [...(one.stations?.values() ?? [])].map((station) => station.code)));
  const near = starts(floor, at);
  const names = Object.fromEntries(near.map((start, n) => [String(n), t(start.node ? 'editor.spur.node' : 'editor.spur.lane', {
    id: start.node ?? start.lane ?? '', length: start.apart.toFixed(1),
  })]));
  names.none = t('editor.spur.none');
  const here = { taken: (/** @type {string} */ id) => ids.has(id), types: {}, doors: [] };
  const fields = fieldsOf('station', editor.choices, here).map((field) => (
    field.key === 'code' ? { ...field, taken: (/** @type {string} */ code) => codes.has(code) } : field));
  fields.push({ key: 'spur', type: 'choice', words: Object.keys(names), names, label: 'editor.field.spur' });
  const controls = fields.map((field) => /** @type {const} */ ([field.key, control(field)]));
  for (const [key, made] of controls) {
    if (key in like) made.write(like[key]);
    if (key === 'spur') made.write(near.length ? '0' : 'none');
  }
  const grid = html('div', 'grid');
  grid.append(...controls.map(([, made]) => made.element));
  const good = (/** @type {string} */ name) => name !== 'add' || controls.every(([, made]) => made.ok());
  const answer = await ask(t('editor.station.title'), [line(t('editor.station.what', { x: at[0], y: at[1] })), grid],
    [{ name: 'add', label: t('editor.station.add'), strong: true }], good);
  if (answer !== 'add') return null;
  const { id, spur, ...values } = Object.fromEntries(controls.map(([key, made]) => [key, made.read()]));
  return { data: addStation(editor.data, editor.floor, at, id, values, near[Number(spur)]), id };
}

/** Make a station like this one at the same place of another floor. @param {import('./editor.js').Editor} editor @param {import('./map.js').Thing} thing */
export async function copyStation(editor, thing) {
  const at = placeOf(editor.data, thing);
  const others = editor.data.floors.filter((floor) => floor.id !== thing.floor);
  if (!at || !others.length) return;
  const names = Object.fromEntries(others.map((floor) => [floor.id, `${floor.id} · ${named(floor.name)}`]));
  const floor = control({ key: 'floor', type: 'choice', words: Object.keys(names), names, label: 'editor.floor' });
  const answer = await ask(t('editor.copy.title'), [line(t('editor.copy.what')), floor.element],
    [{ name: 'copy', label: t('editor.copy.next'), strong: true }]);
  if (answer !== 'copy') return;
  const { id, code, node, ...like } = valueOf(editor.data, thing);
  editor.goTo(floor.read());
  await editor.tools.station(at, like);
}
