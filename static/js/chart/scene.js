// Everything the page shows, worked out once after each change: one value that every part reads.
import { meant } from "./anatomy.js";
import { same } from "./changes.js";
import { beside, LETTERS } from "./clash.js";
import { OWN } from "./drawings.js";
import { hundredths } from "./exact.js";
import { due } from "./laying.js";
import { listing } from "./listing.js";
import { merging } from "./merging.js";
import { balance, preparationOf, totals } from "./totals.js";

export const mapId = (ref) => ref.split("@")[0];

// So many views have room; the rest wait under "More areas" until they are needed.
const FEW = 4;

const NONE = [];

// How a site is drawn that nothing is said of.
const PLAIN = { selected: false, chosen: false, next: false, wrong: false, letter: null };
const DRAWN_BY = Object.keys(PLAIN);

/** What few ask for is worked out when somebody does, once. */
function once(work) {
  let done = null;
  return () => (done ??= { value: work() }).value;
}

const PLANNED = (site) => site.state === "planned";

/**
 * @param {object} from
 * @param {import("./types.js").Chart} from.chart
 * @param {any} from.catalogue
 * @param {{get: (ref: string) => import("./types.js").BodyMap | undefined, size: number}} from.drawings
 * @param {any} from.hand  what is in hand and not on the chart: selection, view, brush, what is open
 * @param {any} from.figures  the server's last answer
 * @param {any} [before]  the scene before this one: what its chart came to is not worked out again
 */
export function createScene({ chart, catalogue, drawings, hand, figures }, before) {
  const conflicts = hand.conflicts.length ? hand.conflicts : NONE;
  const from = [chart, drawings.size, figures, conflicts];
  const stands = before?.sums.from.every((each, index) => each === from[index]);
  const sums = stands ? before.sums : sumsOf(chart, catalogue, hand, figures, from, before);
  const { twice, atOnePlace } = sums;
  /** What came last is most often asked for. */
  const rowOf = (key) => sums.inOrder.findLast(({ site }) => site.key === key) ?? null;
  const letterOf = (key) => (twice.has(key) ? LETTERS[twice.get(key).stands] : null);
  const offered = (site) => PLANNED(site) && !twice.has(site.key);
  const inHand = rowOf(hand.selected);
  const next = inHand && offered(inHand.site) ? inHand.site : sums.first;

  const chosen = hand.chosen.size ? chart.sites.filter(({ key }) => hand.chosen.has(key) && !twice.has(key)).map(({ key }) => sums.rows().get(key)) : [];

  // Most often something is said of one site or two, and the others are drawn as they are.
  const isSaid = hand.chosen.size || hand.wrong.size || twice.size;
  const items = (ref) =>
    sums.inOrder
      .filter(({ site }) => site.map === ref)
      .map((row) => {
        const { site } = row;
        if (!isSaid && site !== inHand?.site && site !== next) return row;
        return itemOf(row, {
          selected: chosen.length ? hand.chosen.has(site.key) : site === inHand?.site,
          chosen: hand.chosen.has(site.key),
          next: site === next,
          wrong: hand.wrong.has(site.key),
          letter: twice.size ? (atOnePlace(site.key) ? "A/B" : letterOf(site.key)) : null,
        });
      });

  /** The other versions of sites that two tablets changed, beside those of the chart. */
  const others = (ref) => sums.versions.filter(({ site }) => site.map === ref).map((item) => ({ ...item, selected: item.id === hand.selected }));

  const views = once(() => tabs(chart, catalogue, hand, next, twice));

  return {
    ...sums,
    sums,
    rowOf,
    chart,
    catalogue,
    drawings,
    hand,
    figures,
    next,
    items,
    others,
    conflicts,
    letterOf,
    /** The conflict that is laid out to be decided. */
    clash: conflicts.find(({ id }) => id === hand.clash) ?? null,
    selected: inHand,
    /** The rows of the sites that are chosen together; what waits for a decision is not among them. */
    chosen,
    get rows() {
      return sums.rows();
    },
    get vials() {
      return sums.vials();
    },
    get undecided() {
      return sums.undecided();
    },
    get tabs() {
      return views();
    },
    /** Who gave a site, where that was somebody else; the server says so of what it holds. */
    giver({ key, state, given_at }) {
      const known = figures.sites?.[key];
      if (state !== "given" || !known?.given_by || !given_at || known.given_by === hand.person) return null;
      return Date.parse(known.tablet_given_at) === Date.parse(given_at) ? known.given_by : null;
    },
  };
}

