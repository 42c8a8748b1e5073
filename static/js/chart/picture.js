// The drawing with its sites: one pane, or two where a drawing has a right and a left half to show.
// Marks are drawn in pixels of the screen, whatever the zoom.
import { artId } from "./drawings.js";
import { arrange, attribute, el, shape } from "./dom.js";
import { halves, homeOf, sideWords } from "./framing.js";
import { apart, bounds, nearest, padded, shaped, toMap, toPane, union, within, zoomed } from "./geometry.js";
import { createGhosts } from "./ghosts.js";
import { listen } from "./gestures.js";
import { markOf } from "./marks.js";
import { sideWord, units } from "./names.js";
import { t } from "./words.js";

// A finger's reach, in pixels; where two reaches meet the nearest centre wins.
const TOUCH = 22;
const CLOSEST = 12;
const STEP = 1.6;
// Life-size millimetres around a region that is shown alone.
const ROOM = 4;
// How high one line beneath the picture is.
const LINE = 68;
// So long after the drawing moved by itself, in ms, a finger was on its way to where things were.
const SETTLES = 300;

const settling = new WeakMap();

/** What has just moved by itself says so for as long. @param {HTMLElement} node */
export function settle(node) {
  node.dataset.settling = "";
  clearTimeout(settling.get(node));
  settling.set(node, setTimeout(() => delete node.dataset.settling, SETTLES));
}

/** @typedef {import("./types.js").BodyMap} BodyMap */

/**
 * @param {HTMLElement} root
 * @param {HTMLElement} under  what comes and goes beneath the picture
 * @param {object} act
 * @param {(key: string) => void} act.tapSite
 * @param {() => void} act.pictureMoved  a tap that came as the drawing moved by itself
 * @param {(does: () => void) => void} act.byFinger  what is done is seen here first, and elsewhere after
 * @param {() => void} act.pictureViewed  marks lie elsewhere on the glass
 * @param {(ref: string, point: number[], byKey: boolean) => void} act.tapSkin
 * @param {(key: string, ref: string, point: number[] | null) => void} act.drag  null: off the picture
 * @param {(key: string, ref: string, point: number[]) => void} act.drop
 * @param {(sentence?: string) => void} act.putBack
 * @param {(key: string) => void} act.choose  a finger rested on a site
 * @param {(ref: string, polygon: number[][]) => void} act.drawn  a line was drawn round something
 * @param {(ref: string, point: number[]) => string} act.nameOf  what lies under the cross of the keyboard
 */
