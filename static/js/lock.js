// Locks this tablet, by hand or because nobody touches it. Everything that can be read leaves the
// screen at once; the server is told as soon as what waits has been sent or is known to lie safely.

// Who is on this tablet, for all its windows: a person's id, or that it was locked.
const ON = "stipple.on";
const TOUCHED = "stipple.touched";
const LOCKED = "locked";
const TOUCHES = ["pointerdown", "pointermove", "keydown", "wheel"];

const SECOND = 1000;
// How long the screen waits for what is being sent before it tells the server all the same.
const GRACE = 2 * SECOND;
const AGAIN = 5 * SECOND;

const screen = document.getElementById("cover");
const { person, lockAfter } = document.body.dataset;
const allowed = Number(lockAfter) * SECOND;
// The server hears of touches this long after the first of them, well before it would lock.
const tellAfter = Math.min(allowed / 3, 60 * SECOND);
const token = document.querySelector("meta[name='csrf-token']").content;
const address = location.pathname;

let touchedHere = Date.now();
let noted = 0;
let telling = null;
let watching = null;
let covered = false;
const works = [];

function recall(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function note(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // A browser that keeps nothing locks each window by itself.
  }
}

/** Since when nobody has touched any window of this tablet. */
const touched = () => Math.min(Date.now(), Math.max(touchedHere, Number(recall(TOUCHED)) || 0));

/** What a request says of its person: how many seconds ago they touched the tablet. */
export const presence = () => ({ "X-Stipple-Idle": String(Math.floor((Date.now() - touched()) / SECOND)) });

/** Whether nothing of this page is to be shown any more. */
export const isCovered = () => covered;

/**
 * Something of this page that may still have to be sent before it is left.
 * @param {{send: () => Promise<any>, exposed: () => boolean}} work  `exposed`: whether leaving would lose it
 */
export const beforeLeaving = (work) => works.push(work);

/** Take everything off the screen, for good. */
function cover() {
  covered = true;
  // What opens this person's words leaves the window with them.
  window.name = "";
  clearTimeout(watching);
  clearTimeout(telling);
  for (const kind of ["keydown", "keyup", "paste"]) window.addEventListener(kind, (event) => event.stopImmediatePropagation(), true);
  document.title = screen.dataset.title;
  document.body.replaceChildren(screen.content.cloneNode(true));
  delete document.documentElement.dataset.veiled;
}

/** Lock this tablet. @param {"hand" | "idle"} why */
export async function lock(why) {
  if (covered) return;
  cover();
  note(ON, LOCKED);
  await leave(why);
}

async function leave(why) {
  const sent = Promise.allSettled(works.map((work) => work.send()));
  await Promise.race([sent, new Promise((done) => setTimeout(done, GRACE))]);
  // What lies nowhere but in this page is worth more than a told server: the screen is covered.
  if (works.some((work) => work.exposed()) || !(await tell(why))) return tryAgain(() => leave(why));
  location.replace(screen.dataset.lock);
}

/** Whether the server knows that the session is over. */
async function tell(why) {
  try {
    const answer = await fetch(screen.dataset.lock, {
      method: "POST",
      headers: { Accept: "application/json", "X-CSRFToken": token, "X-Stipple-Background": "1" },
      body: new URLSearchParams({ why, address }),
      signal: AbortSignal.timeout(10 * SECOND),
    });
    // Refused means that the session this page belongs to is over already.
    return answer.status < 500;
  } catch {
    return false;
  }
}

function tryAgain(work) {
  const button = document.querySelector("[data-try-again]");
  for (const node of document.querySelectorAll("[data-unreachable], [data-try-again]")) node.hidden = false;
  // A page that holds what lies nowhere else must not be left for the names that are kept here.
  document.querySelector("[data-offline]").hidden = !navigator.serviceWorker?.controller || works.some((work) => work.exposed());
  const go = () => {
    clearTimeout(timer);
    window.removeEventListener("online", go);
    button.removeEventListener("click", go);
    work();
  };
  const timer = setTimeout(go, AGAIN);
  window.addEventListener("online", go);
  button.addEventListener("click", go);
}

/** Lock when nobody has been here for long enough; otherwise look again when that could be so. */
function watch() {
  clearTimeout(watching);
  const left = allowed - (Date.now() - touched());
  if (left <= 0) lock("idle");
  else watching = setTimeout(watch, left);
}

/** Whether this page may still be seen: another window may have locked, or somebody else be on. */
function look() {
  if (covered) return;
  const on = recall(ON);
  if (on === LOCKED) lock("hand");
  else if (on !== null && on !== person) {
    cover();
    location.replace(screen.dataset.lock);
  } else {
    watch();
    if (!covered && document.visibilityState === "visible") delete document.documentElement.dataset.veiled;
  }
}

function touch(event) {
  if (!event.isTrusted || covered) return;
  touchedHere = Date.now();
  if (touchedHere - noted > SECOND) note(TOUCHED, String((noted = touchedHere)));
  telling ??= setTimeout(sayPresent, tellAfter);
}

/** Touches between two requests are somebody at work, too: in a long form, or without a network. */
function sayPresent() {
  telling = null;
  if (navigator.onLine) fetch(screen.dataset.presence, { headers: { Accept: "application/json", ...presence() }, keepalive: true }).catch(() => {});
}

// Locked, or another came back with their PIN while the server was away: this session is not theirs.
if (![null, person].includes(recall(ON))) lock("hand");
else {
  note(ON, person);
  note(TOUCHED, String(touchedHere));
  delete document.documentElement.dataset.veiled;
  for (const kind of TOUCHES) window.addEventListener(kind, touch, { capture: true, passive: true });
  for (const form of document.querySelectorAll("[data-locks]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      lock("hand");
    });
  }
  window.addEventListener("storage", (event) => {
    if (event.key === ON || event.key === null) look();
  });
  // Out of sight nothing stays legible, so that a tablet that wakes shows nothing before it has looked.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") document.documentElement.dataset.veiled = "";
    else look();
  });
  window.addEventListener("pagehide", () => {
    document.documentElement.dataset.veiled = "";
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
    else look();
  });
  watch();
}
