// The drawn map as a page: look around, switch layers and language, find places and problems.
'use strict';
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const root = document.documentElement;
  const map = document.getElementById('map');
  const tip = document.getElementById('tip');
  const here = document.getElementById('here');
  const whole = { x: 0, y: 0, w: data.width, h: data.height };
  let view = { ...whole };

  const chinese = () => root.lang.startsWith('zh');
  const said = (pair) => pair[chinese() ? 1 : 0];

  // --- looking around ---
  const pixel = (seen = view) => Math.max(seen.w / map.clientWidth, seen.h / map.clientHeight) || 1;

  // A large hospital takes a while to draw: while one moves, the picture drawn last is moved and
  // stretched, and drawn anew when one rests.
  const REST = 140;
  let drawn = view;
  let asked = 0;
  let resting = 0;
  const floors = new Map([...map.querySelectorAll('.floor')].map((one) => [one.dataset.floor, one]));

  function draw() {
    drawn = { ...view };
    const unit = pixel();
    const [half, high] = [(map.clientWidth * unit) / 2, (map.clientHeight * unit) / 2];
    const [x, y] = [view.x + view.w / 2, view.y + view.h / 2];
    for (const one of data.floors) {
      const seen = one.x < x + half && one.x + one.w > x - half && one.y < y + high && one.y + one.h > y - high;
      floors.get(one.id).style.display = seen ? '' : 'none';
    }
    map.setAttribute('viewBox', `${view.x} ${view.y} ${view.w} ${view.h}`);
    map.style.setProperty('--k', unit);
    map.classList.toggle('far', unit > 1.35);
    map.classList.toggle('middle', unit <= 1.35 && unit > 0.5);
    map.style.transform = '';
  }

  function stretch() {
    const unit = pixel();
    const times = pixel(drawn) / unit;
    const dx = (map.clientWidth / 2) * (1 - times) + (drawn.x + drawn.w / 2 - view.x - view.w / 2) / unit;
    const dy = (map.clientHeight / 2) * (1 - times) + (drawn.y + drawn.h / 2 - view.y - view.h / 2) / unit;
    map.style.transform = `translate(${dx}px, ${dy}px) scale(${times})`;
  }

  function show() {
    cancelAnimationFrame(asked);
    clearTimeout(resting);
    asked = requestAnimationFrame(stretch);
    resting = setTimeout(draw, REST);
  }

  function look(x, y, w, h) {
    const widest = Math.max(whole.w, whole.h) * 1.6;
    const wide = Math.min(Math.max(w, 40), widest);
    const high = (wide * h) / w;
    view = { x: x + (w - wide) / 2, y: y + (h - high) / 2, w: wide, h: high };
    // Part of the drawing stays in sight.
    view.x = Math.min(Math.max(view.x, whole.x - view.w * 0.7), whole.x + whole.w - view.w * 0.3);
    view.y = Math.min(Math.max(view.y, whole.y - view.h * 0.7), whole.y + whole.h - view.h * 0.3);
    show();
  }

  function around(box) {
    const shape = map.clientWidth / map.clientHeight || 1;
    const [w, h] = [Math.max(box.w, box.h * shape) * 1.04, Math.max(box.h, box.w / shape) * 1.04];
    look(box.x + (box.w - w) / 2, box.y + (box.h - h) / 2, w, h);
  }

  /** The surroundings of a place: 24 m. */
  const near = (x, y) => ({ x: x - 12 * data.units, y: y - 12 * data.units, w: 24 * data.units, h: 24 * data.units });

  function at(event) {
    const frame = map.parentElement.getBoundingClientRect();
    const unit = pixel();
    return {
      x: view.x + view.w / 2 + (event.clientX - frame.left - frame.width / 2) * unit,
      y: view.y + view.h / 2 + (event.clientY - frame.top - frame.height / 2) * unit,
    };
  }

  function zoom(times, middle = { x: view.x + view.w / 2, y: view.y + view.h / 2 }) {
    const w = Math.min(Math.max(view.w * times, 40), Math.max(whole.w, whole.h) * 1.6);
    const real = w / view.w;
    look(middle.x - (middle.x - view.x) * real, middle.y - (middle.y - view.y) * real, w, view.h * real);
  }

  map.addEventListener('wheel', (event) => {
    event.preventDefault();
    zoom(Math.exp(Math.max(-1, Math.min(1, event.deltaY / 300))), at(event));
  }, { passive: false });

  const fingers = new Map();
  let moved = 0;
  map.addEventListener('pointerdown', (event) => {
    fingers.set(event.pointerId, event);
    moved = 0;
  });
  window.addEventListener('pointermove', (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const [dx, dy] = [event.clientX - before.clientX, event.clientY - before.clientY];
    moved += Math.abs(dx) + Math.abs(dy);
    if (moved > 6 && event.target.closest('#map')) map.setPointerCapture(event.pointerId);
    if (fingers.size === 2) {
      const other = [...fingers.values()].find((finger) => finger.pointerId !== event.pointerId);
      const span = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) || 1;
      const middle = at({ clientX: (event.clientX + other.clientX) / 2, clientY: (event.clientY + other.clientY) / 2 });
      zoom(span(before) / span(event), middle);
    }
    const share = pixel() / fingers.size;
    look(view.x - dx * share, view.y - dy * share, view.w, view.h);
    fingers.set(event.pointerId, event);
  });
  for (const end of ['pointerup', 'pointercancel']) {
    window.addEventListener(end, (event) => fingers.delete(event.pointerId));
  }

  map.addEventListener('keydown', (event) => {
    const step = { x: view.w / 8, y: view.h / 8 };
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const move = moves[event.key];
    if (move) look(view.x + move[0] * step.x, view.y + move[1] * step.y, view.w, view.h);
    else if (event.key === '+' || event.key === '=') zoom(0.8);
    else if (event.key === '-') zoom(1.25);
    else if (event.key === '0' || event.key === 'Home') around(whole);
    else return;
    event.preventDefault();
  });
  document.getElementById('nearer').addEventListener('click', () => zoom(0.7));
  document.getElementById('farther').addEventListener('click', () => zoom(1.4));
  document.getElementById('whole').addEventListener('click', () => around(whole));

  // --- what is under the pointer ---
  function placeTip(event) {
    const frame = map.parentElement.getBoundingClientRect();
    const [x, y] = [event.clientX - frame.left, event.clientY - frame.top];
    tip.style.left = `${Math.max(4, Math.min(x + 14, frame.width - tip.offsetWidth - 8))}px`;
    tip.style.top = `${y + 18 + tip.offsetHeight > frame.height ? y - tip.offsetHeight - 10 : y + 18}px`;
  }

  map.addEventListener('pointermove', (event) => {
    const part = event.target.closest('[data-t], [data-n]');
    const texts = part && (part.dataset.t ? data.tips[part.dataset.t] : data.marks[part.dataset.n].text);
    tip.hidden = !texts || fingers.size > 0;
    if (!tip.hidden) {
      tip.textContent = said(texts);
      placeTip(event);
    }
    const point = at(event);
    const floor = data.floors.find((one) =>
      point.x >= one.x && point.x <= one.x + one.w && point.y >= one.y && point.y <= one.y + one.h);
    here.hidden = !floor;
    if (floor) {
      const [x, y] = [(point.x - floor.dx) / data.units, (floor.dy - point.y) / data.units];
      here.textContent = `${floor.id} · x ${x.toFixed(1)} · y ${y.toFixed(1)} m`;
    }
  });
  map.addEventListener('pointerleave', () => { tip.hidden = true; });

  // --- problems ---
  const entries = [...document.querySelectorAll('#problems button')];
  const marks = [...map.querySelectorAll('.mark')];

  function choose(number, { move }) {
    for (const mark of marks) mark.classList.toggle('chosen', mark.dataset.n === number);
    for (const entry of entries) entry.setAttribute('aria-pressed', String(entry.dataset.n === number));
    const spot = data.marks[number].spots[0];
    if (move && spot) around(near(spot[0], spot[1]));
    if (!move) {
      const entry = entries.find((one) => one.dataset.n === number);
      entry.scrollIntoView({ block: 'nearest' });
      entry.focus({ preventScroll: true });
    }
  }
  for (const entry of entries) entry.addEventListener('click', () => choose(entry.dataset.n, { move: true }));
  map.addEventListener('click', (event) => {
    const mark = event.target.closest('.mark');
    if (mark && moved <= 6) choose(mark.dataset.n, { move: false });
  });

  // --- floors, layers, finding ---
  for (const button of document.querySelectorAll('[data-go]')) {
    button.addEventListener('click', () => {
      around(data.floors.find((one) => one.id === button.dataset.go));
      if (window.innerWidth <= 760) map.focus();
    });
  }
  for (const box of document.querySelectorAll('[data-layer]')) {
    const set = () => map.classList.toggle(`no-${box.dataset.layer}`, !box.checked);
    box.addEventListener('change', set);
    set();
  }
  const search = document.getElementById('search');
  const found = document.getElementById('found');
  function find() {
    const wanted = search.value.trim().toLowerCase();
    const hits = wanted
      ? data.places.filter((one) => `${one[0]} ${one[1]} ${one[2]}`.toLowerCase().includes(wanted)).slice(0, 12)
      : [];
    found.replaceChildren(...hits.map((one) => {
      const [item, button, bold, small] = ['li', 'button', 'b', 'small'].map((tag) => document.createElement(tag));
      button.type = 'button';
      bold.textContent = said([one[1], one[2]]) || one[0];
      small.textContent = `${one[0]} · ${one[3]}`;
      button.append(bold, small);
      button.addEventListener('click', () => around(near(one[4], one[5])));
      item.append(button);
      return item;
    }));
    document.getElementById('nothing').hidden = !wanted || hits.length > 0;
  }
  search.addEventListener('input', find);

  // --- language and light ---
  function speak(language) {
    root.lang = language;
    document.title = said(data.title);
    for (const button of document.querySelectorAll('[data-lang]')) {
      button.setAttribute('aria-pressed', String(button.dataset.lang === language));
      button.hidden = button.dataset.lang === language;
    }
    for (const labelled of document.querySelectorAll('[data-label]')) {
      const label = said(labelled.dataset.label.split('|'));
      labelled.setAttribute('aria-label', label);
      labelled.title = label;
    }
    find();
  }
  for (const button of document.querySelectorAll('[data-lang]')) {
    button.addEventListener('click', () => speak(button.dataset.lang));
  }
  const dark = window.matchMedia('(prefers-color-scheme: dark)');
  const light = () => { root.dataset.theme = dark.matches ? 'dark' : 'light'; };
  dark.addEventListener('change', light);
  document.getElementById('theme').addEventListener('click', () => {
    root.dataset.theme = root.dataset.theme === 'dark' ? 'light' : 'dark';
  });

  map.style.setProperty('--point', data.point);
  light();
  speak(root.lang);
  around(whole);
  draw();
  window.addEventListener('resize', () => look(view.x, view.y, view.w, (view.w * map.clientHeight) / map.clientWidth));
})();
