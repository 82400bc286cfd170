// Saving: what would change is shown first, and nothing of somebody else's is overwritten unasked.

import { html } from '/static/elements.js';
import { t } from '/static/words.js';
import { ask, line, list } from './ask.js';
import { write } from './map.js';

/** @param {import('./editor.js').Editor} editor @returns {Promise<void>} */
export async function save(editor) {
  const data = editor.data;
  const body = write(data);
  editor.tell(t('editor.comparing'));
  const review = await editor.post('review', `{"hospital":${body}}`);
  let over = editor.revision;
  if (review.revision !== over) {
    const choice = await ask(t('editor.changed.title'), [line(t('editor.changed.what')), ...changesOf(review)], [
      { name: 'reload', label: t('editor.changed.reload') },
      { name: 'overwrite', label: t('editor.changed.overwrite') },
    ]);
    if (choice === 'reload') await editor.reload();
    if (choice !== 'overwrite') return;
    over = review.revision;
  }
  if (!review.difference) {
    editor.saved(data, over);
    editor.say(t('editor.same'), true);
    return;
  }
  const parts = [...changesOf(review)];
  if (review.errors) parts.unshift(line(t('editor.draft.what', { errors: review.errors })));
  const label = review.errors ? t('editor.draft.save', { errors: review.errors }) : t('editor.save');
  const choice = await ask(t('editor.review.title'), parts, [{ name: 'save', label, strong: true }]);
  if (choice !== 'save') return;
  const answer = await editor.post('save', `{"hospital":${body},"over":${JSON.stringify(over)},"draft":${review.errors > 0}}`);
  editor.saved(data, answer.revision);
  editor.say(t(review.errors ? 'editor.saved_draft' : 'editor.saved', { errors: review.errors }), true);
}

/** @param {any} review @returns {HTMLElement[]} */
function changesOf(review) {
  const counts = Object.entries(review.changes).map(([sort, [added, changed, removed]]) => (
    t('editor.change', { sort: t(`editor.sort.${sort}`), added, changed, removed })));
  const details = html('details');
  details.append(html('summary', '', t('editor.review.difference')));
  const text = html('pre');
  text.tabIndex = 0;
  for (const one of review.difference.split('\n')) {
    const kind = /^(\+\+\+|---) /.test(one) ? 'file' : one.startsWith('+') ? 'added' : one.startsWith('-') ? 'removed' : '';
    text.append(html('span', kind, `${one}\n`));
  }
  details.append(text);
  return [list(counts), details];
}
