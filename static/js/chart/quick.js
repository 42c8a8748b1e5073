// The quick line: a field that is typed or dictated into, what each piece of it would lay, and laying it.
import { button, el, obey, redraw } from "./dom.js";
import { sideWord, subjectName, units } from "./names.js";
import { lexicon, parse } from "./quickline.js";
import { drawingsFor, evenPlaces, protocolPlaces } from "./room.js";
import { language, t, tn } from "./words.js";

/**
 * @param {HTMLElement} root  an empty section
 * @param {object} with_
 * @param {() => any} with_.scene
 * @param {any} with_.drawings
 * @param {(sites: object[]) => boolean} with_.lay  lay them as planned, in one step
 * @param {(sentence: string) => void} with_.said
 * @param {() => void} with_.closed
 */
export function createQuick(root, { scene, drawings, lay, said, closed }) {
  const field = el("textarea", { class: "input quick__field", id: "quick-line", rows: "2", maxlength: "600", autocomplete: "off", autocapitalize: "off", spellcheck: "false", enterkeyhint: "done", "aria-describedby": "quick-says" });
  const preview = el("div", { class: "quick__pieces" });
  const does = el("span", { class: "row row--tight push" });
  const message = el("p", { class: "quick__says tiny", id: "quick-says", role: "status" });
  let pieces = [];
  let known = null;
  let busy = false;

  root.replaceChildren(el("label", { class: "quick__label", for: "quick-line" }, t("Quick line, typed or dictated")), field, el("div", { class: "quick__does" }, message, does), preview);
  field.addEventListener("input", () => read());
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      layAll();
    }
  });
  root.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape") close();
  });
  obey(root, {
    "lay-line": () => layAll(),
    "close-line": () => close(),
    correct: ({ dataset }) => correct(Number(dataset.from), Number(dataset.to), dataset.put),
  });

  const words = () => ({ left: t("left"), right: t("right"), both: t("both"), units: t("units") });
  const example = () => t("frontalis left 2.5 x2, procerus 5, temporalis both 5x4");

  function read() {
    pieces = parse(field.value, known, { decimalComma: language().startsWith("es"), words: words() });
    draw();
  }

  const ready = () => pieces.filter(({ faults }) => !faults.length);
  const sitesIn = (some) => some.reduce((sum, { sides, count }) => sum + sides.length * count, 0);

  function draw(sentence = "") {
    const { catalogue } = scene();
    const wrong = pieces.length - ready().length;
    message.textContent = sentence || (pieces.length ? (wrong ? tn(wrong, "1 piece is not understood yet.", "{n} pieces are not understood yet.") : t("Everything is understood.")) : t("Such as: {line}", { line: example() }));
    redraw(preview, pieces.map((piece) => (piece.faults.length ? unclear(piece) : clear(catalogue, piece))));
    const n = sitesIn(ready());
    redraw(
      does,
      button("close-line", { class: "button button--quiet" }, t("Close")),
      button("lay-line", { class: "button button--primary", "aria-disabled": String(n === 0) }, n ? tn(n, "Lay 1 site", "Lay {n} sites") : t("Lay sites")),
    );
  }

  /** What a piece would lay: muscle, sides, sites and units. */
  function clear(catalogue, { muscle, sides, count, units: each }) {
    const where = sides.map((side) => sideWord(side).toLowerCase()).join(" + ");
    const dose = t("{n} × {dose}", { n: count, dose: units(each) });
    return el(
      "p",
      { class: "quick__piece", "data-lays": String(sides.length * count) },
      el("b", {}, t("{muscle}, {side}", { muscle: subjectName(catalogue, { muscle }), side: where })),
      el("span", {}, sides.length > 1 ? t("{dose} on each side, planned", { dose }) : t("{dose}, planned", { dose })),
    );
  }

  function unclear(piece) {
    const { catalogue } = scene();
    const parts = [];
    let at = piece.from;
    for (const { from, to } of piece.faults) {
      if (to <= at) continue;
      parts.push(field.value.slice(at, Math.max(at, from)), el("u", {}, field.value.slice(Math.max(at, from), to)));
      at = to;
    }
    return el(
      "div",
      { class: "quick__piece quick__piece--unclear" },
      el("p", { class: "quick__text" }, parts, field.value.slice(at, piece.to)),
      piece.faults.map((fault) => [
        el("p", { class: "quick__why" }, why(catalogue, fault, piece)),
        fault.offers.length ? el("div", { class: "quick__offers" }, fault.offers.map((offer) => offered(catalogue, offer))) : null,
      ]),
    );
  }

  const offered = (catalogue, { put, from, to, muscle, side }) =>
    button(
      "correct",
      { class: "button button--small", "data-from": from, "data-to": to, "data-put": put, "data-key": `${from} ${put}` },
      muscle ? subjectName(catalogue, { muscle }) : side === "both" ? t("Both sides") : side ? sideWord(side) : put.trim(),
    );

  function why(catalogue, { is, from, to, offers }, { muscle }) {
    const text = field.value.slice(from, to);
    const name = muscle && subjectName(catalogue, { muscle });
    return {
      unknown: () => (offers.length ? t("“{text}” is not known. Did you mean one of these?", { text }) : t("“{text}” is not understood.", { text })),
      muscle: () => t("Which muscle or area?"),
      second: () => t("A second muscle: put a comma before it."),
      which: () => t("“{text}” may be several muscles. Which one?", { text }),
      side: () => t("Which side of {muscle}?", { muscle: name }),
      sides: () => t("Two sides that do not go together."),
      midline: () => t("{muscle} lies in the midline.", { muscle: name }),
      units: () => t("How many units at each site?"),
      number: () => (offers.length ? t("A decimal, or two numbers?") : t("Units are a number above 0 with at most two decimals, such as 2.5.")),
      order: () => t("Which is the units, and which the number of sites?"),
      dose: () => t("Say the units, then the number of sites, such as 2.5 x2."),
      amount: () => t("Units are a number above 0 with at most two decimals, such as 2.5."),
      count: () => t("The number of sites is a whole number."),
    }[is]();
  }

  /** Put a correction that somebody tapped in place of what it corrects. */
  function correct(from, to, put) {
    field.value = `${field.value.slice(0, from)}${put}${field.value.slice(to)}`;
    read();
    field.focus();
  }

  // ── laying ──

  async function layAll() {
    if (busy || !ready().length) return;
    busy = true;
    const taken = ready();
    const left = pieces.filter((piece) => piece.faults.length);
    const sites = [];
    const roomless = [];
    for (const piece of taken) {
      const found = await placesOf(piece, sites).catch(() => null);
      if (found) sites.push(...found);
      else roomless.push(piece);
    }
    busy = false;
    const stays = [...roomless, ...left].sort((a, b) => a.from - b.from);
    const text = stays.map(({ from, to }) => field.value.slice(from, to)).join(", ");
    if (sites.length && !lay(sites)) return;
    field.value = text;
    if (!stays.length) return close();
    read();
    if (roomless.length) {
      const names = roomless.map(({ muscle }) => subjectName(scene().catalogue, { muscle }));
      draw(t("No drawing has room for {what}. It stays here; tap the picture instead.", { what: names.join(", ") }));
    }
  }

  /** The sites of a piece at their places, or null where there is no room. */
  async function placesOf({ muscle, sides, count, units: each }, before) {
    const { catalogue, chart, indications } = scene();
    const uses = indications.filter((indication) => indication.muscles.includes(muscle));
    const sites = [];
    for (const side of sides) {
      const there = [...chart.sites, ...before, ...sites];
      const wanted = { muscle, side, count };
      const places = protocolPlaces(catalogue, uses, there, wanted) ?? (await evenly(uses.length ? uses : indications, there, wanted));
      if (!places) return null;
      sites.push(...places.map((place) => ({ ...place, muscle, units: each })));
    }
    return sites;
  }

  async function evenly(uses, there, wanted) {
    const { catalogue } = scene();
    for (const ref of drawingsFor(catalogue, uses, wanted)) {
      await drawings.fetch([ref]);
      const places = evenPlaces(drawings.get(ref), catalogue.muscles[wanted.muscle], there, wanted);
      if (places.length) return places;
    }
    return null;
  }

  function close() {
    root.hidden = true;
    closed();
  }

  return {
    open() {
      const { catalogue, indications } = scene();
      known = lexicon(catalogue.muscles, new Set(indications.flatMap(({ muscles }) => muscles)));
      root.hidden = false;
      read();
      field.focus();
      said(t("Quick line, typed or dictated"));
    },
  };
}
