// Barcodes: a hand scanner is a keyboard that ends with Enter; a camera where the browser reads codes.

const LOOK_MS = 250;

/** Let fields take what is scanned. Where the browser cannot read codes, nothing is shown. */
export function takeScans() {
  for (const input of document.querySelectorAll('input[data-wedge]')) {
    input.addEventListener('keydown', (event) => {
      const key = /** @type {KeyboardEvent} */ (event);
      if (key.key === 'Enter' && !key.isComposing) key.preventDefault(); // the scanner's, not a send
    });
  }
  if (!('BarcodeDetector' in window) || !navigator.mediaDevices?.getUserMedia) return;
  for (const button of document.querySelectorAll('button[data-scan]')) {
    offer(/** @type {HTMLButtonElement} */ (button));
  }
}

/** @param {HTMLButtonElement} button */
function offer(button) {
  const name = button.dataset.scan ?? '';
  const field = /** @type {HTMLInputElement | HTMLTextAreaElement} */ (document.getElementById(name));
  const place = /** @type {HTMLElement} */ (document.querySelector(`[data-viewfinder="${name}"]`));
  const label = /** @type {HTMLElement} */ (button.querySelector('span'));
  const start = label.textContent ?? '';
  /** @type {(() => void) | null} */
  let stop = null;
  button.hidden = false;
  button.addEventListener('click', async () => {
    if (stop) {
      stop();
      stop = null;
      label.textContent = start;
      return;
    }
    stop = await watch(place, (code) => take(field, code)).catch(() => null);
    if (stop) label.textContent = button.dataset.stop ?? start;
    else button.hidden = true; // no camera, or not allowed: typing still works
  });
}

/**
 * @param {HTMLElement} place @param {(code: string) => void} found
 * @returns {Promise<() => void>} what ends it
 */
async function watch(place, found) {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
  const video = document.createElement('video');
  video.playsInline = video.muted = true;
  video.srcObject = stream;
  place.replaceChildren(video);
  place.hidden = false;
  await video.play();
  const detector = new /** @type {any} */ (window).BarcodeDetector();
  const timer = setInterval(async () => {
    const codes = await detector.detect(video).catch(() => []);
    for (const code of codes) found(code.rawValue);
  }, LOOK_MS);
  return () => {
    clearInterval(timer);
    for (const track of stream.getTracks()) track.stop();
    place.hidden = true;
    place.replaceChildren();
  };
}

/** @param {HTMLInputElement | HTMLTextAreaElement} field @param {string} code */
function take(field, code) {
  if (field instanceof HTMLInputElement) field.value = code;
  else if (!field.value.split(/\s+/).includes(code)) {
    field.value = `${field.value.trim()}\n${code}`.trim();
  } else return;
  field.dispatchEvent(new Event('input', { bubbles: true }));
  navigator.vibrate?.(60);
}
