// The page on which outline and regions are drawn on a drawing of the clinic's own.
import { locate, sideOf } from "../chart/anatomy.js";
import { button, el, obey, redraw, shape } from "../chart/dom.js";
import { artOf } from "../chart/drawings.js";
import { contains, distanceTo, nearest } from "../chart/geometry.js";
import { speak, t, tn } from "../chart/words.js";
import { asMap, asClosed, deleted, described, drawn, inserted, moved, onto, pointsOf, removed, scaleOf, sideOfShape } from "./polygons.js";

const read = (id) => JSON.parse(document.getElementById(id).textContent);
speak(read("words"), document.documentElement.lang);

const { art, views, muscles, ...size } = read("drawing");
const form = document.getElementById("plan-form");
const canvas = document.getElementById("drawing-canvas");
const part = (name) => form.querySelector(`[data-part="${name}"]`);

// In the pixels of the screen: how near a touch means a point, and an edge; what is no drag yet.
const POINT = 24;
const EDGE = 16;
const STILL = 6;
// In map units: how far an arrow key goes, and with Shift.
const STEP = 1;
const STRIDE = 10;

/** @type {import("./polygons.js").Work} */
let work = { plan: JSON.parse(form.elements.plan.value), open: null };
const past = [];
let tool = "move";
// The shape in hand, its point in hand or -1, and where the keys' cross stands.
let hand = null;
let cross = [size.width / 2, size.height / 2];
let tried = null;
let drag = null;
let changed = false;

const saidAs = {
  line: () => t("Tap both ends of a line whose length you know."),
  midline: () => t("Tap where the middle of the body runs."),
  outline: () => drawing() ?? t("Tap along the edge of the body, point by point."),
  regions: () => drawing() ?? t("Tap around the region, point by point."),
  move: () => t("Drag a point. Tap an edge for one more, or a shape to choose it."),
  try: () => t("Tap as on a chart: this is what a tap will mean."),
};

function drawing() {
  const count = work.open?.points.length ?? 0;
  if (!count) return null;
  return count < 3 ? tn(count, "1 point. Go on.", "{n} points. Go on.") : t("{n} points. Tap the first one again to close the shape.", { n: count });
}

function say(sentence) {
  part("said").textContent = sentence;
}

function become(next, sentence) {
  if (next === work) return;
  keep(next);
  show();
  say(sentence ?? saidAs[tool]());
}

/** What was typed: the panel is left as it is, for a finger may be on its way to it. */
function keep(next) {
  past.push(work);
  work = next;
  changed = true;
  showCanvas();
  showTools();
}

// --- Drawing the canvas

// How many map units a pixel of the screen is.
const unit = () => 1 / (canvas.getScreenCTM()?.a || 1);
const corners = (points) => points.map((point) => point.join(",")).join(" ");

function spots() {
  if (work.open) return [{ kind: "open", index: 0 }];
  if (tool === "line") return work.plan.line ? [{ kind: "line", index: 0 }] : [];
  return tool === "move" && hand ? [hand] : [];
}

const handles = () =>
  spots().flatMap(({ kind, index }) => pointsOf(work, { kind, index }).map((at, point) => ({ at, spot: { kind, index, point } })));

function nameAt(points, text) {
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const middle = (list) => (Math.min(...list) + Math.max(...list)) / 2;
  return shape("text", { x: middle(xs), y: middle(ys), "font-size": 12 * unit() }, text);
}

function showCanvas() {
  const px = unit();
  const { plan, open } = work;
  const chosen = (kind, index) => (hand?.kind === kind && hand.index === index ? " drawn--chosen" : "");
  redraw(
    part("shapes"),
    plan.outline.map((points, index) => shape("polygon", { class: `drawn drawn--outline${chosen("outline", index)}`, points: corners(points) })),
    plan.regions.map(({ polygon }, index) => shape("polygon", { class: `drawn drawn--region${chosen("regions", index)}`, points: corners(polygon), "data-region": index })),
    plan.regions.map(({ polygon, label }, index) => nameAt(polygon, label || String(index + 1))),
    views[plan.view]?.both && plan.midline !== null ? shape("path", { class: "drawn drawn--midline", d: `M${plan.midline} 0V${size.height}` }) : null,
    tool === "line" && plan.line ? shape("polyline", { class: "drawn drawn--line", points: corners(plan.line) }) : null,
    open ? shape("polyline", { class: "drawn drawn--open", points: corners(open.points) }) : null,
    handles().map(({ at: [cx, cy], spot }) =>
      shape("circle", { class: `handle${hand?.point === spot.point && hand.kind === spot.kind ? " handle--chosen" : ""}`, cx, cy, r: (spot.kind === "open" && spot.point === 0 ? 10 : 7) * px }),
    ),
    tried ? shape("circle", { class: "tried", cx: tried[0], cy: tried[1], r: 9 * px }) : null,
    shape("path", { class: "cross", d: `M${cross[0] - 14 * px} ${cross[1]}h${28 * px}M${cross[0]} ${cross[1] - 14 * px}v${28 * px}` }),
  );
}

