// The lock screen while the server is there: it asks the server whether the PIN is right and, if so,
// lets the same PIN open this tablet when the server is away. Without this script the form alone asks.
import { pad } from "../pin.js";
import { keepPin } from "./pin.js";

const form = document.querySelector("[data-pin-pad]");
const refusal = form.querySelector("[data-refusal]");

function refuse(sentence) {
  for (const said of form.querySelectorAll(".finding, .flash")) said.hidden = true;
  refusal.querySelector("p").textContent = sentence;
  refusal.hidden = false;
  pad.empty();
}

form.addEventListener("submit", async (event) => {
  if (event.defaultPrevented) return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form));
  const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } }).catch(() => null);
  // The names that are kept here ask once more.
  if (!answer && navigator.serviceWorker?.controller) return location.assign("/offline");
  const told = await answer?.json().catch(() => null);
  if (!answer?.ok || !told) return refuse(told?.error ?? form.dataset.unreachable);
  await keepPin(told, body.get("pin")).catch(() => undefined);
  location.assign(told.next);
});