export function createPicture(root, under, act) {
  /** @type {BodyMap | null} */
  let map = null;
  let sites = [];
  let panes = [];
  let scene = null;
  let cleared = null;

  function open(next) {
    const held = root.contains(document.activeElement);
    panes.forEach(({ fingers }) => fingers.spend());
    map = next;
    panes = halves(map).map((half) => createPane(half));
    root.classList.toggle("canvas--pair", panes.length > 1);
    root.replaceChildren(...panes.map((pane) => pane.node));
    measure();
    if (held) panes[0].svg.focus({ preventScroll: true });
  }

  function createPane({ frame, home, side }) {
    const zone = shape("path", { class: "zone" });
    const line = shape("polygon", { class: "lasso" });
    const words = shape("g", { class: "sides" });
    const links = shape("path", { class: "moved" });
    const ghosts = createGhosts();
    const layer = shape("g", { class: "sites-layer" });
    const lifted = shape("svg", { class: "pane__lifted", preserveAspectRatio: "none" });
    const cross = shape("path", { class: "cross", d: "M-14 0h10M4 0h10M0 -14v10M0 4v10" });
    const name = el("p", { class: `pane__name${side === "right" ? " pane__name--end" : ""}` });
    const svg = shape(
      "svg",
      { role: "application", tabindex: "0", preserveAspectRatio: "none", "aria-describedby": "picture-keys" },
      shape("use", { href: `#${artId(map.ref)}` }),
      zone,
      words,
      links,
      ghosts.node,
      layer,
      line,
      cross,
    );
    const pane = {
      node: el("div", { class: "pane" }, svg, side ? name : null),
      svg, zone, words, links, ghosts, layer, lifted, line, cross, name, frame, home, side,
      size: null, view: null, at: null, marks: [], crowd: undefined, fitted: false, dragged: null, drawn: [], fingers: null, movedAt: -Infinity,
    };
    pane.fingers = listen(svg, {
      tap: (point, at) => act.byFinger(() => (at < pane.movedAt + SETTLES || wasCovered(pane, point, at) ? act.pictureMoved() : tap(pane, point, false))),
      grab: (point) => grab(pane, point),
      drag: (point, by) => act.byFinger(() => drag(pane, point, by)),
      drop: (by) => act.byFinger(() => drop(pane, by)),
      hold: (point) => act.choose(siteUnder(pane, point).site.key),
      draw: (point) => drawLine(pane, toMap(pane.view, pane.size, point)),
      drawn: (whole) => endLine(pane, whole),
      pan: ([dx, dy]) => pinch(pane, 1, [0, 0], [dx, dy]),
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
      const { width, height, top } = pane.node.getBoundingClientRect();
      if (!width || !height) continue;
      const before = pane.size;
      pane.size = { width, height, top: top + scrollY };
      if (before && before.width !== width) pane.fingers.spend();
      const view = pane.view;
      if (before?.width !== width || !pane.view) fitPane(pane);
      else if (before.height !== height) cut(pane, before);
      if (view && isElsewhere(view, before, pane)) unsettle(pane);
    }
  }

  const isElsewhere = (view, size, pane) =>
    size.top !== pane.size.top || view.x !== pane.view.x || view.y !== pane.view.y || view.width / size.width !== pane.view.width / pane.size.width;

  /** The drawing moved and nobody moved it: a finger that was on its way meant another place. */
  function unsettle(pane) {
    pane.movedAt = performance.now();
    settle(root);
  }

  /** What lay over the picture here has just gone: a finger on its way meant that. */
  function wasCovered({ svg }, [x, y], at) {
    if (!cleared || at >= cleared.at + SETTLES) return false;
    const { left, top } = svg.getBoundingClientRect();
    const { box } = cleared;
    return left + x >= box.left && left + x <= box.right && top + y >= box.top && top + y <= box.bottom;
  }

  function cut(pane, before) {
    const { x, y, width } = pane.view;
    const shows = (at, size) => toPane(pane.view, size, at)[1] <= size.height;
    const seen = inPane(pane).filter(({ at }) => shows(at, before));
    show(pane, { x, y, width, height: (pane.size.height / pane.size.width) * width });
    // A picture that somebody put stays as they put it; another gives way no further than it must.
    if (!pane.fitted || seen.every(({ at }) => shows(at, pane.size))) return;
    const rows = seen.map(({ at }) => toPane(pane.view, pane.size, at)[1]);
    const below = Math.max(...rows) + TOUCH - pane.size.height;
    if (Math.min(...rows) - TOUCH < below) fitPane(pane);
    else show(pane, { ...pane.view, y: y + (below / pane.size.width) * width });
  }

  /** Show the sites, above the room that a line beneath the picture may take. */
  function fitPane(pane) {
    const room = Math.max(0, LINE - under.offsetHeight);
    const free = { width: pane.size.width, height: Math.max(pane.size.height - room, pane.size.height / 2) };
    const view = shaped(pane.home ?? homeOf(map, sites.map(({ at }) => at)), free);
    show(pane, { ...view, height: (view.height * pane.size.height) / free.height });
    pane.fitted = true;
  }

  /** Show the sites; where they are shown, the region of what is in hand. */
  function fitOrRegion(pane) {
    const points = pane.fitted ? (scene.zone ?? []).flat().filter((point) => holds(pane, point)) : [];
    if (points.length) look(pane, shaped(padded(bounds(points), ROOM * map.scale), pane.size));
    else fitPane(pane);
  }

  /** Show a part of the drawing: never more than all of it, or than what is shown anyway. */
  function look(pane, view) {
    const whole = union(shaped(pane.frame, pane.size), pane.view);
    const factor = Math.min(1, (view.width * CLOSEST) / whole.width);
    const middle = [view.x + view.width / 2, view.y + view.height / 2];
    pane.fitted = false;
    show(pane, within(factor < 1 ? zoomed(view, factor, middle) : view, whole));
  }

  function show(pane, view) {
    pane.view = view;
    pane.svg.setAttribute("viewBox", `${view.x} ${view.y} ${view.width} ${view.height}`);
    place(pane);
    act.pictureViewed();
  }

  function pinch(pane, factor, about, [dx, dy]) {
    const { view, size } = pane;
    const moved = { ...view, x: view.x - (dx / size.width) * view.width, y: view.y - (dy / size.height) * view.height };
    look(pane, zoomed(moved, factor, toMap(moved, size, about)));
  }

  // ── taps ──

  // A picture is as wide as high in proportion to its part of the map, so near here is near there.
  const siteUnder = (pane, point) => nearest(inPane(pane), ({ at }) => at, toMap(pane.view, pane.size, point), (TOUCH * pane.view.width) / pane.size.width);

  function tap(pane, point, byKey) {
    const hit = scene.moving ? undefined : siteUnder(pane, point);
    if (hit) act.tapSite(hit.site.key);
    else act.tapSkin(map.ref, toMap(pane.view, pane.size, point), byKey);
  }

  // ── dragging ──

  /** What a finger does from there: a site that lies under it is lifted once the finger has moved. */
  function grab(pane, point) {
    const under = scene.fixed ? undefined : siteUnder(pane, point);
    // What two tablets changed waits where it is until someone decides.
    const hit = under?.letter ? undefined : under;
    pane.dragged = null;
    if (scene.draws && !hit?.chosen) return "draw";
    if (!hit) return "pan";
    const along = hit.chosen ? sites.filter(({ chosen }) => chosen).map(({ site }) => site.key) : [hit.site.key];
    pane.dragged = { key: hit.site.key, from: hit.at, by: null, along: new Set(along) };
    return "drag";
  }

  function drag(pane, [px, py], by) {
    const { dragged, size } = pane;
    if (!dragged) return;
    // Another tablet's change took it away.
    if (!isHere(pane, dragged.key)) return pane.fingers.spend();
    const lifts = !dragged.by;
    dragged.by = inMap(pane, by);
    if (lifts) panes.forEach(draw);
    // However many they are, they move as one.
    else for (const each of panes) carry(each, dragged.by);
    const seen = px >= 0 && py >= 0 && px <= size.width && py <= size.height;
    act.drag(dragged.key, map.ref, seen ? plus(dragged.from, dragged.by) : null);
  }

  /** What is lifted lies on a picture of its own, which moves without being painted anew. */
  function carry({ svg, lifted, size, view }, by) {
    if (!by) return lifted.remove();
    attribute(lifted, "viewBox", svg.getAttribute("viewBox"));
    lifted.style.transform = `translate(${(by[0] / view.width) * size.width}px, ${(by[1] / view.height) * size.height}px)`;
    if (!lifted.isConnected) svg.after(lifted);
  }

  const isHere = ({ marks }, key) => marks.some(({ item }) => item.site.key === key);

  const inMap = ({ view, size }, [dx, dy]) => [(dx / size.width) * view.width, (dy / size.height) * view.height];

  const plus = (a, b) => [a[0] + b[0], a[1] + b[1]];

  function drop(pane, by) {
    const { dragged, size, view } = pane;
    pane.dragged = null;
    if (!dragged) return;
    if (dragged.by) panes.forEach(draw);
    if (!by || !isHere(pane, dragged.key)) return act.putBack();
    const at = plus(dragged.from, inMap(pane, by));
    const [px, py] = toPane(view, size, at);
    const off = px < 0 || py < 0 || px > size.width || py > size.height;
    if (off && panes.length > 1) return act.putBack(t("Each side has its own picture. Delete the site here and tap it there."));
    if (off) return act.putBack(t("That is beside the picture. The site is back where it was."));
    act.drop(dragged.key, map.ref, at);
  }

  // ── a line round something ──

  function drawLine(pane, point) {
    pane.drawn.push(point);
    pane.line.setAttribute("points", pane.drawn.join(" "));
  }

  function endLine(pane, whole) {
    const { drawn } = pane;
    pane.drawn = [];
    pane.line.setAttribute("points", "");
    if (whole) act.drawn(map.ref, drawn);
  }

  const holds = (pane, at) =>
    Boolean(at) && (panes.length === 1 || (at[0] >= pane.frame.x && at[0] <= pane.frame.x + pane.frame.width));

  const inPane = (pane) => (panes.length === 1 ? sites : sites.filter(({ at }) => holds(pane, at)));

  // The keyboard's finger: a cross that arrows move and Enter puts down.
  function steer(pane, event) {
    if (event.ctrlKey || event.metaKey || (event.altKey && scene.many)) return;
    const step = (event.shiftKey || event.altKey ? 1 : 4) * map.scale;
    const by = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key];
    if (by) {
      const { view } = pane;
      const from = pane.at ?? [view.x + view.width / 2, view.y + view.height / 2];
      moveCross(pane, [from[0] + by[0], from[1] + by[1]]);
    } else if ((event.key === "Enter" || event.key === " ") && pane.at) {
      if (!event.repeat) tap(pane, toPane(pane.view, pane.size, pane.at), true);
    } else if (event.key === "+" || event.key === "=") closer(pane);
    else if (event.key === "-") further(pane);
    else if (event.key === "0") fitOrRegion(pane);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  function moveCross(pane, at) {
    pane.at = at;
    // The picture follows a cross that leaves it.
    if (at) reveal(pane, at);
    place(pane);
    if (at) act.said(act.nameOf(map.ref, at));
  }

  const EDGE = 24;

  function reveal(pane, at) {
    const { view, size } = pane;
    const [x, y] = toPane(view, size, at);
    const beyond = (value, most) => Math.min(0, value - EDGE) + Math.max(0, value - most + EDGE);
    const [dx, dy] = [beyond(x, size.width), beyond(y, size.height)];
    if (dx || dy) pinch(pane, 1, [0, 0], [-dx, -dy]);
  }

  /** Closer, about the cross or the site in hand where they are to be seen. */
  function closer(pane) {
    const { x, y, width, height } = pane.view;
    const about = pane.at ?? inPane(pane).find((item) => item.selected)?.at;
    const seen = about && about[0] >= x && about[0] <= x + width && about[1] >= y && about[1] <= y + height;
    look(pane, zoomed(pane.view, STEP, seen ? about : [x + width / 2, y + height / 2]));
  }

  function further(pane) {
    const { x, y, width, height } = pane.view;
    look(pane, zoomed(pane.view, 1 / STEP, [x + width / 2, y + height / 2]));
  }

  // ── marks ──

  const put = ({ size, view }, node, [x, y]) => node.setAttribute("transform", `translate(${x} ${y}) scale(${view.width / size.width})`);

  /** Put everything that is drawn in pixels where it belongs on this zoom. */
  function place(pane) {
    if (!pane.view) return;
    const scale = pane.size.width / pane.view.width;
    pane.ghosts.place(1 / scale);
    for (const mark of pane.marks) {
      if (mark.scale === scale) continue;
      mark.scale = scale;
      put(pane, mark.node, mark.item.at);
      mark.node.firstChild.setAttribute("r", String(Math.min(TOUCH, (mark.apart * scale) / 2)));
    }
    const cross = pane.at ?? (holds(pane, scene?.asked) ? scene.asked : null);
    pane.cross.toggleAttribute("hidden", !cross);
    if (cross) put(pane, pane.cross, cross);
    if (pane.side || pane.worded === pane.view) return;
    pane.worded = pane.view;
    pane.words.replaceChildren(
      ...sideWords(map, pane.view).map(({ side, at, anchor }) => {
        const word = shape("text", { "text-anchor": anchor }, sideWord(side));
        put(pane, word, at);
        return word;
      }),
    );
  }

  function draw(pane) {
    const all = inPane(pane);
    pane.crowd = apart(all.map(({ at }) => at), pane.crowd);
    const held = panes.find(({ dragged }) => dragged?.by)?.dragged;
    const before = pane.marks;
    let known = null;
    /** The mark that a site had: most often where it stands now. */
    const markBefore = (key, index) => {
      const last = before[index];
      if (!known && (!last || last.item.site.key === key)) return last;
      known ??= new Map(before.map((mark) => [mark.item.site.key, mark]));
      return known.get(key);
    };
    let given = 0;
    let here = 0;
    let links = "";
    const marks = all.map((item, index) => {
      const { site, other, from } = item;
      const old = markBefore(site.key, index);
      const isLifted = site.key === held?.key;
      const stays = old && old.isLifted === isLifted && isAlike(old.item, item);
      const mark = stays ? old : { node: markOf({ ...item, lifted: isLifted }), item, isLifted };
      // Where sites crowd, each keeps its own half of the way to its nearest neighbour.
      const far = pane.crowd.least[index];
      if (mark.apart !== far) Object.assign(mark, { apart: far, scale: null });
      if (from) links += `M${from}L${item.at}`;
      if (!other) {
        here += 1;
        if (site.state === "given") given += 1;
      }
      return mark;
    });
    const isOff = ({ item }) => held?.along.has(item.site.key);
    arrange(pane.layer, (held ? marks.filter((mark) => !isOff(mark)) : marks).map(({ node }) => node));
    // What is lifted lies on top, and what is under the finger above all.
    arrange(pane.lifted, held ? marks.filter(isOff).sort((a, b) => Number(a.isLifted) - Number(b.isLifted)).map(({ node }) => node) : []);
    carry(pane, pane.view && held?.by);
    pane.marks = marks;
    attribute(pane.links, "d", links);
    attribute(pane.zone, "d", (scene.zone ?? []).map((polygon) => `M${polygon.join("L")}Z`).join(""));
    pane.ghosts.show(scene.ghosts, (at) => holds(pane, at));
    attribute(pane.svg, "aria-label", t("{title}. {given} of {all} sites given.", { title: scene.title, given, all: here }));
    if (pane.side) pane.name.replaceChildren(el("b", {}, sideWord(pane.side)), paneLine(all.filter(({ other }) => !other), given));
    place(pane);
  }

  /** While what a mark is drawn from is the same, so is the mark. */
  const isAlike = (one, other) =>
    one === other || (one.site === other.site && one.square === other.square && one.selected === other.selected && one.next === other.next && one.wrong === other.wrong && one.letter === other.letter);

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
     * @param {import("./types.js").Point[][] | null} next.zone  the region of the site in hand, or the area that is filled
     * @param {any[]} next.items  the sites on this map, with how each is drawn
     * @param {any[]} next.ghosts  what an earlier session gave here
     * @param {number[] | null} next.asked  a place that waits for its name
     * @param {boolean} next.moving  a tap means the skin, whatever lies there
     * @param {boolean} next.fixed  nothing can be dragged
     * @param {boolean} next.draws  a finger leaves a line
     * @param {boolean} next.many  several sites are chosen, and keys move them
     */
    show(next) {
      scene = next;
      sites = next.items;
      root.toggleAttribute("aria-busy", !next.map);
      if (!next.map) return;
      if (next.map !== map) open(next.map);
      panes.forEach(draw);
    },
    /** Where on the page sites lie, what waits for its name, and what says which side is which. */
    marks() {
      return panes.filter((pane) => pane.view).flatMap((pane) => {
        const { left, top } = pane.svg.getBoundingClientRect();
        const asked = holds(pane, scene.asked) ? [{ at: scene.asked }] : [];
        const words = pane.side ? [] : sideWords(map, pane.view);
        // A site that is covered is worse than a word.
        return [...inPane(pane), ...asked, ...words]
          .map(({ at, anchor }) => [...toPane(pane.view, pane.size, at), anchor ? 0.5 : 1])
          .filter(([x, y]) => x >= 0 && y >= 0 && x <= pane.size.width && y <= pane.size.height)
          .map(([x, y, worth]) => [left + x, top + y, worth]);
      });
    },
    uncovered(box) {
      cleared = { box, at: performance.now() };
      settle(root);
    },
    fit: () => panes.filter((pane) => pane.size).forEach(fitPane),
    fitOrRegion: () => panes.filter((pane) => pane.size).forEach(fitOrRegion),
    closer: () => panes.filter((pane) => pane.size).forEach(closer),
    letGo: () => panes.forEach(({ fingers }) => fingers.spend()),
    /** Give the keyboard the picture, its cross on this place. */
    steer(at) {
      const pane = panes.find((each) => holds(each, at));
      if (!pane?.size) return;
      pane.svg.focus({ preventScroll: true });
      moveCross(pane, at);
    },
    focus: () => panes[0]?.svg.focus({ preventScroll: true }),
  };
}
