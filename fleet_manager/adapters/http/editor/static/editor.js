// The map editor: holds the map, what is selected and which floor is shown; the rest asks it.

import { put, say } from '/static/elements.js';
import { loadWords, named, t } from '/static/words.js';
import { ask, line, list } from './ask.js';
import { Checks, middleOf } from './checks.js';
import { addLane, hangsOn, remove } from './edits.js';
import { control } from './fields.js';
import { History } from './history.js';
import { floorOf, laneId, laneOf, read, stationsAt, valueOf, write } from './map.js';
import { Panel } from './panel.js';
import { Plan } from './plan.js';
import { save } from './saving.js';
import { Tools } from './tools.js';

/**
 * @typedef {import('./map.js').Hospital} Hospital
 * @typedef {import('./map.js').Thing} Thing
 */

const KEPT = 'fleet-map-draft'; // over a change of the language

/** @param {string} id */
const element = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

export class Editor {
  /** @param {any} map the answer of `/api/map` */
  constructor(map) {
    this.revision = map.revision;
    /** @type {Record<string, string[]>} */
    this.choices = map.choices;
    this.history = new History(read(map.hospital), () => this.changed());
    this.floor = [...this.data.floors].sort((a, b) => a.level - b.level)[0].id;
    /** @type {Thing | null} */
    this.selected = null;
    this.typing = false;
    this.busy = false;
    this.plan = new Plan(element('plan'), t('editor.plan'));
    this.panel = new Panel(this);
    this.checks = new Checks(this);
    this.tools = new Tools(this);
    this.listen();
    this.plan.show(this.data, this.floor);
    this.changed();
  }

  /** @returns {Hospital} */
  get data() {
    return this.history.now;
  }

  listen() {
    element('undo').addEventListener('click', () => this.history.undo());
    element('redo').addEventListener('click', () => this.history.redo());
    element('save').addEventListener('click', () => void this.save());
    element('closer').addEventListener('click', () => this.plan.zoom(1.4));
    element('farther').addEventListener('click', () => this.plan.zoom(1 / 1.4));
    element('whole').addEventListener('click', () => this.plan.whole());
    const floors = /** @type {HTMLSelectElement} */ (element('floor'));
    floors.addEventListener('change', () => this.goTo(floors.value));
    element('find').addEventListener('submit', (event) => {
      event.preventDefault();
      this.find(/** @type {HTMLInputElement} */ (element('sought')).value.trim());
    });
    element('sought').addEventListener('change', () => this.find(/** @type {HTMLInputElement} */ (element('sought')).value.trim()));
    element('sought').addEventListener('focus', () => this.things());
    element('fields').addEventListener('input', () => { this.typing = true; });
    for (const name of ['change', 'focusout']) element('fields').addEventListener(name, () => { this.typing = false; }, true);
    document.addEventListener('keydown', (event) => this.key(event));
    addEventListener('beforeunload', (event) => {
      if (this.history.dirty && !this.leaving) event.preventDefault();
    });
    document.querySelector('.languages')?.addEventListener('submit', () => this.keepOver());
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (!(event.ctrlKey || event.metaKey) || document.querySelector('dialog[open]')) return;
    const key = event.key.toLowerCase();
    const target = /** @type {HTMLElement} */ (event.target);
    const writes = target.matches('input:not([type=checkbox]), textarea') && this.typing;
    if (key === 's') void this.save();
    else if (writes) return; // undoing what is being typed is the browser's
    else if (key === 'y' || (key === 'z' && event.shiftKey)) this.history.redo();
    else if (key === 'z') this.history.undo();
    else return;
    event.preventDefault();
  }

  // --- what others ask for ---

  /** Go on with another map. @param {Hospital} next @param {string} [step] */
  go(next, step) {
    this.say('');
    this.history.go(next, step);
  }

  /** The map is another one: show it, and have it checked. */
  changed() {
    if (!this.checks) return;
    if (this.selected && valueOf(this.data, this.selected) === undefined) this.selected = null;
    this.plan.show(this.data, this.floor);
    this.plan.select(this.selected);
    this.panel.show();
    this.checks.mark();
    this.state();
    this.floors();
    if (this.data !== this.checks.asked) this.checks.soon();
  }

  state() {
    const { history } = this;
    /** @type {HTMLButtonElement} */ (element('undo')).disabled = !history.past.length;
    /** @type {HTMLButtonElement} */ (element('redo')).disabled = !history.future.length;
    /** @type {HTMLButtonElement} */ (element('save')).disabled = !history.dirty;
    say(element('state'), t(history.dirty ? 'editor.unsaved' : 'editor.all_saved'));
    put(element('state'), 'class', history.dirty ? 'state dirty' : 'state');
  }

