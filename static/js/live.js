// Live parts: while the page can be seen, the fragment at data-live-from is asked for every two seconds with what the page
// shows (data-live-since). 204: nothing has changed. Else its [data-live] parts take the place of the page's, so that nothing
// a person reads, types or has opened is lost. Without this file the link [data-live-reload] loads the page again.
"use strict";
(() => {
  const source = document.querySelector("[data-live-from]");
  if (!source) return;
  const reload = document.querySelector("[data-live-reload]");
  if (reload) reload.hidden = true;

  let composing = false, failures = 0;
  document.addEventListener("compositionstart", () => { composing = true; });
  document.addEventListener("compositionend", () => { composing = false; });

  const swap = (part) => {
    const old = document.getElementById(part.id);
    if (!old || old.outerHTML === part.outerHTML) return;
    const opened = [...old.querySelectorAll("details[open][id]")].map((details) => details.id);
    // What a person types in stays the element it is.
    for (const fresh of part.querySelectorAll("[data-keep][id]")) {
      const kept = document.getElementById(fresh.id);
      if (kept && old.contains(kept)) fresh.replaceWith(kept);
    }
    old.className = part.className;
    old.replaceChildren(...part.childNodes);
    for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
  };

  const take = (text) => {
    const fragment = new DOMParser().parseFromString(text, "text/html");
    const fresh = fragment.querySelector("[data-live-since]");
    if (!fresh) return;
    const focused = document.activeElement;
    for (const part of fragment.querySelectorAll("[data-live][id]")) swap(part);
    source.dataset.liveSince = fresh.dataset.liveSince;
    if (focused?.isConnected && focused !== document.activeElement) focused.focus({ preventScroll: true });
  };

  const ask = async () => {
    if (document.hidden || composing) return;
    const address = new URL(source.dataset.liveFrom, location.href);
    address.searchParams.set("since", source.dataset.liveSince);
    const answer = await fetch(address, { redirect: "manual" });
    if (answer.status === 200) {
      const text = await answer.text();
      if (!composing) take(text);
    } else if (answer.status >= 500) {
      // The server is busy or away: it is asked less often.
      throw new Error(String(answer.status));
    } else if (answer.status !== 204) {
      // Signed out, or the record is gone: a person loads the page again.
      failures = Infinity;
      if (reload) reload.hidden = false;
    }
  };

  const turn = async () => {
    try {
      await ask();
      if (failures !== Infinity) failures = 0;
    } catch {
      failures += 1;
    }
    if (failures !== Infinity) setTimeout(turn, Math.min(2000 * 2 ** failures, 60000));
  };
  setTimeout(turn, 2000);
})();
