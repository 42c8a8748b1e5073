// Every page of a signed-in person: the first one after a sign-in makes the key under which charts lie
// on this tablet; each has the worker kept that opens them without the server, and asks before a
// sign-out loses anything.
import { makeKey, unavailable } from "./chart/vault.js";

const { person } = document.body.dataset;
const worker = navigator.serviceWorker;

/** What the worker needs to know, and what it needs of its person, once it is there. */
async function prepare() {
  await worker.ready;
  void import("./offline/opened.js").then(({ dropHidden }) => dropHidden(person)).catch(() => undefined);
  const kept = await caches.open("stipple language");
  await kept.put("/offline/language", new Response(document.documentElement.lang));
  const hint = document.querySelector("[data-offline-pin]");
  if (!hint) return;
  const { names } = await import("./offline/pin.js");
  // Locking brings the pad, and the pad the way back.
  hint.querySelector("button").addEventListener("click", () => document.querySelector("form[data-locks]").requestSubmit());
  hint.hidden = (await names()).some((each) => each.person === person);
}

if (person && !unavailable()) {
  if (worker) {
    window.addEventListener("load", () => worker.register("/sw.js").catch(() => undefined));
    prepare().catch(() => undefined);
  }
  const out = document.querySelector("form[data-signs-out]");
  out?.addEventListener("submit", async (event) => {
    event.preventDefault();
    await import("./offline/sign-out.js").then(({ signOut }) => signOut(person, out)).catch(() => out.submit());
  });
  if (sessionStorage.getItem("stipple.signing-in")) {
    sessionStorage.removeItem("stipple.signing-in");
    await makeKey(person);
    await import("./offline/opened.js").then(({ dropOpened }) => dropOpened(person));
  }
}