  /** @param {Thing | null} thing @param {{reveal?: boolean}} [how] */
  select(thing, { reveal = false } = {}) {
    if (thing && thing.floor !== this.floor && (thing.kind !== 'lift' || reveal)) this.goTo(thing.floor);
    this.selected = thing && thing.kind !== 'floor' ? thing : null;
    this.plan.select(this.selected);
    this.panel.show();
    const at = reveal && thing ? middleOf(this.data, thing) : null;
    if (at) this.plan.reveal(at, true);
  }

  /** Show another floor. @param {string} floor */
  goTo(floor) {
    if (floor === this.floor) return;
    this.floor = floor;
    this.selected = null;
    this.plan.show(this.data, floor);
    this.plan.select(null);
    this.panel.show();
    this.checks.mark();
    this.floors();
    this.tools.start = '';
  }

  floors() {
    const select = /** @type {HTMLSelectElement} */ (element('floor'));
    const floors = [...this.data.floors].sort((a, b) => b.level - a.level);
    const texts = floors.map((floor) => {
      const count = this.checks.on(floor.id);
      return `${floor.id} · ${named(floor.name)}${count ? ` (${count})` : ''}`;
    });
    if (select.options.length !== floors.length) {
      select.replaceChildren(...floors.map((floor) => {
        const option = document.createElement('option');
        option.value = floor.id;
        return option;
      }));
    }
    texts.forEach((text, n) => say(select.options[n], text));
    select.value = this.floor;
  }

  /** What the tool can be told before it is used. */
  options() {
    const place = element('options');
    const { tools } = this;
    place.replaceChildren();
    if (!tools || tools.tool !== 'node') return;
    const kind = control({ key: 'new_kind', type: 'choice', group: 'node', words: this.choices.node }, (word) => { tools.kind = word ?? 'way'; });
    kind.write(tools.kind);
    const chain = control({ key: 'chain', type: 'flag' }, (on) => { tools.chain = on ?? false; });
    chain.write(tools.chain);
    place.append(kind.element, chain.element);
  }

  /** @param {Hospital} data @param {string} a @param {string} b */
  joinIn(data, a, b) {
    return addLane(data, this.floor, a, b);
  }

  /** Join two nodes by a lane, and show it. @param {string} a @param {string} b */
  join(a, b) {
    const id = laneId({ between: [a, b] });
    if (laneOf(floorOf(this.data, this.floor), id)) this.hint(t('editor.hint.joined_already', { id }));
    else this.go(this.joinIn(this.data, a, b));
  }

  /** Delete what is selected; what goes with it is said before. */
  async remove() {
    const thing = this.selected;
    if (!thing || thing.kind === 'lift') return;
    const floor = floorOf(this.data, thing.floor);
    const node = thing.kind === 'station' ? floor.stations?.get(thing.id)?.node ?? '' : thing.id;
    const whole = thing.kind === 'station' ? { ...thing, kind: /** @type {const} */ ('node'), id: node } : thing;
    const hanging = hangsOn(this.data, whole);
    const homeless = hanging.homes.filter((home) => !home.to);
    if (homeless.length) {
      await ask(t('editor.delete'), [line(t('editor.deleting.homeless', { robots: homeless.map((home) => home.robot).join(', ') }))], []);
      return;
    }
    const texts = [
      ...hanging.lanes.map((id) => `${t('editor.kind.lane')} ${id}`),
      ...hanging.doors.map((id) => `${t('editor.kind.door')} ${id}`),
      ...stationsAt(floor, whole.kind === 'node' ? node : '').map((id) => `${t('editor.kind.station')} ${id}`),
      ...hanging.stops.map((id) => t('editor.deleting.stop', { lift: id })),
      ...hanging.homes.map(({ robot, to }) => t('editor.deleting.home', { robot, to: to ?? '' })),
    ];
    if (texts.length) {
      const title = t('editor.deleting.title', { what: `${t(`editor.kind.${thing.kind}`)} ${thing.id}` });
      const answer = await ask(title, [line(t('editor.deleting.with')), list(texts)], [{ name: 'delete', label: t('editor.delete'), strong: true }]);
      if (answer !== 'delete') return;
    }
    this.go(remove(this.data, thing));
    this.select(null);
    this.plan.root.focus();
  }

  /** The next node of the floor, for the keys. @param {number} step */
  next(step) {
    const floor = floorOf(this.data, this.floor);
    const ids = [...floor.nodes.keys()];
    const now = this.selected?.kind === 'station' ? floor.stations?.get(this.selected.id)?.node : this.selected?.id;
    const place = ids.indexOf(now ?? '');
    const id = ids[(place + step + ids.length) % ids.length];
    if (id !== undefined) this.select(this.plan.meant({ kind: 'node', floor: this.floor, id }), { reveal: true });
  }

