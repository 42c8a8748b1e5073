// A pad for a PIN: keys for a gloved finger over one password field, on the review page and on the
// lock screen. Without this script the field alone does the same.

const form = document.querySelector("[data-pin-pad]");

/** The pad, to be emptied for another try. */
export const pad = { empty: () => undefined };

if (form) {
  const field = form.querySelector("#pin");
  const dots = form.querySelector(".pin");
  const keys = form.querySelector(".keys");
  const sends = form.querySelector("[data-action=sign], [data-enters]");
  const name = form.querySelector("[data-pin-name]");
  const says = form.querySelector("[data-pin-says]");
  const shortest = 6;
  const longest = Number(field.maxLength);

  // Whose PIN it is, where several people may be meant. Some have none.
  const chosen = () => form.querySelector("[name=person]:checked");
  const isClosed = () => name !== null && (!chosen() || "noPin" in chosen().dataset);

  const show = () => {
    const entered = field.value.length;
    const marks = Array.from({ length: Math.max(shortest, entered) }, (_, place) => {
      const mark = document.createElement("i");
      mark.classList.toggle("is-in", place < entered);
      return mark;
    });
    dots.replaceChildren(...marks);
    sends.setAttribute("aria-disabled", String(entered < shortest || isClosed()));
    if (name) {
      name.textContent = chosen()?.dataset.name ?? "";
      says.textContent = chosen()?.dataset.noPin ?? says.dataset.pinSays;
      for (const key of keys.querySelectorAll("button")) key.disabled = isClosed();
      field.disabled = isClosed();
    }
  };

  const enter = (key) => {
    if (key.disabled) return;
    if ("delete" in key.dataset) field.value = field.value.slice(0, -1);
    else if (field.value.length < longest) field.value += key.dataset.digit;
    show();
  };

  // A finger that lifts from the key it came down on has pressed it, however long it lay there: to a
  // browser a slow tap of a gloved hand is a long press, and one of two thumbs no tap at all.
  const pressed = new Map();
  // Where a browser has yet to make a click of such a touch: that is no second one.
  const echoes = new Set();
  const holds = (key, { clientX: x, clientY: y }) => {
    const { left, right, top, bottom } = key.getBoundingClientRect();
    return x >= left && x <= right && y >= top && y <= bottom;
  };

  keys.addEventListener("pointerdown", ({ target, button, pointerId }) => {
    const key = target.closest("button");
    if (!key || button !== 0) return;
    echoes.delete(key);
    pressed.set(pointerId, key);
  });
  keys.addEventListener("pointerup", (event) => {
    const key = pressed.get(event.pointerId);
    pressed.delete(event.pointerId);
    if (!key || !holds(key, event)) return;
    echoes.add(key);
    enter(key);
  });
  keys.addEventListener("pointercancel", ({ pointerId }) => pressed.delete(pointerId));
  keys.addEventListener("contextmenu", (event) => event.preventDefault());

  keys.addEventListener("click", (event) => {
    const key = event.target.closest("button");
    // Keyboards, screen readers and voices click without a finger: such a click counts no presses
    // (`detail`), and is no echo of one.
    if (key && !(event.detail && echoes.delete(key))) enter(key);
  });

  field.addEventListener("input", () => {
    field.value = field.value.replace(/\D/g, "");
    show();
  });

  form.addEventListener("change", (event) => {
    if (event.target.name !== "person") return;
    // The digits of one are nothing for another.
    field.value = "";
    show();
  });

  // Digits typed anywhere on the lock screen are meant for the pad.
  if (name) {
    document.addEventListener("keydown", (event) => {
      if (event.target === field || isClosed() || event.ctrlKey || event.metaKey || event.altKey) return;
      if (/^\d$/.test(event.key) || event.key === "Backspace") field.focus();
    });
  }

  form.addEventListener("submit", (event) => {
    if (field.value.length < shortest || isClosed() || form.dataset.sent) {
      event.preventDefault();
      field.focus();
      return;
    }
    // A second tap on a slow network must not sign, or count, twice.
    form.dataset.sent = "yes";
    sends.setAttribute("aria-disabled", "true");
  });

  pad.empty = () => {
    field.value = "";
    delete form.dataset.sent;
    show();
  };
  // The browser may restore a page that was left; an old PIN must not wait in it. A page that is only
  // slow to load must not take away the digits that somebody quick has entered meanwhile.
  window.addEventListener("pageshow", ({ persisted }) => persisted && pad.empty());

  // The dots stand in for the field; it stays for keyboards and screen readers.
  field.classList.add("visually-hidden");
  dots.hidden = false;
  keys.hidden = false;
  pad.empty();
}
