// A report needs no script to be read; this one changes language and theme.
'use strict';
(() => {
  const root = document.documentElement;
  document.querySelector('.buttons').hidden = false;
  const buttons = [...document.querySelectorAll('[data-lang]')];
  const speak = (lang) => {
    root.lang = lang;
    for (const one of buttons) one.setAttribute('aria-pressed', String(one.dataset.lang === lang));
  };
  for (const one of buttons) one.addEventListener('click', () => speak(one.dataset.lang));
  speak(root.lang);
  const night = matchMedia('(prefers-color-scheme: dark)');
  document.getElementById('theme').addEventListener('click', () => {
    const shown = root.dataset.theme || (night.matches ? 'dark' : 'light');
    root.dataset.theme = shown === 'dark' ? 'light' : 'dark';
  });
})();