  /** Names to choose from while searching. */
  things() {
    const floor = floorOf(this.data, this.floor);
    const options = [...floor.nodes.keys(), ...(floor.doors?.keys() ?? []), ...(this.data.lifts?.keys() ?? []), ...(floor.zones?.keys() ?? [])].map((id) => [id, '']);
    for (const each of this.data.floors) {
      for (const [, one] of each.stations ?? []) options.push([one.code, `${named(one.name)} · ${named(each.name)}`]);
    }
    element('things').replaceChildren(...options.map(([value, text]) => {
      const option = document.createElement('option');
      option.value = value;
      option.textContent = text;
      return option;
    }));
  }

  /** @param {string} sought an id or the code of a station */
  find(sought) {
    if (!sought) return;
    for (const floor of [floorOf(this.data, this.floor), ...this.data.floors]) {
      const station = [...(floor.stations ?? [])].find(([id, one]) => id === sought || one.code === sought.toUpperCase());
      if (station) {
        this.select({ kind: 'station', floor: floor.id, id: station[0] }, { reveal: true });
        return;
      }
      for (const kind of /** @type {const} */ (['node', 'lane', 'door', 'lift', 'room', 'zone'])) {
        const thing = { kind, floor: floor.id, id: sought };
        if (valueOf(this.data, thing) === undefined) continue;
        this.select(thing, { reveal: true });
        return;
      }
    }
    this.hint(t('editor.not_found', { sought }));
  }

  /** The name of something new, in both languages. @param {string} what */
  both(what) {
    const { dataset } = element('app');
    return { zh: dataset[`${what}Zh`] ?? '', en: dataset[`${what}En`] ?? '' };
  }

  /** @param {string} text */
  hint(text) {
    say(element('hint'), text);
  }

  /** @param {number[]} at */
  where(at) {
    say(element('where'), `${at[0].toFixed(1)}, ${at[1].toFixed(1)}`);
  }

  /** @param {string} text @param {boolean} [fine] */
  say(text, fine = false) {
    const said = element('said');
    said.hidden = text === '';
    put(said, 'class', fine ? 'said fine' : 'said');
    say(said, text);
  }

  // --- the server ---

  /** Post JSON; raises an Error with a sentence for the person. @param {string} path @param {string} body @returns {Promise<any>} */
  async post(path, body) {
    let answer;
    try {
      answer = await fetch(`/api/${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    } catch {
      throw new Error(t('editor.error.unreachable'));
    }
    const said = await answer.json();
    if (!answer.ok) throw new Error(said.error.message);
    return said;
  }

  async save() {
    if (this.busy || !this.history.dirty) return;
    /** @type {HTMLElement | null} */ (document.activeElement)?.blur();
    this.busy = true;
    try {
      await save(this);
    } catch (error) {
      this.say(String(/** @type {Error} */ (error).message));
    } finally {
      this.busy = false;
      this.state();
    }
  }

  /** Say what is going on, where it says whether all is saved. @param {string} text */
  tell(text) {
    say(element('state'), text);
  }

  /** @param {Hospital} data what the files have now @param {string} revision */
  saved(data, revision) {
    this.revision = revision;
    this.history.keep(data);
  }

  /** Take what is on disk; what was changed here is gone. */
  async reload() {
    this.leaving = true;
    location.reload();
  }

  /** The page is loaded again in the other language: keep what is not saved. */
  keepOver() {
    if (!this.history.dirty) return;
    this.leaving = true;
    sessionStorage.setItem(KEPT, `{"revision":${JSON.stringify(this.revision)},"floor":${JSON.stringify(this.floor)},"hospital":${write(this.data)}}`);
  }

  takeUp() {
    const kept = sessionStorage.getItem(KEPT);
    sessionStorage.removeItem(KEPT);
    if (!kept) return;
    const { revision, floor, hospital } = JSON.parse(kept);
    if (revision !== this.revision) return;
    this.goTo(floor);
    this.go(read(hospital));
  }
}

async function start() {
  const said = element('said');
  await loadWords();
  const answer = await fetch('/api/map').catch(() => null);
  const map = await answer?.json();
  if (!answer?.ok) {
    said.hidden = false;
    say(said, map?.error.message ?? t('editor.error.unreachable'));
    return;
  }
  const editor = new Editor(map);
  editor.takeUp();
  document.documentElement.dataset.ready = 'yes';
}

void start();