// --- The panel beside it

const sideWord = (side) => ({ left: t("left"), right: t("right"), midline: t("midline") })[side];

function showTools() {
  for (const control of form.querySelectorAll("[data-action='tool']")) {
    control.setAttribute("aria-pressed", String(control.dataset.key === tool));
  }
  const off = (name, is) => form.querySelector(`[data-action='${name}']`).setAttribute("aria-disabled", String(is));
  off("undo", !past.length);
  off("close", (work.open?.points.length ?? 0) < 3 || work.open.kind === "line");
  off("delete", !hand || hand.point < 0);
  const both = views[work.plan.view]?.both;
  form.querySelector("[data-key='midline']").hidden = !both;
  const scale = scaleOf(work.plan);
  part("scale").textContent = scale ? t("The whole drawing is {n} mm wide.", { n: Math.round(size.width / scale) }) : t("Not known yet.");
}

function outlineRow(points, index) {
  return el(
    "li",
    { class: "shape-row" },
    button("choose", { class: "button", "data-key": `outline ${index}`, "aria-pressed": String(hand?.kind === "outline" && hand.index === index) }, t("Outline {n}", { n: index + 1 })),
    el("span", { class: "quiet tiny" }, tn(points.length, "1 point", "{n} points")),
    button("remove", { class: "button button--quiet push", "data-key": `outline ${index}`, "aria-label": t("Remove outline {n}", { n: index + 1 }) }, t("Remove")),
  );
}

function regionRow(region, index) {
  const field = (name) => `region-${index}-${name}`;
  const free = Object.entries(muscles).filter(([id]) => !region.muscles.includes(id));
  const name = region.label || t("Region {n}", { n: index + 1 });
  return el(
    "li",
    { class: "shape-card", "data-region": index },
    el(
      "div",
      { class: "shape-row" },
      button("choose", { class: "button", "data-key": `regions ${index}`, "aria-pressed": String(hand?.kind === "regions" && hand.index === index), "aria-label": t("Show {name}", { name }) }, String(index + 1)),
      el("input", { class: "input", id: field("label"), "data-field": "label", "data-index": index, "aria-label": t("Name of region {n}", { n: index + 1 }), placeholder: t("Name"), maxlength: 60, autocomplete: "off", value: region.label }),
      button("remove", { class: "button button--quiet", "data-key": `regions ${index}`, "aria-label": t("Remove {name}", { name }) }, t("Remove")),
    ),
    el(
      "div",
      { class: "shape-row", role: "group", "aria-label": t("Side of {name}", { name }) },
      ["right", "midline", "left"].map((side) => button("side", { "data-key": `${index} ${side}`, "aria-pressed": String(region.side === side) }, sideWord(side))),
    ),
    el(
      "ol",
      { class: "offered" },
      region.muscles.map((id, at) =>
        el(
          "li",
          {},
          el("span", {}, muscles[id].label),
          at ? button("sooner", { class: "button button--quiet push", "data-key": `${index} ${at}`, "aria-label": t("{muscle}: likelier", { muscle: muscles[id].label }) }, "↑") : null,
          button("without", { class: at ? "button button--quiet" : "button button--quiet push", "data-key": `${index} ${at}`, "aria-label": t("{muscle}: not offered", { muscle: muscles[id].label }) }, "×"),
        ),
      ),
    ),
    el(
      "div",
      { class: "shape-row" },
      el(
        "select",
        { class: "input", id: field("muscle"), "aria-label": t("Muscle or area for {name}", { name }), value: "" },
        el("option", { value: "" }, region.muscles.length ? t("Another muscle or area") : t("Which muscle or area a tap means")),
        free.map(([id, { label }]) => el("option", { value: id }, label)),
      ),
      button("with", { "data-key": index, "aria-label": t("Add the muscle or area to {name}", { name }) }, t("Add")),
    ),
  );
}

function show() {
  showCanvas();
  showTools();
  redraw(part("outlines"), work.plan.outline.map(outlineRow));
  redraw(part("regions"), work.plan.regions.map(regionRow));
}

