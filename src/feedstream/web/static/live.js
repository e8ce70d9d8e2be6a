// Keeps an open page up to date: when a change touches what it shows, fetch the page and swap <main>.
"use strict";
(() => {
  const watched = () => document.querySelector("main[data-watch]")?.dataset.watch;
  if (!watched() || !window.EventSource) return;
  const status = document.getElementById("live");
  let behind = false, busy = false, again = false, hello = false;

  const keys = (root) => new Set([...root.querySelectorAll("[data-key]")].map((e) => e.dataset.key));

  // The first block that can be seen stays where it is while others come and go above it.
  const anchor = () =>
    [...document.querySelectorAll("[data-key][id]")].find((e) => e.getBoundingClientRect().bottom > 0);

  async function refresh() {
    if (busy) { again = true; return; }
    busy = true;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-cache" });
      if (!answer.ok && answer.status !== 410 && answer.status !== 451) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector("main"), old = document.querySelector("main");
      const before = keys(old), held = scrollY > 80 ? anchor() : null, top = held?.getBoundingClientRect().top;
      const focused = document.activeElement?.id;
      old.replaceWith(fresh);
      document.title = page.title;
      const news = [...fresh.querySelectorAll("[data-key]")].filter((e) => !before.has(e.dataset.key));
      const place = held && document.getElementById(held.id);
      if (place) scrollBy({ top: place.getBoundingClientRect().top - top, behavior: "instant" });
      if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
      news.forEach((e) => e.classList.add("fresh"));
      setTimeout(() => news.forEach((e) => e.classList.remove("fresh")), 6000);
      if (news.length) say(news.length === 1 ? "One change above or below is new." : `${news.length} changes are new.`);
    } catch { behind = true; } finally {
      busy = false;
      if (again) { again = false; refresh(); }
    }
  }

  function say(words) {
    status.textContent = words;
    setTimeout(() => { status.textContent = ""; }, 5000);
  }

  const live = new EventSource("/live");
  live.addEventListener("hello", () => {
    if (hello || behind) { behind = false; refresh(); } // a break in the line: something may be missed
    hello = true;
  });
  live.addEventListener("change", (event) => {
    const files = JSON.parse(event.data).files;
    if (files.some((name) => name.startsWith(watched() + "."))) refresh();
  });
})();