/** What a chart comes to, whatever is in hand; it holds until one of these changes. */
function sumsOf(chart, catalogue, hand, figures, from, before) {
  const placeOf = (site) => hand.placeOf(site) ?? { region: null, side: sideUndrawn(catalogue, figures, site) };
  const laid = new Set();
  const open = [];
  for (const site of chart.sites) {
    if (site.protocol) laid.add(site.indication);
    if (PLANNED(site)) open.push(site);
  }
  const lays = [...laid].join();
  const was = before?.chart.preparations === chart.preparations && before.lays === lays ? before.sums : undefined;
  const square = (site) => (site.protocol ? isMoved(catalogue, site) : laid.has(site.indication));
  const { inOrder, groups } = listing(
    chart,
    (site) => placeOf(site).side,
    was,
    // Sides come with drawings, and from the server where there is none.
    was?.from[1] === from[1] && was?.from[2] === from[2],
    (site) => ({ ...PLAIN, at: pointOf(site), square: square(site) }),
  );
  const twice = new Map(hand.conflicts.filter(({ thing }) => thing === "site").map((conflict) => [conflict.id, conflict]));
  const atOnePlace = (key) => {
    const { mine, theirs } = twice.get(key) ?? {};
    return mine && theirs && ["map", "x", "y"].every((name) => same(mine[name], theirs[name]));
  };
  const offered = open.filter(({ key }) => !twice.has(key));
  return {
    from,
    placeOf,
    lays,
    inOrder,
    groups,
    rows: once(() => new Map(inOrder.map((row) => [row.site.key, row]))),
    twice,
    planned: open.length,
    given: chart.sites.length - open.length,
    /** What Give all gives: what waits for a decision is not given by the way. */
    givable: offered.length,
    first: offered[0] ?? null,
    undecided: once(() => (hand.conflicts.length ? merging().eitherWay(chart, hand.conflicts, catalogue.products) : new Map())),
    totals: totals(chart, catalogue.products),
    vials: once(() => balance(chart)),
    indications: chart.indications.map((id) => ({ id, ...catalogue.indications[id] })),
    atOnePlace,
    versions: [...twice.values()].filter(({ id }) => !atOnePlace(id)).flatMap((conflict) => otherVersion(conflict, laid)),
  };
}

function otherVersion(conflict, laid) {
  const site = conflict[beside(conflict)];
  const there = conflict[conflict.stands];
  if (!site) return [];
  return {
    id: conflict.id,
    site: { ...site, key: `${conflict.id}/other` },
    at: pointOf(site),
    from: there?.map === site.map ? pointOf(there) : null,
    square: !site.protocol && laid.has(site.indication),
    letter: LETTERS[beside(conflict)],
    other: true,
  };
}

// A row is made anew when what it says changes: while it is the same, so is what is drawn of it.
const drawn = new WeakMap();

function itemOf(row, look) {
  const old = drawn.get(row);
  if (old && DRAWN_BY.every((name) => old[name] === look[name])) return old;
  const item = { ...row, ...look };
  drawn.set(row, item);
  return item;
}

// A site is frozen: where it lies is read once, and is the same point from then on.
const points = new WeakMap();

/** @returns {import("./types.js").Point} */
export function pointOf(site) {
  if (!points.has(site)) points.set(site, [Number(site.x), Number(site.y)]);
  return points.get(site);
}

const planOf = (catalogue, site) => catalogue.protocols[site.protocol]?.sites.find(({ id }) => id === site.protocol_site);

/** The side of a site while its drawing is on its way: what the server says, or the plan of one that lies as planned. */
export const sideUndrawn = (catalogue, figures, site) =>
  figures.sites?.[site.key]?.side ?? (isMoved(catalogue, site) ? null : planOf(catalogue, site)?.side) ?? "unknown";

/** Whether a site that a protocol laid lies elsewhere than the protocol puts it. */
export function isMoved(catalogue, site) {
  const own = planOf(catalogue, site);
  if (!own) return false;
  const map = own.map.includes("@") ? own.map : catalogue.maps[own.map].ref;
  return map !== site.map || hundredths(own.x) !== hundredths(site.x) || hundredths(own.y) !== hundredths(site.y);
}

