// The empty page, filled from the tablet while the server is away: who is charting, the charts they
// opened here, one of them. It opens charts and signs nothing.
import { clock, countTo } from "../chart/calendar.js";
import { unsent } from "../chart/vault.js";
import { speak } from "../chart/words.js";
import { openedBy } from "./opened.js";
import { held, hold, names, tryPin } from "./pin.js";

const part = (id) => document.getElementById(id);
const path = location.pathname;
const { lang, dataset } = document.documentElement;
const say = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_, name) => values[name]);

speak({}, lang);

/** Whether this window was left open for this person, and not so long ago that it would be locked. */
function isOpenFor(person) {
  try {
    const idle = Date.now() - Number(localStorage.getItem("stipple.touched"));
    return localStorage.getItem("stipple.on") === person && idle < Number(dataset.lockAfter) * 1000;
  } catch {
    return false;
  }
}

// ── who is charting ──

async function ask() {
  const form = part("ask");
  const refusal = form.querySelector("[data-refusal]");
  const refuse = (sentence) => {
    refusal.querySelector("p").textContent = sentence;
    refusal.hidden = false;
  };

  async function showNames() {
    const known = await names().catch(() => []);
    form.querySelector(".people").replaceChildren(...known.map(face));
    form.querySelector("[data-nobody]").hidden = known.length > 0;
    form.querySelector("[data-pad]").hidden = known.length === 0;
  }

  await showNames();
  const { pad } = await import("../pin.js");
  form.addEventListener("submit", async (event) => {
    if (event.defaultPrevented) return;
    event.preventDefault();
    const typed = new FormData(form);
    const person = typed.get("person");
    const { secret, left } = await tryPin(person, typed.get("pin"));
    if (secret) return open(person, secret);
    refuse(left > 0 ? say(form.dataset.wrong, { left }) : form.dataset.five);
    if (left <= 0) await showNames();
    pad.empty();
  });
  form.hidden = false;
}

function face({ person, name }, index) {
  const label = part("face").content.firstElementChild.cloneNode(true);
  const choice = label.querySelector("input");
  Object.assign(choice, { value: person, checked: index === 0 });
  choice.dataset.name = name;
  const words = name.split(",")[0].split(" ");
  label.querySelector(".person__mark").textContent = [words[0], words.length > 1 ? words.at(-1) : ""].map((word) => word[0] ?? "").join("");
  label.querySelector("b").textContent = name;
  return label;
}

function open(person, secret) {
  hold(person, secret);
  try {
    localStorage.setItem("stipple.on", person);
    localStorage.setItem("stipple.touched", String(Date.now()));
  } catch {
    // A browser that keeps nothing asks again.
  }
  location.reload();
}

// ── what they opened here ──

async function show(person, secret) {
  part("ask").remove();
  const pages = await openedBy(person, secret);
  Object.assign(document.body.dataset, { person, lockAfter: dataset.lockAfter });
  const wanted = pages.find(({ data }) => data.save_url === path);
  document.querySelector("meta[name='csrf-token']").content = (wanted ?? pages[0])?.token ?? "";
  if (wanted?.version === dataset.version) return openChart(wanted, secret);
  await list(person, pages, wanted);
  await import("../lock.js");
}

async function list(person, pages, wanted) {
  const root = part("kept");
  const waiting = await unsent(person).catch(() => new Map());
  const usable = pages.filter(({ version }) => version === dataset.version);
  root.querySelector("[data-older]").hidden = !wanted;
  root.querySelector("[data-waits]").hidden = Boolean(wanted) || ["/", "/lock", "/offline"].includes(path);
  root.querySelector("[data-none]").hidden = usable.length > 0;
  root.querySelector("[data-again]").href = path === "/offline" ? "/" : path;
  root.querySelector(".lines").replaceChildren(
    ...usable.map(({ data, at }) => {
      countTo(data.hours);
      const row = part("line").content.firstElementChild.cloneNode(true);
      row.querySelector("a").href = data.save_url;
      row.querySelector("b").textContent = data.patient.name;
      row.querySelector(".who span").textContent = say(root.dataset.opened, { number: data.patient.record_number, time: clock(new Date(at).toISOString(), data.zone) });
      const changes = waiting.get(data.treatment);
      const chip = row.querySelector(".chip");
      chip.hidden = !changes;
      if (changes) chip.textContent = say(changes === 1 ? root.dataset.one : root.dataset.many, { n: changes });
      return row;
    }),
  );
  root.hidden = false;
}

// ── one of them ──

async function openChart({ data, bar, token, skew }, secret) {
  part("kept").remove();
  document.body.prepend(part("chart-page").content.cloneNode(true));
  part("who-bar").replaceWith(new DOMParser().parseFromString(bar, "text/html").querySelector("#who-bar"));
  part("chart").dataset.signIn = path;
  part("halt").querySelector("[data-again]").href = path;
  part("halt").querySelector("[data-patient]").href = data.patient_url;
  const discard = part("discard").querySelector("form");
  discard.action = data.discard_url;
  discard.elements.csrf_token.value = token;
  const carried = document.createElement("script");
  Object.assign(carried, { type: "application/json", id: "chart-data" });
  carried.textContent = JSON.stringify({ ...data, vault_secret: secret, is_kept: true, now: new Date(Date.now() + skew).toISOString() });
  document.body.append(carried);
  await import("../chart/editor.js");
}

const { person, secret } = held();
if (secret && isOpenFor(person)) await show(person, secret);
else {
  window.name = "";
  await ask();
}
delete document.documentElement.dataset.veiled;
