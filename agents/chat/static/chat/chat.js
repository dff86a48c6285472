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

  // What is being typed or chosen stays when a part is written anew, by the stream or by the answer to a form, which
  // may come in any order. What a form sent is the server's to show, unless it was refused. What was unfolded stays
  // so, unless it was about something else: an address that was given is not asked for any more.
  const typed = (root) => [...root.querySelectorAll("input[id]:not([type=hidden])")].filter((one) =>
    one.type === "radio" ? one.checked !== one.defaultChecked : one.value !== one.defaultValue);

  let restore = () => {};
  const unfold = new WeakMap(); // by swap: htmx writes the attributes of the new part once more at its end
  document.addEventListener("htmx:before:swap", (event) => {
    restore(); // what the swap before this one has not given back yet
    const { ctx, tasks } = event.detail;
    const focused = document.activeElement;
    const sheet = focused && focused.closest && focused.closest(".sheet");
    const isAnswer = ctx.sourceElement !== stream;
    const sent = isAnswer && ctx.sourceElement instanceof HTMLFormElement ? ctx.request.body : null;
    const isSent = (one) => sent instanceof URLSearchParams && sent.get(one.name) === one.value;
    const kept = [];
    for (const task of tasks) {
      const target = typeof task.target === "string" ? document.querySelector(task.target) : task.target;
      if (!target || target.id === "blocks") continue;
      for (const one of typed(target)) kept.push({ id: one.id, type: one.type, value: one.value, isOn: one.checked, isSent: isSent(one) });
      for (const one of target.querySelectorAll("details[id]")) {
        const holdsForm = isAnswer && one.contains(ctx.sourceElement);
        kept.push({ id: one.id, type: "details", value: one.dataset.of, isOn: one.open, isSent: holdsForm });
      }
    }
    const giveBack = (wanted) => {
      if (restore === giveBack) restore = () => {};
      for (const { id, type, value, isOn, isSent } of kept) {
        const one = document.getElementById(id);
        if (!one || (isSent && !one.closest("[data-refused]")) || (wanted && type !== wanted)) continue;
        if (type === "details") one.open = one.open || (isOn && one.dataset.of === value);
        else if (type === "radio") one.checked = isOn;
        else one.value = value;
      }
      if (sheet && document.activeElement === document.body) {
        const title = document.getElementById(`${sheet.id}-title`);
        if (title) title.focus({ preventScroll: true });
      }
      if (follows) toEnd();
    };
    restore = giveBack;
    unfold.set(ctx, () => giveBack("details"));
    setTimeout(giveBack, 0);
  });

  document.addEventListener("htmx:after:swap", (event) => {
    unfold.get(event.detail.ctx)?.();
    if (follows) toEnd();
  });
  document.addEventListener("submit", (event) => {
    if (event.target.id === "composer" || event.target.closest(".found, .problem")) follows = true;
  });
})();
