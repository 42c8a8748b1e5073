// The drawing with its sites: one pane, or two where a drawing has a right and a left half to show.
// Marks are drawn in pixels of the screen, whatever the zoom.
import { artId } from "./drawings.js";
import { el, redraw, shape } from "./dom.js";
import { halves, homeOf, sideWords } from "./framing.js";
import { nearest, shaped, toMap, toPane, within, zoomed } from "./geometry.js";
import { listen } from "./gestures.js";
import { markOf } from "./marks.js";
import { sideWord, units } from "./names.js";
import { t } from "./words.js";

// A finger's reach, in pixels; where two reaches meet the nearest centre wins.
const TOUCH = 22;
const CLOSEST = 12;
const STEP = 1.6;
// How high one line beneath the picture is.
const LINE = 68;

/** @typedef {import("./types.js").BodyMap} BodyMap */

/**
 * @param {HTMLElement} root
 * @param {HTMLElement} under  what comes and goes beneath the picture
 * @param {object} act
 * @param {(key: string) => void} act.tapSite
 * @param {(ref: string, point: number[]) => void} act.tapSkin
 * @param {(ref: string, point: number[]) => string} act.nameOf  what lies under the cross of the keyboard
 */
export function createPicture(root, under, act) {
  /** @type {BodyMap | null} */
  let map = null;
  let sites = [];
  let panes = [];
  let scene = null;

  function open(next) {
    map = next;
    panes = halves(map).map((half) => createPane(half));
    root.classList.toggle("canvas--pair", panes.length > 1);
    redraw(root, panes.map((pane) => pane.node));
    measure();
  }

  function createPane({ frame, home, side }) {
    const zone = shape("polygon", { class: "zone" });
    const words = shape("g", { class: "sides" });
    const links = shape("path", { class: "moved" });
    const layer = shape("g", { class: "sites-layer" });
    const cross = shape("path", { class: "cross", d: "M-14 0h10M4 0h10M0 -14v10M0 4v10" });
    const name = el("p", { class: `pane__name pane__name--low${side === "right" ? " pane__name--end" : ""}` });
    const svg = shape(
      "svg",
      { role: "group", tabindex: "0", preserveAspectRatio: "none", "aria-describedby": "picture-keys" },
      shape("use", { href: `#${artId(map.ref)}` }),
      zone,
      words,
      links,
      layer,
      cross,
    );
    const pane = {
      node: el("div", { class: "pane" }, svg, side ? name : null),
      svg, zone, words, links, layer, cross, name, frame, home, side,
      size: null, view: null, at: null, marks: new Map(),
    };
    listen(svg, {
      tap: (point) => tap(pane, point),
      pinch: (factor, about, by) => pinch(pane, factor, about, by),
    });
    svg.addEventListener("keydown", (event) => steer(pane, event));
    svg.addEventListener("blur", () => moveCross(pane, null));
    return pane;
  }

  // ── what a pane shows ──

  /** Follow the pane's size. What comes and goes beneath the picture must not move it under a finger. */
  function measure() {
    for (const pane of panes) {
      const { width, height } = pane.node.getBoundingClientRect();
      if (!width || !height) continue;
      const before = pane.size;
      pane.size = { width, height };
      if (before?.width !== width || !pane.view) fitPane(pane);
      else if (before.height !== height) cut(pane, before);
    }
  }

  function cut(pane, before) {
    const { x, y, width } = pane.view;
    const shows = (at, size) => toPane(pane.view, size, at)[1] <= size.height;
    const seen = inPane(pane).filter(({ at }) => shows(at, before));
    show(pane, { x, y, width, height: (pane.size.height / pane.size.width) * width });
    if (seen.some(({ at }) => !shows(at, pane.size))) fitPane(pane);
  }

  /** Show the sites, above the room that a line beneath the picture may take. */
  function fitPane(pane) {
    const room = Math.max(0, LINE - under.offsetHeight);
    const free = { width: pane.size.width, height: Math.max(pane.size.height - room, pane.size.height / 2) };
    const view = shaped(pane.home ?? homeOf(map, sites.map(({ at }) => at)), free);
    show(pane, { ...view, height: (view.height * pane.size.height) / free.height });
  }

  function look(pane, view) {
    const whole = shaped(pane.frame, pane.size);
    const factor = Math.min(1, (view.width * CLOSEST) / whole.width);
    const middle = [view.x + view.width / 2, view.y + view.height / 2];
    show(pane, within(factor < 1 ? zoomed(view, factor, middle) : view, whole));
  }

  function show(pane, view) {
    pane.view = view;
    pane.svg.setAttribute("viewBox", `${view.x} ${view.y} ${view.width} ${view.height}`);
    place(pane);
  }

  function pinch(pane, factor, about, [dx, dy]) {
    const { view, size } = pane;
    const moved = { ...view, x: view.x - (dx / size.width) * view.width, y: view.y - (dy / size.height) * view.height };
    look(pane, zoomed(moved, factor, toMap(moved, size, about)));
  }

  // ── taps ──

  function tap(pane, point) {
    const hit = nearest(inPane(pane), ({ at }) => toPane(pane.view, pane.size, at), point, TOUCH);
    if (hit) act.tapSite(hit.site.key);
    else act.tapSkin(map.ref, toMap(pane.view, pane.size, point));
  }

  const holds = (pane, at) =>
    Boolean(at) && (panes.length === 1 || (at[0] >= pane.frame.x && at[0] <= pane.frame.x + pane.frame.width));

  const inPane = (pane) => sites.filter(({ at }) => holds(pane, at));

  // The keyboard's finger: a cross that arrows move and Enter puts down.
  function steer(pane, event) {
    const step = (event.shiftKey ? 1 : 4) * map.scale;
    const by = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key];
    if (by) {
      const { view } = pane;
      const from = pane.at ?? [view.x + view.width / 2, view.y + view.height / 2];
      moveCross(pane, [from[0] + by[0], from[1] + by[1]]);
    } else if ((event.key === "Enter" || event.key === " ") && pane.at) {
      tap(pane, toPane(pane.view, pane.size, pane.at));
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  function moveCross(pane, at) {
    pane.at = at;
    place(pane);
    if (at) act.said(act.nameOf(map.ref, at));
  }

  // ── marks ──

  /** Put everything that is drawn in pixels where it belongs on this zoom. */
  function place(pane) {
    if (!pane.view) return;
    const scale = pane.size.width / pane.view.width;
    const put = (node, [x, y]) => node.setAttribute("transform", `translate(${x} ${y}) scale(${1 / scale})`);
    for (const mark of pane.marks.values()) {
      if (mark.scale === scale) continue;
      mark.scale = scale;
      put(mark.node, mark.at);
      mark.node.firstChild.setAttribute("r", String(Math.min(TOUCH, (mark.apart * scale) / 2)));
    }
    const cross = pane.at ?? (holds(pane, scene?.asked) ? scene.asked : null);
    pane.cross.toggleAttribute("hidden", !cross);
    if (cross) put(pane.cross, cross);
    if (pane.side || pane.worded === pane.view) return;
    pane.worded = pane.view;
    pane.words.replaceChildren(
      ...sideWords(map, pane.view).map(({ side, at, anchor }) => {
        const word = shape("text", { "text-anchor": anchor }, sideWord(side));
        put(word, at);
        return word;
      }),
    );
  }

  function draw(pane) {
    const all = inPane(pane);
    const here = all.filter(({ other }) => !other);
    const apart = apartOf(pane, all);
    const marks = new Map();
    all.forEach((item, index) => {
      const { site, at, square, selected, next, wrong, letter } = item;
      const look = JSON.stringify([site.state, site.units, at, square, selected, next, wrong, letter]);
      const old = pane.marks.get(site.key);
      if (old?.look === look && old.apart === apart[index]) marks.set(site.key, old);
      else marks.set(site.key, { node: markOf(item), look, at, apart: apart[index] });
    });
    let at = pane.layer.firstChild;
    for (const { node } of marks.values()) {
      if (node === at) at = at.nextSibling;
      else pane.layer.insertBefore(node, at);
    }
    while (at) {
      const next = at.nextSibling;
      at.remove();
      at = next;
    }
    pane.marks = marks;
    pane.links.setAttribute("d", all.filter(({ from }) => from).map(({ from, at }) => `M${from}L${at}`).join(""));
    const zone = scene.zone?.join(" ") ?? "";
    if (pane.zone.getAttribute("points") !== zone) pane.zone.setAttribute("points", zone);
    const given = here.filter(({ site }) => site.state === "given").length;
    pane.svg.setAttribute("aria-label", t("{title}. {given} of {all} sites given.", { title: scene.title, given, all: here.length }));
    if (pane.side) redraw(pane.name, el("b", {}, sideWord(pane.side)), paneLine(here, given));
    place(pane);
  }

  /** How far each site's nearest neighbour is: where sites crowd, each keeps its own half of the way. */
  function apartOf(pane, here) {
    const look = here.map(({ at }) => at.join()).join(" ");
    if (pane.crowd?.look === look) return pane.crowd.apart;
    const apart = here.map(() => Infinity);
    for (let i = 0; i < here.length; i += 1) {
      for (let j = 0; j < i; j += 1) {
        const far = Math.hypot(here[i].at[0] - here[j].at[0], here[i].at[1] - here[j].at[1]);
        apart[i] = Math.min(apart[i], far);
        apart[j] = Math.min(apart[j], far);
      }
    }
    pane.crowd = { look, apart };
    return apart;
  }

  const paneLine = (here, given) => {
    if (here.length === 0) return t("Nothing here");
    const products = new Set(here.map(({ product }) => product));
    const dose = products.size === 1 ? ` · ${units(here.reduce((sum, item) => sum + item.units, 0))}` : "";
    return t("{given} of {all}", { given, all: here.length }) + dose;
  };

  new ResizeObserver(measure).observe(root);

  return {
    /**
     * @param {object} next
     * @param {BodyMap | undefined} next.map
     * @param {string} next.title
     * @param {import("./types.js").Point[] | null} next.zone  the region of the site in hand
     * @param {any[]} next.items  the sites on this map, with how each is drawn
     * @param {number[] | null} next.asked  a place that waits for its name
     */
    show(next) {
      scene = next;
      sites = next.items;
      root.toggleAttribute("aria-busy", !next.map);
      if (!next.map) return;
      if (next.map !== map) open(next.map);
      panes.forEach(draw);
    },
    fit: () => panes.filter((pane) => pane.size).forEach(fitPane),
    closer() {
      for (const pane of panes) {
        const inHand = inPane(pane).find((item) => item.selected)?.at;
        const { x, y, width, height } = pane.view;
        look(pane, zoomed(pane.view, STEP, inHand ?? [x + width / 2, y + height / 2]));
      }
    },
  };
}
