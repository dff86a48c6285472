/* What htmx does not do by itself: keep the end in sight, send with Enter, show each event once, and keep what
   somebody is typing when a part of the page is written anew. */
(() => {
  "use strict";

  const stream = document.getElementById("stream");
  const near = 160; // pixels from the end at which a reader still follows

  const isAtEnd = () =>
    document.documentElement.scrollHeight - window.scrollY - window.innerHeight < near;

  let follows = true;
  const toEnd = () => window.scrollTo({ top: document.documentElement.scrollHeight });

  window.addEventListener("scroll", () => { follows = isAtEnd(); }, { passive: true });
  if (!location.hash || location.hash === "#end") window.addEventListener("load", toEnd);

  // Enter sends, Shift+Enter makes a new line.
  document.addEventListener("keydown", (event) => {
    const box = event.target;
    if (box.id !== "words" || event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    if (box.value.trim()) {
      follows = true;
      box.form.requestSubmit();
    }
  });

  // A link to a part that can be folded unfolds it.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-opens]");
    const part = link && document.getElementById(link.dataset.opens);
    if (part) part.open = true;
  });

  if (!stream) return;

  // A connection that could not go on begins where the page is, not where it began.
  document.addEventListener("htmx:config:request", (event) => {
    if (event.detail.ctx.sourceElement === stream) {
      event.detail.ctx.request.headers["Last-Event-ID"] = stream.dataset.last;
    }
  });
  stream.addEventListener("htmx:before:sse:message", (event) => {
    const id = Number(event.detail.message.id || 0);
    if (id && id <= Number(stream.dataset.last)) event.detail.message.cancelled = true;
    else if (id) stream.dataset.last = String(id);
  });

  // What is being typed or chosen stays when the stream writes the part anew.
  const typed = (root) => [...root.querySelectorAll("input[id]:not([type=hidden])")].filter((one) =>
    one.type === "radio" ? one.checked !== one.defaultChecked : one.value !== one.defaultValue);

  document.addEventListener("htmx:before:swap", (event) => {
    const focused = document.activeElement;
    const sheet = focused && focused.closest && focused.closest(".sheet");
    const kept = [];
    if (event.detail.ctx.sourceElement === stream) {
      for (const task of event.detail.tasks) {
        const target = typeof task.target === "string" ? document.querySelector(task.target) : task.target;
        if (!target || target.id === "blocks") continue;
        for (const one of typed(target)) kept.push([one.id, one.type, one.value, one.checked]);
        for (const one of target.querySelectorAll("details[id]")) kept.push([one.id, "details", "", one.open]);
      }
    }
    const restore = () => {
      for (const [id, type, value, isOn] of kept) {
        const one = document.getElementById(id);
        if (!one) continue;
        if (type === "details") one.open = one.open || isOn;
        else if (type === "radio") one.checked = isOn;
        else one.value = value;
      }
      if (sheet && document.activeElement === document.body) {
        const title = document.getElementById(`${sheet.id}-title`);
        if (title) title.focus({ preventScroll: true });
      }
      if (follows) toEnd();
    };
    setTimeout(restore, 0);
  });

  document.addEventListener("htmx:after:swap", () => { if (follows) toEnd(); });
  document.addEventListener("submit", (event) => {
    if (event.target.id === "composer" || event.target.closest(".found, .problem")) follows = true;
  });
})();
