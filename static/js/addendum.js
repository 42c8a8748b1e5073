// The page of an addendum: signed sites on their maps, dragged to where they were given. The signed
// place stays, dashed; the corrected place is solid.
import { artId, artOf, bodyMap } from "./chart/drawings.js";
import { button, el, obey, redraw, shape } from "./chart/dom.js";
import { locate } from "./chart/anatomy.js";
import { sideWords } from "./chart/framing.js";
import { bounds, nearest, padded, within } from "./chart/geometry.js";
import { typedUnits, plain } from "./chart/exact.js";
import { speak, t } from "./chart/words.js";
import { asCorrected, asRead, asSent, corrected, farFrom, given, named, place, sideNow } from "./correcting.js";

const form = document.querySelector("[data-amend]");

// In the pixels of the screen: how near a finger means a site, what is no drag yet, how large it is.
const REACH = 28;
const STILL = 5;
const RADIUS = 12;
// In life-size mm: how far an arrow key goes, and with Shift.
const STEP = 1;
const STRIDE = 5;

async function start() {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  speak(read("words"), document.documentElement.lang);
  const { catalogue_url, maps: addresses, titles, sites } = read("amended");
  const part = (name) => form.querySelector(`[data-part="${name}"]`);
  const svg = part("picture");
  const maps = new Map();

  let corrections = asRead(form.elements.sites.value);
  let ref = sites[0].map;
  let hand = null;
  let closer = false;
  let drag = null;

  const catalogue = await (await fetch(catalogue_url)).json();
  const muscleName = (id) => catalogue.muscles[id]?.label ?? id;
  const now = (site) => asCorrected(site, corrections.get(site.key));
  const pointOf = (site) => [Number(now(site).x), Number(now(site).y)];
  const here = () => sites.filter((site) => site.map === ref);
  const nameOf = (site) => (site.muscle ? muscleName(site.muscle) : site.other ?? "");
  const sideWord = (side) => ({ left: t("left"), right: t("right"), midline: t("midline") })[side] ?? "";
  const spotOf = (site) => locate(maps.get(site.map), pointOf(site));

  async function load(which) {
    if (maps.has(which)) return;
    const drawing = await (await fetch(addresses[which])).json();
    part("shelf").append(shape("g", { id: artId(which), class: "art" }, artOf(drawing.art)));
    maps.set(which, bodyMap(drawing, catalogue.regions));
  }

  const unit = () => 1 / (svg.getScreenCTM()?.a || 1);

  /** The part of the map that is shown: all its sites with room around, or closer about one. */
  function view() {
    // Under a finger that drags the picture holds still.
    if (drag?.view) return drag.view;
    const map = maps.get(ref);
    const [x, y, width, height] = map.viewBox;
    const room = 30 * map.scale;
    const around = hand && closer ? here().filter((site) => site.key === hand) : here();
    const box = padded(bounds(around.flatMap((site) => [pointOf(site), [Number(site.x), Number(site.y)]])), room);
    return within(box, { x, y, width, height });
  }

  function say(sentence) {
    part("said").textContent = sentence;
  }

  function become(next, sentence) {
    corrections = next;
    form.elements.sites.value = asSent(corrections);
    if (corrections.size) form.querySelector("[name=kind][value=correction]")?.click();
    show();
    if (sentence) say(sentence);
  }

  // --- The picture

  function showPicture() {
    const shown = view();
    svg.setAttribute("viewBox", `${shown.x} ${shown.y} ${shown.width} ${shown.height}`);
    redraw(part("art"), shape("use", { href: `#${artId(ref)}` }));
    const px = unit();
    const r = RADIUS * px;
    const dot = (site, [x, y]) => [
      shape("circle", { class: "site__halo", cx: x, cy: y, r: r + 5 * px }),
      shape("circle", { class: "site__dot", cx: x, cy: y, r }),
      shape("text", { x, y, "font-size": 12 * px }, String(site.number)),
    ];
    const moved = here().filter((site) => corrections.get(site.key)?.x ?? corrections.get(site.key)?.y);
    redraw(
      part("layer"),
      sideWords(maps.get(ref), shown).map(({ side, at: [x], anchor }) => shape("text", { class: "amend__side", x, y: free(shown, x, px), "font-size": 13 * px, "text-anchor": anchor }, side === "right" ? t("Right") : t("Left"))),
      moved.map((site) => shape("g", { class: "site site--signed", "aria-hidden": "true" }, dot(site, [Number(site.x), Number(site.y)]))),
      moved.map((site) => shape("path", { class: "moved", d: `M${site.x} ${site.y}L${pointOf(site).join(" ")}` })),
      here().map((site) =>
        shape(
          "g",
          {
            id: `site-${site.key}`,
            class: `site site--${now(site).state === "given" ? "given" : "planned"}${site.key === hand ? " amend__chosen" : ""}`,
            "data-site": site.key,
            tabindex: site.key === (hand ?? here()[0].key) ? 0 : -1,
            role: "button",
            "aria-pressed": String(site.key === hand),
            "aria-label": saidOf(site),
          },
          dot(site, pointOf(site)),
        ),
      ),
    );
  }

  /** How high a word about `x` lies so that no site is on it: from the foot of the picture upwards. */
  function free(shown, x, px) {
    const rows = [0.96, 0.8, 0.64, 0.48, 0.32, 0.16].map((share) => shown.y + shown.height * share);
    return rows.find((y) => here().every((site) => Math.abs(pointOf(site)[0] - x) > 60 * px || Math.abs(pointOf(site)[1] - y) > 24 * px)) ?? rows[0];
  }

  const saidOf = (site) => {
    const units = now(site).state === "given" ? t("{n} U", { n: now(site).units }) : t("not given");
    return [t("Site {n}", { n: site.number }), nameOf(now(site)), sideWord(sideOf(site)), units, ...differences(site)].filter(Boolean).join(", ");
  };

  const sideOf = (site) => (corrections.has(site.key) ? sideNow(maps.get(site.map), spotOf(site), now(site), catalogue.muscles) : site.side);

  /** What differs from what was signed, a sentence each. */
  function differences(site) {
    const change = corrections.get(site.key);
    if (!change) return [];
    const is = now(site);
    return [
      "x" in change || "y" in change ? far(site, is) : null,
      "muscle" in change || "other" in change || sideOf(site) !== site.side ? t("{name}, {side}", { name: nameOf(is), side: sideWord(sideOf(site)) }) : null,
      "units" in change ? t("{before} U, now {after} U", { before: site.units, after: is.units }) : null,
      "state" in change ? t("was not given") : null,
    ].filter(Boolean);
  }

  function far(site, is) {
    const { across, down, isDown, way } = farFrom(maps.get(site.map), site, is);
    const sideways = {
      medial: () => t("{n} mm medial", { n: across }),
      lateral: () => t("{n} mm lateral", { n: across }),
      patientRight: () => t("{n} mm to the patient’s right", { n: across }),
      patientLeft: () => t("{n} mm to the patient’s left", { n: across }),
      pictureRight: () => t("{n} mm to the right of the picture", { n: across }),
      pictureLeft: () => t("{n} mm to the left of the picture", { n: across }),
    };
    const parts = [across ? sideways[way]() : null, down ? (isDown ? t("{n} mm down", { n: down }) : t("{n} mm up", { n: down })) : null];
    return parts.filter(Boolean).join(", ") || t("less than 1 mm");
  }

  // --- Beside it

  function showMaps() {
    const refs = Object.keys(titles);
    redraw(
      part("maps"),
      refs.length > 1 ? refs.map((each) => button("map", { "data-key": each, "aria-pressed": String(each === ref) }, titles[each])) : [],
      button("closer", { "aria-pressed": String(closer), "aria-disabled": String(!hand) }, t("Closer")),
    );
  }

  function showSite() {
    const site = sites.find((each) => each.key === hand);
    const panel = part("site");
    panel.hidden = !site;
    if (!site) return;
    const is = now(site);
    const offered = [...new Set([...(spotOf(site).region?.muscles ?? []), ...(is.muscle ? [is.muscle] : [])])];
    redraw(
      panel,
      el("div", { class: "card__head" }, el("h2", { id: "site-head" }, t("Site {n}", { n: site.number })), el("span", { class: "quiet tiny push" }, [nameOf(is), sideWord(sideOf(site))].filter(Boolean).join(", "))),
      el(
        "div",
        { class: "card__body stack stack--tight" },
        el("label", { class: "field" }, el("span", { class: "field__label" }, t("Muscle or area")), el("select", { class: "input", "data-field": "muscle", value: is.muscle ?? "" }, is.muscle === null ? el("option", { value: "" }, is.other ?? "") : null, offered.map((id) => el("option", { value: id }, muscleName(id))))),
        el("label", { class: "field" }, el("span", { class: "field__label" }, t("Units")), el("input", { class: "input", "data-field": "units", inputmode: "decimal", autocomplete: "off", value: is.units })),
        el("label", { class: "tick" }, el("input", { class: "check", type: "checkbox", "data-field": "state", checked: is.state !== "given" }), el("span", {}, t("This site was not given"))),
        corrections.has(site.key) ? button("back", {}, t("As it was")) : null,
      ),
    );
  }

  function showChanges() {
    const list = part("none").parentElement;
    for (const line of list.querySelectorAll("[data-change]")) line.remove();
    const lines = [...corrections.keys()].map((key) => sites.find((site) => site.key === key)).filter((site) => maps.has(site?.map));
    const mark = () => el("span", { class: "amend__mark", "aria-hidden": "true" }, "→");
    const before = given(sites, new Map());
    const after = given(sites, corrections);
    const sums = [...before].filter(([product, units]) => units !== (after.get(product) ?? "0"));
    list.prepend(
      ...lines.map((site) => el("li", { "data-change": site.key }, mark(), el("span", {}, el("b", {}, `${t("Site {n}", { n: site.number })}, ${nameOf(site)}`), differences(site).map((each) => el("small", { class: "quiet" }, each))))),
      ...sums.map(([product, units]) =>
        el("li", { "data-change": product }, mark(), el("span", {}, el("b", {}, t("Units given")), el("small", { class: "quiet" }, `${product} ${t("{before} U, now {after} U", { before: units, after: after.get(product) ?? "0" })}`), el("small", { class: "quiet" }, t("Vial and bill stay as signed. Say in words what was discarded.")))),
      ),
    );
    part("none").hidden = lines.length > 0;
  }

  function show() {
    showMaps();
    showPicture();
    showSite();
    showChanges();
  }

  function choose(key) {
    hand = key;
    show();
    say(saidOf(sites.find((site) => site.key === key)));
  }

  // --- Hands

  const at = ({ clientX, clientY }) => {
    const { x, y } = new DOMPoint(clientX, clientY).matrixTransform(svg.getScreenCTM().inverse());
    return [x, y];
  };

  /** The site where a finger put it, if that is on the body. */
  function moveTo(site, point) {
    const map = maps.get(site.map);
    const spot = locate(map, point);
    if (!spot.inside) {
      say(t("Outside the body: no site can lie here."));
      return false;
    }
    const change = place(point);
    become(corrected(corrections, site, { ...change, ...named(map, spot, site, { ...now(site), ...change }, catalogue.muscles) }));
    return true;
  }

  svg.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary || event.button) return;
    const site = nearest(here(), pointOf, at(event), REACH * unit());
    if (!site) return;
    event.preventDefault();
    svg.setPointerCapture(event.pointerId);
    const [x, y] = at(event);
    const [sx, sy] = pointOf(site);
    drag = { id: event.pointerId, site, from: [event.clientX, event.clientY], offset: [sx - x, sy - y], before: corrections, moved: false, view: view() };
    choose(site.key);
    svg.querySelector(`#site-${CSS.escape(site.key)}`)?.focus({ preventScroll: true });
  });

  svg.addEventListener("pointermove", (event) => {
    if (drag?.id !== event.pointerId) return;
    drag.moved ||= Math.hypot(event.clientX - drag.from[0], event.clientY - drag.from[1]) > STILL;
    if (!drag.moved) return;
    const [x, y] = at(event);
    moveTo(drag.site, [x + drag.offset[0], y + drag.offset[1]]);
  });

  function drop(event) {
    if (drag?.id !== event.pointerId) return;
    const { site, moved, before } = drag;
    drag = null;
    become(event.type === "pointercancel" ? before : corrections);
    if (moved) say(saidOf(site));
  }
  svg.addEventListener("pointerup", drop);
  svg.addEventListener("pointercancel", drop);

  const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  svg.addEventListener("keydown", (event) => {
    const key = event.target.closest("[data-site]")?.dataset.site;
    const site = here().find((each) => each.key === key);
    if (!site) return;
    const order = here();
    const next = { n: 1, p: -1 }[event.key.toLowerCase()];
    if (event.key === "Enter" || event.key === " ") choose(key);
    else if (next) focusOn(order[(order.indexOf(site) + next + order.length) % order.length].key);
    else if (arrows[event.key]) {
      if (hand !== key) choose(key);
      const step = (event.shiftKey ? STRIDE : STEP) * maps.get(ref).scale;
      const [x, y] = pointOf(site);
      const [dx, dy] = arrows[event.key];
      if (moveTo(site, [x + dx * step, y + dy * step])) say(saidOf(site));
    } else return;
    event.preventDefault();
  });

  function focusOn(key) {
    choose(key);
    svg.querySelector(`#site-${CSS.escape(key)}`).focus();
  }

  obey(form, {
    async map({ dataset }) {
      ref = dataset.key;
      hand = null;
      closer = false;
      await load(ref);
      show();
    },
    closer() {
      closer = !closer;
      show();
    },
    back() {
      const all = new Map(corrections);
      all.delete(hand);
      become(all, t("As it was."));
    },
  });

  part("site").addEventListener("change", ({ target }) => {
    const site = sites.find((each) => each.key === hand);
    const { field } = target.dataset;
    if (field === "units") {
      const units = typedUnits(target.value);
      target.setAttribute("aria-invalid", String(units === null));
      if (units === null) return say(t("Units are a number above 0 with at most two decimals."));
      become(corrected(corrections, site, { units: plain(units) }));
    } else if (field === "muscle" && target.value) become(corrected(corrections, site, { muscle: target.value, other: null }));
    else if (field === "state") become(corrected(corrections, site, { state: target.checked ? "planned" : "given" }));
    say(saidOf(site));
  });

  document.querySelector("[data-map-card]").hidden = false;
  await Promise.all([...new Set([ref, ...sites.filter(({ key }) => corrections.has(key)).map(({ map }) => map)])].map(load));
  new ResizeObserver(() => drag || showPicture()).observe(svg);
  show();
}

if (form && document.querySelector("[data-map-card]")) start();
