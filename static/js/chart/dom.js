// Elements from values. No markup strings: nothing that was typed can become markup.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "value" && "value" in node) node.value = value;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== false));
  return node;
}

/** An HTML element; children come before the value, so that a select can choose among them. */
export function el(tag, attributes = {}, ...children) {
  const { value, ...rest } = attributes;
  const node = fill(document.createElement(tag), rest, children);
  return value === undefined ? node : fill(node, { value }, []);
}

/** An SVG element. */
export const shape = (tag, attributes = {}, ...children) =>
  fill(document.createElementNS(SVG, tag), attributes, children);

/** A line icon of the house's sprite. */
export function icon(name, kind = "") {
  const sprite = document.getElementById("chart").dataset.icons;
  return shape(
    "svg",
    { class: `icon ${kind}`.trim(), "aria-hidden": "true", focusable: "false" },
    shape("use", { href: `${sprite}#i-${name}` }),
  );
}

/** A button that does `action` (see `obey`). */
export const button = (action, attributes, ...children) =>
  el("button", { type: "button", class: "button", "data-action": action, ...attributes }, ...children);

/** Run `acts[action](control, event)` for whatever inside carries that data-action. */
export function obey(root, acts, event = "click") {
  root.addEventListener(event, (happened) => {
    const control = happened.target.closest("[data-action]");
    const act = control && acts[control.dataset.action];
    if (!act || control.getAttribute("aria-disabled") === "true") return;
    act(control, happened);
  });
}

const named = ({ id, dataset }) => [id, dataset.action, dataset.key, dataset.field].join("|");

// The fields that were typed into and have not told of it yet: `change` comes when a field is left.
const typedInto = new WeakSet();
// What a finger is on until its click is through: what is drawn anew in between would never be clicked.
let pressed = null;
let longest = 0;
let isHeld = false;
let again = () => undefined;

const LONGEST_PRESS = 1500;

function free() {
  pressed = null;
  clearTimeout(longest);
  if (isHeld) setTimeout(again);
  isHeld = false;
}

/**
 * Watch what fingers and letters hold in this page, for `redraw`.
 * @param {() => void} show  called when what was held may be drawn
 */
export function watchHands(show) {
  again = show;
  document.addEventListener("input", ({ target }) => typedInto.add(target), true);
  document.addEventListener("change", ({ target }) => (typedInto.delete(target), target === pressed && free()), true);
  document.addEventListener("pointerdown", ({ target }) => ((pressed = target), clearTimeout(longest), (longest = setTimeout(free, LONGEST_PRESS))), true);
  for (const kind of ["click", "pointercancel"]) document.addEventListener(kind, free, true);
}

/** Whether letters stand in a field that nobody heard of yet. */
export const isTypedInto = (field) => field === document.activeElement && typedInto.has(field);

/**
 * Replace what a node holds; the control that had the focus has it again if it is still there.
 * A field that is being typed into and a control that is being pressed are never drawn anew.
 * @returns {boolean} false if nothing was drawn for that reason: it is asked again at the next look
 */
export function redraw(node, ...children) {
  const held = node.contains(document.activeElement) ? document.activeElement : null;
  const focused = held && named(held);
  const drawn = document.createDocumentFragment();
  drawn.append(...children.flat(Infinity).filter(Boolean));
  const same = focused && focused !== "|||" && [...drawn.querySelectorAll("button, input, select, [tabindex]")].find((control) => named(control) === focused);
  if (pressed && node.contains(pressed)) return !(isHeld = true);
  if (same && isTypedInto(held)) return false;
  node.replaceChildren(drawn);
  if (same) same.focus({ preventScroll: true });
  return true;
}

// What a node was given last: as far as that begins alike, nobody looks at the page.
const arranged = new WeakMap();

/**
 * Let a node hold exactly these, in this order; what stays where it was is not touched.
 * @param {Node} node  nobody else puts anything into it
 * @param {Node[]} children  each once
 */
export function arrange(node, children) {
  const before = arranged.get(node) ?? [];
  arranged.set(node, children);
  let same = 0;
  while (same < before.length && before[same] === children[same]) same += 1;
  let at = same ? before[same - 1].nextSibling : node.firstChild;
  for (const child of [...children.slice(same), null]) {
    while (at && at !== child && !children.includes(at)) {
      const gone = at;
      at = at.nextSibling;
      gone.remove();
    }
    if (child === at) at = at?.nextSibling;
    else node.insertBefore(child, at);
  }
}

/** Set an attribute only where it is another: what is set anew is drawn anew. */
export function attribute(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

/** Likewise the text of a node. */
export function words(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
