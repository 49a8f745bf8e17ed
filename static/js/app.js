// Comfort only: every page works without this file. Keys: / search, g c contacts, g m messages, ? help (off inside inputs; can be
// switched off).
"use strict";
(() => {
  const summary = document.querySelector(".error-summary");
  if (summary) summary.focus();

  // Copy buttons: <button type="button" data-copy="+12065550100" hidden>Copy</button>, shown only where copying works.
  if (navigator.clipboard) {
    for (const button of document.querySelectorAll("button[data-copy]")) {
      const words = button.textContent;
      button.hidden = false;
      button.addEventListener("click", async () => {
        try {
          await navigator.clipboard.writeText(button.dataset.copy);
          button.textContent = "Copied";
        } catch {
          button.textContent = "Not copied";
        }
        setTimeout(() => { button.textContent = words; }, 2000);
      });
    }
  }

  // Keys, and the button that switches them off (WCAG 2.1.4).
  const store = {
    get off() { try { return localStorage.getItem("keys") === "off"; } catch { return false; } },
    set off(off) { try { localStorage.setItem("keys", off ? "off" : "on"); } catch { /* private window: stays on */ } },
  };
  const toggle = document.querySelector("button[data-keys]");
  if (!toggle) return;
  const show = () => { toggle.textContent = store.off ? "Shortcut keys: off" : "Shortcut keys: on"; };
  toggle.hidden = false;
  toggle.title = "/ search · g c contacts · g m messages · g r review desk · ? help";
  toggle.addEventListener("click", () => { store.off = !store.off; show(); });
  show();

  const place = (key) => document.querySelector(`a[data-go="${CSS.escape(key)}"]`);
  let awaiting = 0;
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, select, textarea, [contenteditable]");
    if (typing || store.off || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "/") {
      const search = document.querySelector("input[type=search]");
      if (search) { event.preventDefault(); search.focus(); search.select(); }
    } else if (event.key === "?") {
      const help = document.getElementById("keys");
      if (help && !help.open) help.showModal();
    } else if (event.key === "g") {
      awaiting = event.timeStamp;
      return;
    } else if (awaiting && event.timeStamp - awaiting < 1500 && place(event.key)) {
      location.assign(place(event.key).href);
    } else if (event.key === "j" || event.key === "k") {
      // Down and up the lines of a queue; Enter opens one.
      const lines = [...document.querySelectorAll("a[data-line]")];
      const to = lines.indexOf(document.activeElement) + (event.key === "j" ? 1 : -1);
      lines[Math.max(0, Math.min(to, lines.length - 1))]?.focus();
    } else {
      // A key only leads to a control; pressing it stays a second step.
      const control = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
      const inner = control?.matches("button, a") ? control : control?.querySelector("input, textarea");
      if (inner) { event.preventDefault(); inner.focus(); }
    }
    awaiting = 0;
  });
})();
