// A soft tone when a robot begins to wait here: only after somebody turned it on, on this device.
// One falling note, unlike the rising bursts of medical devices.

const KEPT = 'fleet-tone';

/** Offer the switch, and sound when what waits changes to something more. */
export function offerTone() {
  const button = /** @type {HTMLButtonElement | null} */ (document.querySelector('[data-tone-switch]'));
  const said = document.querySelector('[data-tone]');
  if (!button || !said || !('AudioContext' in window)) return;
  /** @type {AudioContext | null} */
  let context = null;
  let before = words(said);

  const show = () => {
    button.setAttribute('aria-pressed', String(context?.state === 'running'));
  };
  const start = async () => {
    context ??= new AudioContext();
    context.onstatechange = show;
    if (context.state !== 'running') void context.resume(); // without a tap a browser may not
    show();
  };

  button.hidden = false;
  if (localStorage.getItem(KEPT) === 'on') void start();
  button.addEventListener('click', async () => {
    if (context?.state === 'running') {
      localStorage.removeItem(KEPT);
      await context.close();
      context = null;
      show();
      return;
    }
    localStorage.setItem(KEPT, 'on');
    await start();
    if (context) sound(context);
  });
  new MutationObserver(() => {
    const now = words(document.querySelector('[data-tone]') ?? said);
    const more = now.some((word) => !before.includes(word));
    before = now;
    if (more && context?.state === 'running') sound(context);
  }).observe(document.body, { childList: true, characterData: true, subtree: true });
}

/** @param {Element} element @returns {string[]} */
function words(element) {
  return (element.textContent ?? '').split(/\s{2,}|\n/).map((word) => word.trim()).filter(Boolean);
}

/** @param {AudioContext} context */
function sound(context) {
  const now = context.currentTime;
  const note = context.createOscillator();
  const level = context.createGain();
  note.frequency.setValueAtTime(520, now);
  note.frequency.exponentialRampToValueAtTime(390, now + 0.5);
  level.gain.setValueAtTime(0.0001, now);
  level.gain.exponentialRampToValueAtTime(0.2, now + 0.05);
  level.gain.exponentialRampToValueAtTime(0.0001, now + 0.9);
  note.connect(level).connect(context.destination);
  note.start(now);
  note.stop(now + 1);
}
