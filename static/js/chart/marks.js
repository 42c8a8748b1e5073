// One site's mark: hollow planned, solid given, square outside the protocol, ringed when next.
import { arrange, attribute, shape } from "./dom.js";
import { trim } from "./exact.js";

const RADIUS = 12;

// The label is the units as stored; a longer one is set smaller.
const LETTERS = [0, 13.5, 13, 10.5, 8.6, 7, 6];

const dot = (square, attributes) =>
  square
    ? shape("rect", { x: -RADIUS + 1, y: -RADIUS + 1, width: 2 * RADIUS - 2, height: 2 * RADIUS - 2, rx: 2, ...attributes })
    : shape("circle", { r: RADIUS - 1, ...attributes });

/** The units on a mark. */
export function labelOf(text) {
  return shape("text", { "font-size": LETTERS[text.length] ?? 5.5, dy: ".03em" }, text);
}

/** The mark on the picture, drawn about its own centre; its first child is what a finger touches. */
export function markOf({ site, square, selected, next, wrong, lifted, letter }) {
  const kinds = ["site", `site--${site.state}`, selected && "site--selected", next && "site--next", wrong && "site--wrong", lifted && "site--lifted"];
  return shape(
    "g",
    { class: kinds.filter(Boolean).join(" "), "data-site": site.key, "data-state": site.state },
    shape("circle", { class: "site__touch" }),
    shape("circle", { class: "site__halo", r: RADIUS + 5 }),
    dot(square, { class: "site__dot" }),
    labelOf(letter ?? trim(site.units)),
  );
}

/** The same mark beside its row in the list; `gone` for what one tablet deleted. */
export const glyphOf = ({ site, square, letter, gone }) =>
  shape(
    "svg",
    { class: "glyph", viewBox: "-13 -13 26 26", "aria-hidden": "true", focusable: "false" },
    shape("g", { class: gone ? "site site--planned site--gone" : `site site--${site.state}` }, dot(square, { class: "site__dot" }), labelOf(letter ?? trim(site.units))),
  );

/** A drawing in the small, with its sites as dots; a site that is there already keeps its dot. */
export function createThumbnail(href) {
  const layer = shape("g");
  const node = shape("svg", { "aria-hidden": "true", focusable: "false" }, shape("use", { href }), layer);
  let dots = new Map();
  return {
    node,
    show(box, items) {
      const seen = box.join(" ");
      const same = node.getAttribute("viewBox") === seen;
      const [, , width, height] = box;
      const radius = Math.max(width, height) / 26;
      const before = same ? dots : new Map();
      dots = new Map(items.map(({ site, at }) => [site, before.get(site) ?? smallDot(site, at, radius)]));
      attribute(node, "viewBox", seen);
      arrange(layer, [...dots.values()]);
      return node;
    },
  };
}

const smallDot = ({ state }, [cx, cy], r) =>
  shape("g", { class: `site site--${state}` }, shape("circle", { class: "site__dot", cx, cy, r, "stroke-width": r / 5 }));
