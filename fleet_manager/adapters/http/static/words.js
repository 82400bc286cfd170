// Texts of the page's language, from the same catalog as the templates.

import { clockSeconds } from './times.js';

/** @type {Record<string, string>} */
let texts = {};

/** Fetch the catalog. Call once, before anything is shown. */
export async function loadWords() {
  const answer = await fetch(`/i18n/${document.documentElement.lang}.json`);
  texts = await answer.json();
}

/**
 * @param {string} key
 * @param {Record<string, string | number>} [params]
 * @returns {string}
 */
export function t(key, params = {}) {
  const text = texts[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => String(params[name] ?? '–'));
}

/** @param {string} key @param {string} otherwise @param {Record<string, string | number>} [params] */
export function known(key, otherwise, params) {
  return t(key in texts ? key : otherwise, params);
}

/**
 * A name or text of the journal, or in words that it was erased.
 * @param {string} text
 */
export function kept(text) {
  const [, who] = text.match(/^person-([0-9a-f]{8})$/) ?? [];
  if (who) return t('personal.person', { who });
  return text === '(erased)' ? t('personal.erased') : text;
}

/** @param {{zh: string, en: string}} name */
export function named(name) {
  return document.documentElement.lang === 'en' ? name.en : name.zh;
}

/** What people call each account. @type {Record<string, string>} */
let people = {};

/** Learn what people call each account. @param {Record<string, string>} called by log-in */
export function loadPeople(called) {
  people = called;
}

/** What people call an account of the journal; its log-in where it is gone. @param {string} account */
export function person(account) {
  return Object.hasOwn(people, account) ? people[account] : kept(account);
}

/** A duration in words, rounded up. @param {number} ms @returns {string} */
export function duration(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  if (seconds < 90) return t('unit.s', { n: seconds });
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 60) return t('unit.min', { n: minutes });
  return t('unit.h', { h: Math.floor(minutes / 60), min: minutes % 60 });
}

export { clockSeconds };
