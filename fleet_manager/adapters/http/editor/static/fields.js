// Form fields of a thing: what they show, what they read back, and when that is no good.

import { html } from '/static/elements.js';
import { named, t } from '/static/words.js';

/**
 * @typedef {{key: string, type: string, label?: string, group?: string, words?: string[],
 *   names?: Record<string, string>, least?: number, most?: number, step?: number,
 *   usual?: any, needed?: boolean, taken?: (id: string) => boolean, parts?: string[]}} Field
 * @typedef {{element: HTMLElement, write: (value: any) => void, read: () => any, ok: () => boolean}} Control
 */

const ID = '[A-Za-z0-9][A-Za-z0-9_\\-]{0,19}';
const CODE = '[A-Z0-9\\-]{1,8}';
const PHONE = '[0-9+*# \\-]{2,20}';
const SPAN = '([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-4]):[0-5][0-9]';
const HOURS = `\\s*(${SPAN}(\\s*,\\s*${SPAN})*)?\\s*`;
const POINTS = '\\s*(-?[0-9.]+\\s+-?[0-9.]+\\s*(;\\s*-?[0-9.]+\\s+-?[0-9.]+\\s*)*;?\\s*)?';
const LONGEST = 60; // characters

/** @param {Field} field @param {(value: any) => void} [changed] called with a good value @returns {Control} */
export function control(field, changed) {
  const made = MAKERS[field.type](field);
  if (changed) {
    made.element.addEventListener('change', () => {
      if (made.ok()) changed(made.read());
    });
  }
  return made;
}

