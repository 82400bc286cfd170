// Questions to a person, in the one dialog of the page.

import { html } from '/static/elements.js';
import { t } from '/static/words.js';

const dialog = /** @type {HTMLDialogElement} */ (document.getElementById('ask'));

/**
 * Ask and wait. The answer is the name of the button, '' when the person left.
 * @param {string} title
 * @param {Node[]} body
 * @param {{name: string, label: string, strong?: boolean}[]} buttons
 * @param {(name: string) => boolean} [good] whether the dialog may close with this answer
 * @returns {Promise<string>}
 */
export function ask(title, body, buttons, good = () => true) {
  const form = html('form');
  form.setAttribute('method', 'dialog');
  form.setAttribute('novalidate', '');
  const heading = html('h2', '', title);
  heading.id = 'ask-title';
  const row = html('div', 'buttons');
  const leave = html('button', '', t('editor.cancel'));
  leave.setAttribute('type', 'button');
  leave.addEventListener('click', () => dialog.close(''));
  row.append(...buttons.map((one) => {
    const button = /** @type {HTMLButtonElement} */ (html('button', one.strong ? 'strong' : '', one.label));
    button.value = one.name;
    return button;
  }), leave);
  form.append(heading, ...body, row);
  dialog.replaceChildren(form);
  dialog.returnValue = '';
  return new Promise((done) => {
    form.addEventListener('submit', (event) => {
      const name = /** @type {HTMLButtonElement | null} */ (event.submitter)?.value ?? '';
      if (!good(name)) event.preventDefault();
    });
    dialog.oncancel = () => { dialog.returnValue = ''; };
    dialog.onclose = () => {
      const answer = dialog.returnValue;
      dialog.replaceChildren();
      done(answer);
    };
    dialog.showModal();
    form.querySelector('input, select')?.setAttribute('autofocus', '');
    /** @type {HTMLElement | null} */ (form.querySelector('input, select') ?? row.firstElementChild)?.focus();
  });
}

/** @param {string} text @returns {HTMLElement} */
export function line(text) {
  return html('p', '', text);
}

/** @param {string[]} texts @returns {HTMLElement} */
export function list(texts) {
  const made = html('ul', 'plain');
  made.append(...texts.map((text) => html('li', '', text)));
  return made;
}
