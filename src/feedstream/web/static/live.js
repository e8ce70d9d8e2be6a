// Keeps an open page up to date: when a change touches what it shows, fetch the page and swap <main>.
"use strict";
(() => {
  const watched = () => document.querySelector("main[data-watch]")?.dataset.watch;
  if (!watched() || !window.EventSource) return;
  const status = document.getElementById("live");
  let busy = false, again = false, quiet = 0, shown = document.querySelector("main").innerHTML;

  const keys = (root) => new Set([...root.querySelectorAll("[data-key]")].map((e) => e.dataset.key));

  // The first block that can be seen stays where it is while others come and go above it.
  const anchor = () =>
    [...document.querySelectorAll("[data-key][id]")].find((e) => e.getBoundingClientRect().bottom > 0);

  async function refresh() {
    if (busy) { again = true; return; }
    busy = true;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-cache" });
      if (!answer.ok && ![404, 410, 451].includes(answer.status)) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector("main"), old = document.querySelector("main");
      if (fresh.innerHTML === shown) { old.dataset.position = fresh.dataset.position; return; }
      shown = fresh.innerHTML;
      const before = keys(old), held = scrollY > 80 ? anchor() : null, top = held?.getBoundingClientRect().top;
      const focused = document.activeElement?.id, link = old.contains(document.activeElement) && document.activeElement.getAttribute("href");
      old.replaceWith(fresh);
      document.title = page.title;
      const news = [...fresh.querySelectorAll("[data-key]")].filter((e) => !before.has(e.dataset.key));
      const place = held && document.getElementById(held.id);
      if (place) scrollBy({ top: place.getBoundingClientRect().top - top, behavior: "instant" });
      const same = (focused && document.getElementById(focused)) || (link && fresh.querySelector(`a[href="${CSS.escape(link)}"]`));
      if (same) same.focus({ preventScroll: true });
      news.forEach((e) => e.classList.add("fresh"));
      setTimeout(() => news.forEach((e) => e.classList.remove("fresh")), 6000);
      if (!watched()) { stop(); say("This page is no longer available."); }
      else if (news.length === 1) say(watched() === "stories" ? "A story is new or was updated." : "This page has one new entry.");
      else say(news.length ? `This page has ${news.length} new entries.` : "This page was updated.");
    } catch {
      // The line broke: the stream connects again by itself, and its greeting tells what was missed.
    } finally {
      busy = false;
      if (again) { again = false; refresh(); }
    }
  }

  function say(words) {
    status.textContent = words;
    clearTimeout(quiet);
    quiet = setTimeout(() => { status.textContent = ""; }, 8000);
  }

  // A page older than the server's position may have missed something: before the stream began,
  // during a break of the line, or while the tab was out of sight.
  const missed = (position) => position > Number(document.querySelector("main").dataset.position);
  let source = null;
  function start() {
    if (source || document.hidden || !watched()) return;
    source = new EventSource("/live");
    source.addEventListener("hello", (event) => {
      if (missed(JSON.parse(event.data).position)) refresh();
    });
    source.addEventListener("change", (event) => {
      if (JSON.parse(event.data).feeds.includes(watched())) refresh();
    });
  }
  function stop() {
    source?.close();
    source = null;
  }

  // A browser allows few connections to one host: tabs out of sight let go and catch up later.
  document.addEventListener("visibilitychange", () => (document.hidden ? stop() : start()));
  addEventListener("pagehide", stop);
  addEventListener("pageshow", start);
  start();
})();
