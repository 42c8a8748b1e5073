// First run, one step at a time over a form that is whole without a script.

const form = document.querySelector("[data-steps]");
const steps = [...form.querySelectorAll("[data-step]")];
const listed = [...document.querySelectorAll(".steps li")];
const back = form.querySelector("[data-back]");
const next = form.querySelector("[data-next]");
const finish = form.querySelector("[data-finish]");
// The code came before, on a page of its own.
const before = listed.length - steps.length;

function show(current) {
  steps.forEach((step, place) => { step.hidden = place !== current; });
  listed.forEach((item, place) => {
    item.classList.toggle("is-done", place < current + before);
    item.toggleAttribute("aria-current", false);
    if (place === current + before) item.setAttribute("aria-current", "step");
  });
  back.hidden = current === 0;
  next.hidden = current === steps.length - 1;
  finish.hidden = !next.hidden;
  form.dataset.at = String(current);
}

function go(current) {
  show(current);
  steps[current].querySelector("input, textarea, select")?.focus();
  window.scrollTo(0, 0);
}

function goOn() {
  const current = Number(form.dataset.at);
  const missing = [...steps[current].querySelectorAll("[aria-required]")].find((field) => !field.value.trim());
  if (!missing) return go(current + 1);
  missing.setCustomValidity(form.dataset.needed);
  missing.reportValidity();
  missing.addEventListener("input", () => missing.setCustomValidity(""), { once: true });
}

next.addEventListener("click", goOn);
back.addEventListener("click", () => go(Number(form.dataset.at) - 1));

// Enter goes on instead of sending half a form.
form.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.target.tagName !== "INPUT" || next.hidden) return;
  event.preventDefault();
  goOn();
});

const wrong = form.querySelector("[aria-invalid=true]");
show(wrong ? steps.findIndex((step) => step.contains(wrong)) : 0);
wrong?.focus();

// What the tablet thinks is offered, never filled in.
const suggestion = form.querySelector("[data-zone-suggestion]");
const zone = suggestion.querySelector("input");
const offer = suggestion.querySelector("button");
const guess = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (guess && form.querySelector(`#zones option[value="${CSS.escape(guess)}"]`)) {
  offer.textContent = offer.dataset.says.replace("{zone}", guess);
  offer.hidden = zone.value === guess;
  offer.addEventListener("click", () => {
    zone.value = guess;
    offer.hidden = true;
    zone.focus();
  });
}
