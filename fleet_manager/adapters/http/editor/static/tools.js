// What a finger, a mouse or the keys do on the plan: look around, take things, draw new ones.

import { put, svg } from '/static/elements.js';
import { t } from '/static/words.js';
import { BAYS, addBend, addDoor, addNode, addRoom, joined, move, placeOf, split } from './edits.js';
import { STEP, floorOf, laneOf, lineOf, nearestOn, snap } from './map.js';
import { askForStation } from './station.js';
import { pathOf } from './plan.js';

/**
 * @typedef {import('./map.js').Point} Point
 * @typedef {import('./map.js').Thing} Thing
 * @typedef {'select' | 'node' | 'lane' | 'bend' | 'door' | 'station' | 'room'} Tool
 */

const STILL = 5; // pixels a click may move
const REACH = { mouse: 12, pen: 16, touch: 24 };
/** @type {Record<string, Tool>} */
const KEYS = { v: 'select', n: 'node', l: 'lane', b: 'bend', d: 'door', s: 'station', r: 'room' };
/** @type {Record<string, Point>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const MOVABLE = ['node', 'station', 'door', 'bend'];

export class Tools {
  /** @param {import('./editor.js').Editor} editor */
  constructor(editor) {
    this.editor = editor;
    this.plan = editor.plan;
    /** @type {Tool} */
    this.tool = 'select';
    this.kind = 'way'; // of new nodes
    this.chain = true; // a new way node is joined to the one before
    this.start = ''; // of the lane that is being drawn
    /** @type {Point | null} */
    this.cross = null; // where the keys point
    /** @type {Map<number, {x: number, y: number}>} */
    this.down = new Map();
    /** @type {any} */
    this.drag = null;
    this.buttons = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[data-tool]'));
    this.listen();
  }

  listen() {
    const { root } = this.plan;
    root.addEventListener('pointerdown', (event) => this.press(/** @type {PointerEvent} */ (event)));
    root.addEventListener('pointermove', (event) => this.moved(/** @type {PointerEvent} */ (event)));
    for (const name of ['pointerup', 'pointercancel']) root.addEventListener(name, (event) => this.release(/** @type {PointerEvent} */ (event)));
    root.addEventListener('pointerleave', () => { if (!this.drag) this.ghost(null); });
    root.addEventListener('wheel', (event) => {
      event.preventDefault();
      const wheel = /** @type {WheelEvent} */ (event);
      this.plan.zoom(Math.exp(-Math.max(-120, Math.min(120, wheel.deltaY)) / 300), this.plan.toMap(wheel));
    }, { passive: false });
    root.addEventListener('keydown', (event) => this.key(/** @type {KeyboardEvent} */ (event)));
    root.addEventListener('blur', () => { this.cross = null; this.ghost(null); });
    for (const button of this.buttons) {
      button.addEventListener('click', () => { this.choose(/** @type {Tool} */ (button.dataset.tool)); root.focus(); });
      button.addEventListener('keydown', (event) => this.another(event, button));
    }
    this.choose('select');
  }

  /** Arrow keys go from tool to tool, as in any radio group. @param {KeyboardEvent} event @param {HTMLElement} button */
  another(event, button) {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const all = [...this.buttons];
    const next = all[(all.indexOf(button) + step + all.length) % all.length];
    this.choose(/** @type {Tool} */ (next.dataset.tool));
    next.focus();
  }

  /** @param {Tool} tool */
  choose(tool) {
    this.tool = tool;
    this.start = '';
    this.ghost(null);
    for (const button of this.buttons) {
      const chosen = button.dataset.tool === tool;
      put(button, 'aria-checked', String(chosen));
      button.tabIndex = chosen ? 0 : -1;
    }
    put(this.plan.root, 'data-tool', tool);
    this.editor.options();
    this.editor.hint(t(`editor.hint.${tool}`));
  }

  /** @param {PointerEvent} event */
  reach(event) {
    return REACH[/** @type {'mouse'} */ (event.pointerType)] ?? REACH.mouse;
  }

  // --- pointers ---

  /** @param {PointerEvent} event */
  press(event) {
    if (event.button > 1) return;
    this.plan.root.focus();
    this.plan.root.setPointerCapture(event.pointerId);
    this.down.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (this.down.size === 2) {
      this.cancel();
      this.drag = { pinch: this.spread() };
      return;
    }
    const at = this.plan.toMap(event);
    const found = this.tool === 'select' && event.button === 0 ? this.plan.pick(at, this.reach(event), ['bend', 'node', 'door']) : null;
    const thing = found && this.plan.meant(found);
    this.drag = { from: { x: event.clientX, y: event.clientY }, last: { x: event.clientX, y: event.clientY }, at, thing, still: true, middle: event.button === 1 };
    if (thing && MOVABLE.includes(thing.kind)) this.drag.place = placeOf(this.editor.data, thing);
  }

  /** @param {PointerEvent} event */
  moved(event) {
    const at = this.plan.toMap(event);
    if (!this.drag) {
      this.hover(at, this.reach(event));
      return;
    }
    this.down.set(event.pointerId, { x: event.clientX, y: event.clientY });
    const { drag } = this;
    if (drag.pinch) {
      if (this.down.size === 2) this.pinch();
      return;
    }
    if (drag.still && Math.hypot(event.clientX - drag.from.x, event.clientY - drag.from.y) < STILL) return;
    drag.still = false;
    if (drag.place) {
      drag.now = [snap(drag.place[0] + at[0] - drag.at[0]), snap(drag.place[1] + at[1] - drag.at[1])];
      drag.data = move(this.editor.data, drag.thing, drag.now);
      this.plan.show(drag.data, this.editor.floor);
      this.editor.where(drag.now);
    } else if (this.tool === 'room' && !drag.middle) {
      drag.box = boxOf(drag.at, at);
      this.ghost(null, [[drag.box[0], drag.box[1]], [drag.box[2], drag.box[1]], [drag.box[2], drag.box[3]], [drag.box[0], drag.box[3]], [drag.box[0], drag.box[1]]]);
    } else {
      this.plan.pan(event.clientX - drag.last.x, event.clientY - drag.last.y);
    }
    drag.last = { x: event.clientX, y: event.clientY };
  }

  /** @param {PointerEvent} event */
  release(event) {
    this.down.delete(event.pointerId);
    const { drag } = this;
    if (!drag || drag.pinch) {
      if (!this.down.size) this.drag = null;
      return;
    }
    this.drag = null;
    if (event.type === 'pointercancel') {
      this.plan.show(this.editor.data, this.editor.floor);
    } else if (drag.data) {
      this.editor.select(drag.thing);
      this.editor.go(drag.data);
    } else if (drag.box) {
      this.ghost(null);
      this.room(drag.box);
    } else if (drag.still && !drag.middle) {
      this.click(drag.at, this.reach(event));
    }
  }

  /** Leave a drag undone. */
  cancel() {
    if (this.drag?.data) this.plan.show(this.editor.data, this.editor.floor);
    this.drag = null;
    this.ghost(null);
  }

  spread() {
    const [a, b] = [...this.down.values()];
    return { apart: Math.hypot(a.x - b.x, a.y - b.y), clientX: (a.x + b.x) / 2, clientY: (a.y + b.y) / 2 };
  }

  pinch() {
    const [before, now] = [this.drag.pinch, this.spread()];
    this.plan.pan(now.clientX - before.clientX, now.clientY - before.clientY);
    this.plan.zoom(now.apart / (before.apart || 1), this.plan.toMap(now));
    this.drag.pinch = now;
  }

  // --- tools ---

  /** @param {Point} at @param {number} reach pixels */
  click(at, reach) {
    const { editor, plan } = this;
    const point = at.map(snap);
    if (this.tool === 'select') {
      const found = plan.pick(at, reach);
      editor.select(found && plan.meant(found));
      return;
    }
    const near = plan.pick(at, reach, this.tool === 'lane' || this.tool === 'node' ? ['node', 'lane'] : ['lane']);
    if (this.tool === 'node') this.node(point, near);
    if (this.tool === 'lane') this.lane(near, at);
    if (this.tool === 'station') void this.station(point);
    if (this.tool === 'room') editor.hint(t('editor.hint.room'));
    if (this.tool === 'bend' || this.tool === 'door') {
      if (!near) {
        editor.hint(t('editor.hint.no_lane'));
        return;
      }
      if (this.tool === 'bend') this.bend(near, point);
      else this.door(near, at);
    }
  }

  /** @param {Point} at @param {Thing | null} near */
  node(at, near) {
    const { editor } = this;
    if (near?.kind === 'node') {
      editor.select(this.plan.meant(near));
      return;
    }
    const before = editor.selected?.kind === 'node' ? editor.selected.id : '';
    let [next, id] = near && this.kind === 'way'
      ? split(editor.data, editor.floor, near.id, at) : addNode(editor.data, editor.floor, at, this.kind);
    if (this.chain && this.kind === 'way' && before && !near) next = editor.joinIn(next, before, id);
    if (this.chain && BAYS.includes(this.kind)) next = joined(next, editor.floor, id);
    editor.go(next);
    editor.select({ kind: 'node', floor: editor.floor, id });
    const lanes = floorOf(next, editor.floor).lanes.filter((lane) => lane.between.includes(id)).length;
    editor.hint(t(lanes ? 'editor.hint.node_joined' : 'editor.hint.node_alone', { id }));
  }

  /** @param {Thing | null} near @param {Point} at */
  lane(near, at) {
    const { editor } = this;
    if (near?.kind === 'lane' && this.start) {
      const [next, id] = split(editor.data, editor.floor, near.id, at);
      editor.go(editor.joinIn(next, this.start, id));
      this.start = id;
    } else if (near?.kind !== 'node') {
      editor.hint(t('editor.hint.no_node'));
      return;
    } else {
      if (this.start && this.start !== near.id) editor.join(this.start, near.id);
      this.start = near.id;
    }
    editor.select({ kind: 'node', floor: editor.floor, id: this.start });
    editor.hint(t('editor.hint.lane_to', { id: this.start }));
  }

  /** @param {Thing} lane @param {Point} at */
  bend(lane, at) {
    const { editor } = this;
    const [next, index] = addBend(editor.data, editor.floor, lane.id, at);
    editor.go(next);
    editor.select({ ...lane, kind: 'bend', index });
    this.choose('select'); // a bend is dragged next
  }

  /** @param {Thing} lane @param {Point} at */
  door(lane, at) {
    const { editor } = this;
    const found = laneOf(floorOf(editor.data, editor.floor), lane.id);
    if (found?.door) {
      editor.select({ ...lane, kind: 'door', id: found.door });
      editor.hint(t('editor.hint.has_door'));
      return;
    }
    const [next, id] = addDoor(editor.data, editor.floor, lane.id, at, editor.both('door'));
    editor.go(next);
    editor.select({ kind: 'door', floor: editor.floor, id });
  }

  /** @param {Point} at @param {any} [like] the fields to begin with */
  async station(at, like) {
    const { editor } = this;
    const made = await askForStation(editor, at, like);
    if (!made) return;
    editor.go(made.data);
    editor.select({ kind: 'station', floor: editor.floor, id: made.id });
    this.plan.root.focus();
  }

  /** @param {number[]} box */
  room(box) {
    const { editor } = this;
    if (box[2] - box[0] < STEP * 5 || box[3] - box[1] < STEP * 5) return;
    const [next, id] = addRoom(editor.data, editor.floor, box, editor.both('room'));
    editor.go(next);
    editor.select({ kind: 'room', floor: editor.floor, id });
    this.choose('select');
  }

  /** Show what a click here would do. @param {Point} at @param {number} reach */
  hover(at, reach) {
    const { editor, plan } = this;
    editor.where(at.map(snap));
    if (this.tool === 'select') return;
    const near = plan.pick(at, reach, this.tool === 'node' || this.tool === 'lane' ? ['node', 'lane'] : ['lane']);
    const floor = floorOf(editor.data, editor.floor);
    let point = at.map(snap);
    if (near?.kind === 'node') point = floor.nodes.get(near.id)?.at ?? point;
    if (near?.kind === 'lane') {
      const lane = laneOf(floor, near.id);
      if (lane) point = nearestOn(lineOf(floor, lane), at).point.map(snap);
    }
    const before = this.tool === 'node' && this.chain && this.kind === 'way' && !near ? editor.selected : null;
    const from = this.start || (before?.kind === 'node' ? before.id : '');
    const start = floor.nodes.get(from)?.at;
    this.ghost(point, start ? [start, point] : []);
  }

  /** @param {Point | null} at @param {Point[]} [line] */
  ghost(at, line = []) {
    const { ghost } = this.plan;
    ghost.replaceChildren();
    if (line.length) ghost.append(svg('path', { class: 'band', d: pathOf(line) }));
    if (at) {
      const mark = svg('g', { transform: `translate(${at[0]} ${-at[1]})` });
      mark.append(svg('path', { class: this.cross ? 'cross' : 'dot', d: this.cross ? 'M-.9 0H.9M0-.9V.9' : 'M-.2 0A.2.2 0 1 1 .2 0A.2.2 0 1 1-.2 0Z' }));
      ghost.append(mark);
    }
  }

  // --- keys ---

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const tool = KEYS[event.key.toLowerCase()];
    const arrow = ARROWS[event.key];
    if (arrow) this.arrow(arrow, event.shiftKey ? 1 : STEP);
    else if (tool) this.choose(tool);
    else if (event.key === 'Enter' || event.key === ' ') this.click(this.cross ?? this.plan.middle, REACH.mouse);
    else if (event.key === 'Delete' || event.key === 'Backspace') void this.editor.remove();
    else if (event.key === '.' || event.key === ',') this.editor.next(event.key === '.' ? 1 : -1);
    else if (event.key === '+' || event.key === '=') this.plan.zoom(1.25);
    else if (event.key === '-') this.plan.zoom(0.8);
    else if (event.key === '0') this.plan.whole();
    else if (event.key === 'Escape') this.escape();
    else return;
    event.preventDefault();
  }

  escape() {
    this.cancel();
    this.cross = null;
    if (this.start) this.start = '';
    else if (this.tool !== 'select') this.choose('select');
    else this.editor.select(null);
  }

  /** Move what is selected; with another tool, or nothing selected, the place Enter clicks at. @param {Point} arrow @param {number} step metres */
  arrow(arrow, step) {
    const { editor, plan } = this;
    const thing = editor.selected;
    const at = this.tool === 'select' && thing && MOVABLE.includes(thing.kind) ? placeOf(editor.data, thing) : null;
    if (at && thing) {
      const to = at.map((value, n) => snap(value + arrow[n] * step));
      editor.go(move(editor.data, thing, to), `move ${thing.kind} ${thing.id} ${thing.index}`);
      plan.reveal(to);
      editor.where(to);
      return;
    }
    const from = this.cross ?? plan.middle;
    this.cross = from.map((value, n) => snap(value + arrow[n] * step));
    plan.reveal(this.cross);
    this.hover(this.cross, REACH.mouse);
    if (this.tool === 'select') this.ghost(this.cross);
  }
}

/** @param {Point} a @param {Point} b @returns {number[]} */
function boxOf(a, b) {
  return [
    snap(Math.min(a[0], b[0])), snap(Math.min(a[1], b[1])),
    snap(Math.max(a[0], b[0])), snap(Math.max(a[1], b[1])),
  ];
}