/** @type {Record<string, (field: Field) => Control>} */
const MAKERS = {
  id: (field) => text(field, { pattern: ID, maxLength: 20, title: t('editor.rule.id') }),
  code: (field) => text(field, { pattern: CODE, maxLength: 8, title: t('editor.rule.code') }),
  phone: (field) => {
    const made = text(field, { pattern: PHONE, maxLength: 20, inputMode: 'tel', title: t('editor.rule.phone') });
    return { ...made, read: () => made.read() || (field.needed ? '' : undefined) };
  },
  text: (field) => text(field, {}),
  hours: (field) => {
    const made = text(field, { pattern: HOURS, maxLength: 200, title: t('editor.rule.hours') });
    return {
      ...made,
      write: (value) => made.write((value ?? []).join(', ')),
      read: () => {
        const spans = made.read().split(',').map((/** @type {string} */ one) => one.trim()).filter(Boolean);
        return spans.length ? spans : undefined;
      },
    };
  },
  points: (field) => {
    const made = text(field, { pattern: POINTS, maxLength: 9000, title: t('editor.rule.points') });
    return {
      ...made,
      write: (value) => made.write((value ?? []).map((/** @type {number[]} */ at) => at.join(' ')).join('; ')),
      read: () => {
        const points = made.read().split(';').map((/** @type {string} */ one) => one.trim()).filter(Boolean)
          .map((/** @type {string} */ one) => one.split(/\s+/).map(Number));
        return points.length || field.needed ? points : undefined;
      },
    };
  },
  number: (field) => {
    const made = text(field, { type: 'number', min: field.least, max: field.most, step: field.step ?? 'any', inputMode: 'decimal' });
    return {
      ...made,
      write: (value) => made.write(value === undefined ? '' : String(value)),
      read: () => (made.read() === '' ? undefined : Number(made.read())),
    };
  },
  numbers: (field) => {
    const parts = (field.parts ?? []).map((label) => MAKERS.number({ ...field, key: `${field.key}-${label}`, label: `editor.field.${label}` }));
    const element = html('div', 'parts');
    element.append(...parts.map((part) => part.element));
    return {
      element,
      write: (value) => parts.forEach((part, n) => part.write(value?.[n])),
      read: () => parts.map((part) => part.read()),
      ok: () => parts.every((part) => part.ok()),
    };
  },
  name: (field) => {
    const langs = { zh: 'editor.field.name_zh', en: 'editor.field.name_en' };
    const parts = Object.entries(langs).map(([lang, label]) => {
      const part = text({ ...field, key: `${field.key}-${lang}`, label }, { lang: lang === 'zh' ? 'zh-CN' : lang });
      return { ...part, lang };
    });
    const element = html('div', 'parts');
    element.append(...parts.map((part) => part.element));
    return {
      element,
      write: (value) => parts.forEach((part) => part.write(value?.[part.lang] ?? '')),
      read: () => Object.fromEntries(parts.map((part) => [part.lang, part.read()])),
      ok: () => parts.every((part) => part.ok()),
    };
  },
  flag: (field) => {
    const label = html('label', 'check');
    const input = document.createElement('input');
    input.type = 'checkbox';
    input.name = field.key;
    label.append(input, html('span', '', t(field.label ?? `editor.field.${field.key}`)));
    return {
      element: label,
      write: (value) => { input.checked = value ?? field.usual ?? false; },
      read: () => (input.checked === (field.usual ?? false) ? undefined : input.checked),
      ok: () => true,
    };
  },
  choice: (field) => {
    const select = document.createElement('select');
    for (const word of field.words ?? []) {
      const option = document.createElement('option');
      option.value = word;
      option.textContent = field.names?.[word] ?? (field.group ? t(`editor.${field.group}.${word}`) : word);
      select.append(option);
    }
    const made = labelled(field, select);
    return {
      element: made,
      write: (value) => { select.value = value ?? field.usual ?? ''; },
      read: () => (select.value === field.usual ? undefined : select.value),
      ok: () => select.reportValidity(),
    };
  },
  words: (field) => {
    const set = document.createElement('fieldset');
    const legend = html('legend', '', t(field.label ?? `editor.field.${field.key}`));
    set.append(legend);
    const boxes = (field.words ?? []).map((word) => {
      const label = html('label', 'check');
      const box = document.createElement('input');
      box.type = 'checkbox';
      box.name = `${field.key}-${word}`;
      box.value = word;
      label.append(box, html('span', '', field.names?.[word] ?? t(`editor.${field.group}.${word}`)));
      set.append(label);
      return box;
    });
    return {
      element: set,
      write: (value) => { for (const box of boxes) box.checked = (value ?? []).includes(box.value); },
      read: () => {
        const chosen = boxes.filter((box) => box.checked).map((box) => box.value);
        return chosen.length || field.needed ? chosen : undefined;
      },
      ok: () => true,
    };
  },
  stops: (field) => {
    const set = document.createElement('fieldset');
    set.append(html('legend', '', t('editor.field.stops')));
    const list = html('div');
    set.append(list);
    return {
      element: set,
      write: (value) => {
        list.replaceChildren(...[...(value ?? [])].map(([floor, stop]) => (
          html('p', 'stop', t('editor.stop', { floor, wait: stop.wait, exit: stop.exit, door: t(`editor.side.${stop.door ?? 'front'}`) })))));
      },
      read: () => undefined,
      ok: () => true,
    };
  },
};

/** @param {Field} field @param {Record<string, any>} how @returns {Control} */
function text(field, how) {
  const input = document.createElement('input');
  const { pattern, lang, ...rest } = how;
  Object.assign(input, { type: 'text', maxLength: LONGEST, autocomplete: 'off', spellcheck: false });
  for (const [key, value] of Object.entries(rest)) if (value !== undefined) /** @type {any} */ (input)[key] = value;
  if (how.type === 'number') input.removeAttribute('maxlength');
  if (pattern) input.pattern = pattern;
  if (lang) input.lang = lang;
  input.required = field.needed ?? false;
  input.addEventListener('input', () => input.setCustomValidity(''));
  return {
    element: labelled(field, input),
    write: (value) => { input.value = value ?? ''; input.setCustomValidity(''); },
    read: () => input.value.trim(),
    ok: () => {
      const doubled = field.taken?.(input.value.trim());
      const blank = input.required && input.value.trim() === '';
      input.setCustomValidity(doubled ? t('editor.rule.taken') : blank ? t('editor.rule.blank') : '');
      return input.reportValidity();
    },
  };
}

/** @param {Field} field @param {HTMLInputElement | HTMLSelectElement} input */
function labelled(field, input) {
  const label = html('label', 'field');
  input.name = field.key;
  label.append(html('span', '', t(field.label ?? `editor.field.${field.key}`)), input);
  return label;
}

