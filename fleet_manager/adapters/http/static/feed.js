// The live feed: one socket that comes back by itself and says when it is lost.

import { clock } from './times.js';

/**
 * @typedef {Record<string, Record<string, Record<string, any>>>} Entities
 * @typedef {{entities: Entities, set: Entities, gone: Record<string, string[]>, now: number}} News
 */

const PEOPLE = '/api/v1/feed';
const SILENCE_MS = 8000; // the heart beats every 5 s
const LOST_AFTER_MS = 2500; // a reconnect within this time is not worth a bar
const OLD_PICTURE_MS = 12000;
const LONGEST_PAUSE_MS = 30000;

export class Feed {
  /**
   * @param {(news: News) => void} onNews called after each snapshot and delta
   * @param {HTMLElement} bar shown while the picture is old
   * @param {string} path where the feed is
   */
  constructor(onNews, bar, path = PEOPLE) {
    this.path = path;
    this.onNews = onNews;
    this.bar = bar;
    /** @type {Entities} */
    this.entities = {};
    this.seq = -1;
    this.pause = 1000;
    this.heard = Date.now();
    /** When the server's picture was made, in this device's time. */
    this.asOf = Date.now();
    this.lostAt = 0;
    /** Server time minus this device's time. */
    this.offset = 0;
    /** @type {WebSocket | null} */
    this.socket = null;
    setInterval(() => this.watch(), 1000);
    window.addEventListener('online', () => this.hurry());
    document.addEventListener('visibilitychange', () => this.hurry());
    this.connect();
  }

  connect() {
    const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(`${scheme}//${location.host}${this.path}`);
    this.socket = socket;
    this.heard = Date.now();
    socket.onmessage = (event) => this.take(socket, JSON.parse(event.data));
    socket.onclose = () => this.lost(socket);
  }

  /** @param {WebSocket} socket @param {any} message */
  take(socket, message) {
    if (socket !== this.socket) return;
    this.heard = Date.now();
    if (message.type === 'hello') return;
    if (message.type === 'beat') {
      this.offset = message.now - Date.now();
      this.asOf = message.as_of - this.offset;
      return;
    }
    if (message.type === 'snapshot') {
      this.entities = message.entities;
      this.pause = 1000;
      this.lostAt = 0;
      this.tell(message, message.entities, {});
      return;
    }
    if (message.prev !== this.seq) {
      socket.close(); // something is missing: come back for a snapshot
      return;
    }
    for (const [kind, changed] of Object.entries(message.set)) {
      this.entities[kind] = Object.assign(this.entities[kind] ?? {}, changed);
    }
    for (const [kind, ids] of Object.entries(message.gone)) {
      for (const id of /** @type {string[]} */ (ids)) delete this.entities[kind]?.[id];
    }
    this.tell(message, message.set, message.gone);
  }

  /** @param {any} message @param {Entities} set @param {Record<string, string[]>} gone */
  tell(message, set, gone) {
    this.seq = message.seq;
    this.asOf = Math.max(this.asOf, message.now - this.offset);
    this.onNews({ entities: this.entities, set, gone, now: message.now });
  }

  /** @param {WebSocket} socket */
  lost(socket) {
    if (socket !== this.socket) return;
    this.socket = null;
    this.lostAt ||= this.heard;
    const wait = this.pause * (0.5 + Math.random());
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE_MS);
    setTimeout(() => this.socket ?? this.connect(), wait);
    if (this.path === PEOPLE) void askSession();
  }

  /** The network is back, or somebody looks at the page again: do not wait. */
  hurry() {
    if (document.visibilityState === 'visible' && this.socket === null) this.connect();
  }

  /** Once a second: notice silence, and show or hide the bar. */
  watch() {
    const now = Date.now();
    if (this.socket && now - this.heard > SILENCE_MS) {
      const silent = this.socket;
      this.lost(silent);
      silent.close();
    }
    const lost = this.lostAt > 0 && now - this.lostAt > LOST_AFTER_MS;
    const old = !lost && now - this.asOf > OLD_PICTURE_MS;
    this.bar.hidden = !lost && !old;
    document.documentElement.toggleAttribute('data-lost', lost || old);
    const text = (old && this.bar.dataset.stale) || this.bar.dataset.text || '';
    const shown = text.replace('{time}', clock(old ? this.asOf : this.lostAt));
    if (!this.bar.hidden && this.bar.textContent !== shown) this.bar.textContent = shown;
  }
}

/** A refused socket looks like a lost one: ask whether the session still is. */
async function askSession() {
  try {
    const answer = await fetch('/api/v1/session', { cache: 'no-store' });
    if (answer.status === 401) location.assign(`/login?next=${encodeURIComponent(here())}`);
  } catch {
    // no network either: the bar says so
  }
}

function here() {
  return location.pathname + location.search;
}
