// The PIN pad of the review page: keys for a gloved finger over one password field.
// Without this script the field alone does the same.

const form = document.querySelector("[data-pin-pad]");

if (form) {
  const field = form.querySelector("#pin");
  const dots = form.querySelector(".pin");
  const keys = form.querySelector(".keys");
  const sign = form.querySelector("[data-action=sign]");
  const shortest = 6;
  const longest = Number(field.maxLength);

  const show = () => {
    const entered = field.value.length;
    const marks = Array.from({ length: Math.max(shortest, entered) }, (_, place) => {
      const mark = document.createElement("i");
      mark.classList.toggle("is-in", place < entered);
      return mark;
    });
    dots.replaceChildren(...marks);
    sign.setAttribute("aria-disabled", String(entered < shortest));
  };

  keys.addEventListener("click", (event) => {
    const key = event.target.closest("button");
    if (!key) return;
    if ("delete" in key.dataset) field.value = field.value.slice(0, -1);
    else if (field.value.length < longest) field.value += key.dataset.digit;
    show();
  });

  field.addEventListener("input", () => {
    field.value = field.value.replace(/\D/g, "");
    show();
  });

  form.addEventListener("submit", (event) => {
    if (field.value.length < shortest || form.dataset.sent) {
      event.preventDefault();
      field.focus();
      return;
    }
    // A second tap on a slow network must not sign, or count, twice.
    form.dataset.sent = "yes";
    sign.setAttribute("aria-disabled", "true");
  });

  // The browser may restore a page that was left; an old PIN must not wait in it.
  window.addEventListener("pageshow", () => {
    field.value = "";
    delete form.dataset.sent;
    show();
  });

  // The dots stand in for the field; it stays for keyboards and screen readers.
  field.classList.add("visually-hidden");
  dots.hidden = false;
  keys.hidden = false;
  show();
}