/**
 * The fields of each kind of thing.
 * @param {string} kind @param {Record<string, string[]>} choices words the server knows
 * @param {{taken: (id: string) => boolean, types: Record<string, string>, doors: string[]}} here
 * @returns {Field[]}
 */
export function fieldsOf(kind, choices, here) {
  const id = { key: 'id', type: 'id', needed: true, taken: here.taken };
  const at = { key: 'at', type: 'numbers', parts: ['x', 'y'], step: 0.1, least: -10000, most: 10000, needed: true };
  const name = { key: 'name', type: 'name', needed: true };
  const hours = { key: 'hours', type: 'hours' };
  const box = { key: 'box', type: 'numbers', parts: ['x1', 'y1', 'x2', 'y2'], step: 0.1, least: -10000, most: 10000, needed: true };
  switch (kind) {
    case 'node': return [id, at, { key: 'kind', type: 'choice', group: 'node', words: choices.node }];
    case 'bend': return [at];
    case 'lane': return [
      { key: 'one_way', type: 'flag' },
      { key: 'speed', type: 'number', least: 0.05, most: 5, step: 0.05 },
      { key: 'width', type: 'number', least: 0.1, most: 50, step: 0.1, label: 'editor.field.lane_width' },
      { key: 'door', type: 'choice', words: ['', ...here.doors], names: { '': t('editor.none') }, usual: '' },
      { key: 'robots', type: 'words', words: Object.keys(here.types), names: here.types, label: 'editor.field.lane_robots' },
      { key: 'via', type: 'points' },
    ];
    case 'door': return [
      id, name, at,
      { key: 'width', type: 'number', least: 0.5, most: 20, step: 0.1, needed: true },
      { key: 'kind', type: 'choice', group: 'door', words: choices.door, usual: 'sliding' },
      { key: 'automatic', type: 'flag', usual: true }, { key: 'fire', type: 'flag' }, { key: 'badge', type: 'flag' },
    ];
    case 'station': return [
      id, { key: 'code', type: 'code', needed: true }, name,
      { key: 'kind', type: 'choice', group: 'station', words: choices.station },
      { key: 'phone', type: 'phone', needed: true },
      { key: 'sends', type: 'words', group: 'goods', words: choices.goods, needed: true },
      { key: 'takes', type: 'words', group: 'goods', words: choices.goods, needed: true },
      { key: 'second_phone', type: 'phone' },
      { key: 'keeps', type: 'words', group: 'goods', words: choices.goods },
      hours,
    ];
    case 'lift': return [
      name, at,
      { key: 'cabin', type: 'numbers', parts: ['width', 'depth'], least: 0.5, most: 10, step: 0.1, needed: true },
      { key: 'speed', type: 'number', least: 0.1, most: 10, step: 0.1, needed: true, label: 'editor.field.lift_speed' },
      { key: 'acceleration', type: 'number', least: 0.1, most: 5, step: 0.1, needed: true },
      { key: 'door_time', type: 'number', least: 0.5, most: 60, step: 0.5, needed: true },
      { key: 'faces', type: 'number', least: -6.28, most: 6.28 },
      { key: 'rating', type: 'choice', group: 'rating', words: choices.rating, usual: 'any' },
      { key: 'access', type: 'choice', group: 'access', words: choices.access, usual: 'service' },
      { key: 'group', type: 'text' },
      { key: 'stops', type: 'stops' },
    ];
    case 'room': return [id, name, { key: 'kind', type: 'choice', group: 'room', words: choices.room }, box];
    case 'zone': return [
      id, name, { key: 'kind', type: 'choice', group: 'zone', words: choices.zone }, box,
      { key: 'robots', type: 'number', least: 1, most: 1000, step: 1, label: 'editor.field.zone_robots' }, hours,
    ];
    default: return [
      name,
      { key: 'level', type: 'number', least: -20, most: 200, step: 1, needed: true },
      { key: 'elevation', type: 'number', least: -100, most: 1000, needed: true },
      { key: 'outline', type: 'points', needed: true },
    ];
  }
}

/** The types of robots there are, with their names. @param {any} fleet @returns {Record<string, string>} */
export function typesOf(fleet) {
  return Object.fromEntries([...(fleet.types ?? [])].map(([id, one]) => [id, named(one.name)]));
}
