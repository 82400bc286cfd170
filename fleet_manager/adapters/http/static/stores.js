// @ts-check
/** Reads a chosen file into the text field: UTF-8, else as spreadsheets in China save. */

const file = /** @type {HTMLInputElement | null} */ (document.getElementById('file'));
const text = /** @type {HTMLTextAreaElement | null} */ (document.getElementById('csv'));

/** @param {ArrayBuffer} bytes */
function decode(bytes) {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('gb18030').decode(bytes);
  }
}

if (file && text) {
  const pick = document.getElementById('pick');
  if (pick) pick.hidden = false;
  file.addEventListener('change', async () => {
    const chosen = file.files?.[0];
    if (chosen) text.value = decode(await chosen.arrayBuffer());
  });
}
