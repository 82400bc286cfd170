// Every state of the map since it was read. Maps share what they have in common: this is cheap.

/** @typedef {import('./map.js').Hospital} Hospital */

const SAME_STEP_MS = 1500; // arrow keys within this time are one step

export class History {
  /** @param {Hospital} first @param {() => void} changed called after every change */
  constructor(first, changed) {
    this.changed = changed;
    /** @type {Hospital[]} */
    this.past = [];
    /** @type {Hospital[]} */
    this.future = [];
    this.now = first;
    this.saved = first;
    this.step = '';
    this.at = 0;
  }

  get dirty() {
    return this.now !== this.saved;
  }

  /**
   * Go on with another map. Changes of the same `step` that follow each other quickly are undone
   * together.
   * @param {Hospital} next @param {string} [step]
   */
  go(next, step = '') {
    if (next === this.now) return;
    const together = step && step === this.step && Date.now() - this.at < SAME_STEP_MS;
    if (!together || this.now === this.saved) this.past.push(this.now);
    this.future = [];
    this.now = next;
    this.step = step;
    this.at = Date.now();
    this.changed();
  }

  undo() {
    this.turn(this.past, this.future);
  }

  redo() {
    this.turn(this.future, this.past);
  }

  /** The map as it is now is what the files have. @param {Hospital} which */
  keep(which) {
    this.saved = which;
    this.changed();
  }

  /** @param {Hospital[]} from @param {Hospital[]} to */
  turn(from, to) {
    const next = from.pop();
    if (!next) return;
    to.push(this.now);
    this.now = next;
    this.step = '';
    this.changed();
  }
}
