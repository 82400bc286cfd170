// Lifts in words: what each one does, for whom, who is next and why not yet.

import { html, put, rows, say } from './elements.js';
import { clock } from './times.js';
import { duration, known, named, t } from './words.js';

const CLOSED = ['fire', 'emergency', 'offline', 'unknown']; // modes in which no robot enters

/**
 * @typedef {{robot: string, code: string, params: Record<string, any>, expected: number | null}} Waiting
 * @typedef {{building: import('./building.js').Building, entities: import('./feed.js').Entities,
 *   now: number}} Seen
 */

/** Why a robot in line does not ride yet. @param {Waiting} waiting @param {Seen} seen @returns {string} */
export function whyNot(waiting, { entities }) {
  const { robot = '', until = 0 } = waiting.params;
  return known(`lift.why.${waiting.code}`, 'lift.why.other', {
    robot: entities.robot?.[robot]?.name ?? robot,
    time: clock(until),
  });
}

/** What a lift does for a robot. @param {string} id @param {string} robot @param {Seen} seen @returns {string} */
export function liftFor(id, robot, seen) {
  const lift = seen.entities.lift?.[id];
  if (!lift || lift.link !== 'ok') return t('lift.silent');
  if (lift.session?.robot === robot) return t(`lift.stage.${lift.session.stage}`);
  const waiting = lift.queue.find((/** @type {Waiting} */ one) => one.robot === robot);
  return waiting ? whyNot(waiting, seen) : t(`lift.mode.${lift.mode}`);
}

/** @param {() => void} open @param {() => void} release @returns {HTMLElement} */
export function liftRow(open, release) {
  const row = html('li', 'row lift');
  const head = html('p', 'row-head');
  head.append(part(html('span', 'name'), 'name'), part(html('span', 'tag'), 'mode'));
  const buttons = html('span', 'buttons');
  const over = part(html('button', '', t('space_time.button')), 'over-time');
  const free = part(html('button', '', t('lift.release')), 'release');
  over.addEventListener('click', open);
  free.addEventListener('click', release);
  buttons.append(free, over);
  row.append(head, part(html('p', 'state'), 'state'), part(html('p', 'says'), 'says'),
    part(html('ol', 'line'), 'line'), buttons);
  return row;
}

/** @param {HTMLElement} row @param {string} id @param {any} lift @param {Seen} seen */
export function fillLift(row, id, lift, seen) {
  const name = (/** @type {string} */ robot) => seen.entities.robot?.[robot]?.name ?? robot;
  const silent = lift.link !== 'ok';
  say(find(row, 'name'), named(seen.building.lifts.get(id).name));
  const mode = find(row, 'mode');
  say(mode, silent ? t('lift.silent') : t(`lift.mode.${lift.mode}`));
  const wrong = silent || lift.recalled !== null || CLOSED.includes(lift.mode);
  put(mode, 'class', `tag${wrong ? ' attention' : ''}`);
  const floor = seen.building.places.get(lift.floor)?.floor;
  const { session } = lift;
  const words = [
    floor ? named(floor.name) : '',
    lift.door ? t(`lift.door.${lift.door}`) : '',
    session ? t('lift.session', {
      robot: name(session.robot), stage: t(`lift.stage.${session.stage}`), age: duration(seen.now - session.since),
    }) : t('lift.free'),
  ];
  say(find(row, 'state'), words.filter(Boolean).join(' · '));
  const says = find(row, 'says');
  say(says, wrong ? whatIsWrong(lift, silent) : '');
  says.hidden = !wrong;
  find(row, 'release').hidden = !isOver(lift);
  const line = find(row, 'line');
  rows(line, lift.queue, (/** @type {Waiting} */ one) => one.robot, () => html('li'), (item, one) => {
    const place = lift.queue.indexOf(one) + 1;
    const text = t('lift.line', { place, robot: name(one.robot), why: whyNot(one, seen) });
    const wait = one.expected === null ? '' : t('lift.expected', { wait: duration(one.expected - seen.now) });
    say(item, [text, wait].filter(Boolean).join(' · '));
  });
  line.hidden = lift.queue.length === 0;
}

/** Whether a recall is over by what the lift says, and waits for a person. @param {any} lift @returns {boolean} */
function isOver(lift) {
  return lift.recalled !== null && !['fire', 'emergency'].includes(lift.mode);
}

/** @param {any} lift @param {boolean} silent @returns {string} */
function whatIsWrong(lift, silent) {
  if (isOver(lift)) {
    return t('lift.says.recalled', { time: clock(lift.recalled.since), mode: t(`lift.mode.${lift.recalled.mode}`) });
  }
  return t(silent ? 'lift.says.silent' : `lift.says.${lift.mode}`);
}

/** @param {HTMLElement} element @param {string} name */
function part(element, name) {
  element.dataset.part = name;
  return element;
}

/** @param {Element} row @param {string} name */
function find(row, name) {
  return /** @type {HTMLElement} */ (row.querySelector(`[data-part=${name}]`));
}