/** The views on offer: those of the indications, then those that hold sites or were opened. */
function tabs(chart, catalogue, hand, next, twice) {
  const ids = chart.indications.flatMap((id) => catalogue.indications[id]?.maps ?? []).map(mapId);
  const own = ids.map((id) => catalogue.maps[id].ref);
  const needed = [...chart.sites.map((site) => site.map), ...hand.opened];
  // The clinic put its own there, so each has its tab.
  const shown = (ref, index) => index < FEW || ref.startsWith(OWN) || needed.includes(ref);
  const refs = [...own.filter(shown), ...needed];
  return [...new Set(refs)].map((ref) => {
    const here = chart.sites.filter((site) => site.map === ref);
    return {
      ref,
      id: mapId(ref),
      label: catalogue.maps[mapId(ref)].tab,
      given: here.filter((site) => !PLANNED(site)).length,
      all: here.length,
      next: next?.map === ref,
      undecided: twice.size && here.filter(({ key }) => twice.has(key)).length,
    };
  });
}

/** A preparation that is planned: its product is said, and no vial is opened for it yet. */
export const awaited = (chart) => chart.preparations.find(({ vials }) => vials.length === 0);

/** The product a plan asks for: its own, else its protocol's, else the indication's usual one. */
export function wantedProduct({ chart, catalogue, indications }) {
  if (awaited(chart)) return awaited(chart).product;
  const laid = chart.sites.find((site) => site.preparation === null && site.protocol);
  const product = laid ? catalogue.protocols[laid.protocol]?.product : null;
  return product ?? indications.find((each) => each.usual_product)?.usual_product ?? null;
}

/** What a tap on bare skin would record there, before anything is placed. */
export function tapMeaning(scene, ref, [x, y], remembered) {
  const { region, inside } = scene.hand.regionAt(ref, x, y);
  const { muscle, indication } = meant(region, { remembered: remembered.get(`${ref} ${region?.id}`), indications: scene.indications });
  return { region, inside, muscle, indication: indication ?? scene.indications[0]?.id ?? null };
}

/** The sites of the grid in hand that are on the chart, and whether all wait to be given. */
export function gridIn({ hand, chart }) {
  const sites = hand.grid ? chart.sites.filter(({ key }) => hand.grid.keys.has(key)) : [];
  return { sites, isPlan: sites.every(({ state }) => state === "planned") };
}

/** What taps of the brush draw on: the preparation in hand, else the first. */
export const drawsOn = ({ chart, hand }) =>
  chart.preparations.find((each) => each.key === hand.preparation) ?? chart.preparations[0] ?? null;

/** The product whose units the brush has. */
export const brushProduct = (scene) => drawsOn(scene)?.product ?? wantedProduct(scene);

/** The brush's usual steps for the session at hand, in hundredths, and what it starts with. */
export function brushSteps(scene) {
  const { catalogue, indications } = scene;
  const product = catalogue.products[brushProduct(scene)];
  const first = indications[0];
  const own = first?.brushes?.[brushProduct(scene)];
  const steps = (own?.steps ?? product?.steps ?? []).map(hundredths);
  // Without an indication it starts in the middle of what is usual with the product.
  const start = hundredths(own?.units ?? first?.brush_units) ?? steps[steps.length >> 1] ?? 100;
  if (!steps.includes(start)) {
    steps.push(start);
    steps.sort((a, b) => a - b);
  }
  const at = Math.max(0, Math.min(steps.indexOf(start) - 1, steps.length - 3));
  return { start, steps: steps.slice(at, at + 3) };
}

/** By how much − and + change a dose: the least of the product's usual steps. */
export function doseStep({ catalogue, ...scene }, site) {
  const product = preparationOf(scene.chart, site)?.product ?? wantedProduct({ catalogue, ...scene });
  const steps = (catalogue.products[product]?.steps ?? []).map(hundredths);
  return steps.length ? Math.min(...steps) : 100;
}

/** Whether everything given is the protocol's own, at its place and dose, with nothing left out or added. */
export function asPlanned({ chart, catalogue }) {
  const protocols = new Set(chart.sites.map((site) => site.protocol));
  if (protocols.size !== 1 || protocols.has(null)) return null;
  const protocol = catalogue.protocols[[...protocols][0]];
  if (!protocol || protocol.per_limb || due(protocol).length !== chart.sites.length) return null;
  const doses = new Map(due(protocol).map((site) => [site.id, hundredths(site.units)]));
  const same = chart.sites.every(
    (site) => site.state === "given" && !isMoved(catalogue, site) && doses.get(site.protocol_site) === hundredths(site.units),
  );
  return same ? protocol : null;
}