// --- What a tap means

function tapped(at) {
  const point = onto(size, at);
  tried = null;
  if (tool === "try") return trial(point);
  if (tool === "midline") return become({ ...work, plan: { ...work.plan, midline: point[0] } });
  if (tool === "move") return chosenAt(point);
  const points = work.open?.points ?? [];
  if (tool !== "line" && points.length > 2 && Math.hypot(points[0][0] - point[0], points[0][1] - point[1]) <= POINT * unit()) return close();
  become(drawn(work, tool, point));
}

function close() {
  const kind = work.open?.kind;
  const next = asClosed(work, views);
  if (next === work) return;
  const index = next.plan[kind].length - 1;
  hand = { kind, index, point: -1 };
  tool = "move";
  become(next, kind === "regions" ? t("Region {n} is closed. Name it and say what a tap means.", { n: index + 1 }) : t("The outline is closed."));
  if (kind === "regions") document.getElementById(`region-${index}-label`).focus();
}

function chosenAt(point) {
  if (hand) {
    const points = pointsOf(work, hand);
    if (distanceTo(points, point) <= EDGE * unit()) {
      const far = points.map((each, index) => distanceTo([each, points[(index + 1) % points.length]], point));
      const after = far.indexOf(Math.min(...far));
      const spot = { ...hand, point: after };
      hand = { ...hand, point: after + 1 };
      return become(inserted(work, spot, point), t("A point more. Drag it into place."));
    }
  }
  const { plan } = work;
  const region = plan.regions.findIndex(({ polygon }) => contains(polygon, point));
  const outline = plan.outline.findIndex((polygon) => contains(polygon, point));
  hand = region >= 0 ? { kind: "regions", index: region, point: -1 } : outline >= 0 ? { kind: "outline", index: outline, point: -1 } : null;
  show();
  say(region >= 0 ? plan.regions[region].label || t("Region {n}", { n: region + 1 }) : saidAs.move());
}

/** What the chart would make of a tap here; the chart's own functions answer. */
function trial(point) {
  tried = point;
  const map = asMap(work.plan, views, size);
  const { region, inside } = locate(map, point);
  const id = region?.muscles[0];
  showCanvas();
  if (!inside) return say(t("Outside the body: no site can be charted here."));
  const side = map.viewerLeft && sideWord(sideOf(map, region, id ? muscles[id] : null, point[0]));
  if (!id) return say(t("On the body, in no region: a site here is described in words."));
  say(t("{muscle}, {side}", { muscle: muscles[id].label, side: side ?? t("side not known yet") }));
}

function placeOf({ clientX, clientY }) {
  const { x, y } = new DOMPoint(clientX, clientY).matrixTransform(canvas.getScreenCTM().inverse());
  return [x, y];
}

canvas.addEventListener("pointerdown", (event) => {
  if (!event.isPrimary || event.button) return;
  const at = placeOf(event);
  const hit = nearest(handles(), (each) => each.at, at, POINT * unit());
  drag = { from: at, spot: hit?.spot ?? null, before: work, moved: false };
  canvas.setPointerCapture(event.pointerId);
});
canvas.addEventListener("pointermove", (event) => {
  if (!drag || !event.isPrimary) return;
  const at = placeOf(event);
  if (!drag.moved && Math.hypot(at[0] - drag.from[0], at[1] - drag.from[1]) < STILL * unit()) return;
  drag.moved = true;
  if (!drag.spot) return;
  hand = drag.spot;
  work = moved(drag.before, drag.spot, onto(size, at));
  showCanvas();
});
canvas.addEventListener("pointerup", (event) => {
  if (!drag || !event.isPrimary) return;
  const { from, spot, before, moved: went } = drag;
  drag = null;
  cross = onto(size, placeOf(event));
  if (went && spot) {
    past.push(before);
    changed = true;
    show();
  } else if (spot && tool === "move") {
    hand = spot;
    show();
    say(t("Point {n} is in hand.", { n: spot.point + 1 }));
  } else if (!went) tapped(from);
});
canvas.addEventListener("pointercancel", () => {
  if (drag) work = drag.before;
  drag = null;
  show();
});

// --- Keys

function undo() {
  if (!past.length) return;
  work = past.pop();
  hand = null;
  tried = null;
  show();
  say(t("Undone."));
}

function deletePoint() {
  if (!hand || hand.point < 0) return;
  const next = deleted(work, hand);
  if (next === work) return say(t("A shape keeps three points. Remove the whole shape beside the drawing."));
  hand = hand.kind === "open" ? null : { ...hand, point: -1 };
  become(next, t("The point is gone."));
}

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

canvas.addEventListener("keydown", (event) => {
  const arrow = ARROWS[event.key];
  const by = event.shiftKey ? STRIDE : STEP;
  const shift = ([x, y]) => onto(size, [x + arrow[0] * by, y + arrow[1] * by]);
  if (arrow && tool === "move" && hand?.point >= 0) become(moved(work, hand, shift(pointsOf(work, hand)[hand.point])));
  else if (arrow) {
    cross = shift(cross);
    showCanvas();
  } else if (event.key === "Enter" || event.key === " ") tapped(cross);
  else if (event.key === "n" && tool === "move" && hand) {
    hand = { ...hand, point: (hand.point + 1) % pointsOf(work, hand).length };
    show();
    say(t("Point {n} is in hand.", { n: hand.point + 1 }));
  } else if (event.key === "c") close();
  else if (event.key === "Delete" || event.key === "Backspace") deletePoint();
  else if (event.key === "Escape" && hand) {
    hand = null;
    show();
  } else return;
  event.preventDefault();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "z" || !(event.ctrlKey || event.metaKey) || event.target.matches("input, select, textarea")) return;
  event.preventDefault();
  undo();
});

// --- Controls

const spotOf = (control) => {
  const [kind, index] = control.dataset.key.split(" ");
  return { kind, index: Number(index), point: -1 };
};
const pairOf = (control) => control.dataset.key.split(" ");
const offer = (index, change) => become(described(work, index, { muscles: change([...work.plan.regions[index].muscles]) }));

obey(form, {
  tool(control) {
    tool = control.dataset.key;
    tried = null;
    if (work.open && work.open.kind !== tool) work = { ...work, open: null };
    if (tool !== "move") hand = null;
    show();
    say(saidAs[tool]());
    canvas.scrollIntoView({ block: "nearest" });
  },
  undo,
  close,
  delete: deletePoint,
  choose(control) {
    tool = "move";
    hand = spotOf(control);
    show();
    say(saidAs.move());
  },
  remove(control) {
    hand = null;
    become(removed(work, spotOf(control)), t("Removed. Undo brings it back."));
  },
  side(control) {
    const [index, side] = pairOf(control);
    become(described(work, Number(index), { side }));
  },
  sooner(control) {
    const [index, at] = pairOf(control).map(Number);
    offer(index, (list) => list.toSpliced(at - 1, 2, list[at], list[at - 1]));
  },
  with(control) {
    const index = Number(control.dataset.key);
    const { value } = document.getElementById(`region-${index}-muscle`);
    if (value) offer(index, (list) => [...list, value]);
  },
  without(control) {
    const [index, at] = pairOf(control).map(Number);
    offer(index, (list) => list.toSpliced(at, 1));
  },
});

form.addEventListener("change", ({ target }) => {
  const { field, index, plan } = target.dataset;
  if (field === "label") keep(described(work, Number(index), { label: target.value.trim() }));
  else if (plan === "indications") keepFact(plan, [...form.querySelectorAll("[data-plan='indications']:checked")].map(({ value }) => value));
  else if (plan === "view") become(seenFrom(target.value));
  else if (plan) keepFact(plan, target.value.trim());
});

const keepFact = (name, value) => keep({ ...work, plan: { ...work.plan, [name]: value } });

/** The body seen from elsewhere: the sides of the regions follow. */
function seenFrom(view) {
  const plan = { ...work.plan, view };
  plan.regions = plan.regions.map((region) => ({ ...region, side: sideOfShape(plan, views, region.polygon) }));
  return { ...work, plan };
}

form.addEventListener("submit", () => {
  work = asClosed(work, views);
  form.elements.plan.value = JSON.stringify(work.plan);
  changed = false;
});
// All of it travels in the plan; the answer's name only ties its buttons together.
form.addEventListener("formdata", ({ formData }) => formData.delete("view"));
window.addEventListener("beforeunload", (event) => {
  if (changed) event.preventDefault();
});

// --- Start

for (const control of form.querySelectorAll("[data-plan]")) {
  const value = work.plan[control.dataset.plan];
  if (control.type === "radio") control.checked = control.value === value;
  else if (control.type === "checkbox") control.checked = value.includes(control.value);
  else control.value = value;
}
part("art").append(...artOf(art));
changed = "unsaved" in form.dataset;
new ResizeObserver(showCanvas).observe(canvas);
show();
say(saidAs[tool]());
form.dataset.ready = "";
