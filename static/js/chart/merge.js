// The work of two tablets on one chart becomes one chart: what each did since both last agreed stands
// together, site by site and field by field. What only a person can decide is a conflict: one of the
// two versions stands in the chart, the other is kept beside it.
//
// Two things are above every rule. What somebody gave is never dropped and never becomes planned
// without being asked about. And who gives a site says with it how much, where and how: a dose or a
// place that another tablet changed meanwhile was not what was injected.
import { alike, same } from "./changes.js";
import { place, remove, set } from "./edits.js";
import { changePreparation, changeVial } from "./whole.js";

/** @typedef {import("./types.js").Chart} Chart */
/** @typedef {import("./types.js").Site} Site */

/**
 * @typedef {object} Conflict  null stands for "deleted"
 * @property {string} id
 * @property {"site" | "preparation" | "vial" | "date"} thing
 * @property {any} mine
 * @property {any} theirs
 * @property {"mine" | "theirs"} stands  which of the two the chart shows until someone decides
 */

// What is decided as one: a muscle follows its place, an instant its state.
const OF_SITE = {
  state: ["state", "given_at"],
  units: ["units"],
  where: ["map", "x", "y", "muscle", "other"],
  depth: ["depth"],
  indication: ["indication"],
  protocol: ["protocol", "protocol_site"],
  volume: ["volume_ml"],
  needle: ["needle"],
  guidance: ["guidance"],
};
const SAID_BY_GIVING = ["units", "where", "depth", "needle", "guidance"];
// Saying these where nobody had changes nothing that was given from the plan.
const OFTEN_UNSAID = ["depth", "needle", "guidance"];
const OF_PREPARATION = { product: ["product"], diluent: ["diluent"], ml: ["diluent_ml"], mixed: ["reconstituted_at"] };
const OF_VIAL = {
  units: ["units"],
  lot: ["lot"],
  expires: ["expires"],
  ndc: ["ndc"],
  serial: ["serial"],
  source: ["source"],
  ml: ["diluent_ml"],
  mixed: ["reconstituted_at"],
  discarded: ["discarded", "discard_reason"],
};

const keysOf = (list) => new Set(list.map(({ key }) => key));
const byKey = (list) => new Map(list.map((item) => [item.key, item]));
const isGiven = (value) => value?.state === "given";

/**
 * @param {Chart} base  what both tablets started from
 * @param {Chart} mine
 * @param {Chart} theirs  what the server holds now
 * @returns {{chart: Chart, conflicts: Conflict[], renamed: Map<string, string>}}  `renamed`: the keys
 *   of sites laid on both tablets, from this tablet's to the other's
 */
export function merge(base, mine, theirs) {
  return merged(base, mine, theirs, false);
}

/**
 * The chart now without what was done from `before` to `after`. Where somebody else has changed the
 * same since, theirs stays; `stayed` counts how often.
 * @param {Chart} after
 * @param {Chart} before
 * @param {Chart} now
 */
export function withdrawn(after, before, now) {
  const { chart, conflicts } = merged(after, before, now, true);
  return { chart, stayed: conflicts.length };
}

/** The edit that lets one side of a conflict stand. @returns {import("./types.js").Edit} */
export const keep = ({ id, thing, ...sides }, side) => (chart) => {
  const value = sides[side];
  if (thing === "date") return set({ date: value })(chart);
  if (thing === "vial") return changeVial(id, value)(chart);
  if (thing === "preparation") return changePreparation(id, value)(chart);
  const there = chart.sites.find((site) => site.key === id);
  if (!value) return remove(id)(chart);
  if (there && same(there, value)) return chart;
  const sites = there ? chart.sites.map((site) => (site === there ? value : site)) : place(value)(chart).sites;
  return sound({ ...chart, sites }, []);
};

/** The edit that lets both stand where both say "given": the other one is an injection of its own. */
export const keepBoth = (conflict, key) => (chart) => {
  const other = conflict[conflict.stands === "mine" ? "theirs" : "mine"];
  return sound(place({ ...other, key, protocol: null, protocol_site: null })(chart), []);
};

/** What a chart holds under a conflict's id, or null. */
export function valueOf(chart, { id, thing }) {
  if (thing === "date") return chart.date;
  if (thing === "site") return chart.sites.find(({ key }) => key === id) ?? null;
  if (thing === "preparation") return withoutVials(chart.preparations.find(({ key }) => key === id) ?? null);
  return chart.preparations.flatMap(({ vials }) => vials).find(({ key }) => key === id) ?? null;
}

/** The conflicts that a chart leaves open, each with what now stands there. */
export function standing(conflicts, chart) {
  return conflicts
    .map((conflict) => ({ ...conflict, [conflict.stands]: valueOf(chart, conflict) }))
    .filter(({ mine, theirs }) => !same(mine, theirs));
}

// ── the merge ──

function merged(base, mine, theirs, yields) {
  // Nobody else was here: what was done stays to the letter, its keys and its order too.
  for (const [one, other, chart] of [[base, theirs, mine], [base, mine, theirs], [mine, theirs, theirs]]) {
    if (alike(one, other)) return { chart, conflicts: [], renamed: new Map() };
  }
  const renamed = twins(base, mine, theirs);
  const there = keysOf(base.sites);
  const was = rename(base, new Map([...renamed].filter(([, other]) => !there.has(other))));
  const own = rename(mine, renamed);
  const conflicts = [];
  /** The value that both sides agree on, else the one that stands until someone decides. */
  const settle = (id, thing, found) => {
    if ("value" in found) return found.value;
    const stands = !yields && (found.theirs === null || (isGiven(found.mine) && !isGiven(found.theirs))) ? "mine" : "theirs";
    conflicts.push({ id, thing, mine: found.mine, theirs: found.theirs, stands });
    return found[stands];
  };
  const chart = {
    ...theirs,
    date: settle("date", "date", field(was.date, own.date, theirs.date)),
    indications: union(was.indications, own.indications, theirs.indications),
    codes: union(was.codes, own.codes, theirs.codes),
    preparations: together(was.preparations, own.preparations, theirs.preparations, (b, m, t) => preparation(b, m, t, settle)),
    sites: together(was.sites, own.sites, theirs.sites, (b, m, t) => settle((m ?? t).key, "site", site(b, m, t, yields))),
  };
  return { chart: sound(chart, [theirs, own, was]), conflicts, renamed };
}

/** Each thing of three lists merged, in one order that both tablets arrive at. */
function together(base, mine, theirs, one) {
  const [b, m, t] = [base, mine, theirs].map(byKey);
  const values = new Map();
  for (const key of new Set([...t.keys(), ...m.keys()])) {
    const value = one(b.get(key) ?? null, m.get(key) ?? null, t.get(key) ?? null);
    if (value) values.set(key, value);
  }
  return order([base, mine, theirs].map((list) => list.map(({ key }) => key)), values);
}

function order([base, mine, theirs], values) {
  const shared = mine.filter((key) => values.has(key) && theirs.includes(key));
  const spine = theirs.filter((key) => shared.includes(key));
  const known = base.filter((key) => shared.includes(key));
  const sorted = (list) => list.filter((key) => known.includes(key)).join();
  // Who changed the order has it; if nobody did, the server's is as good as any.
  const through = sorted(spine) === known.join() && sorted(shared) !== known.join() ? shared : spine;
  // What only one of them holds comes after what it came after there.
  const runs = [mine, theirs].map((list) => {
    const after = new Map([[null, []]]);
    let at = null;
    for (const key of list) {
      if (shared.includes(key)) after.set((at = key), []);
      else if (values.has(key)) after.get(at).push(values.get(key));
    }
    return after;
  });
  return [null, ...through].flatMap((key) => {
    const [one, other] = runs.map((after) => after.get(key));
    const next = earlier(one[0], other[0]) ? [...one, ...other] : [...other, ...one];
    return key === null ? next : [values.get(key), ...next];
  });
}

/** What was given first comes first, what was not given yet after it; keys settle the rest. */
function earlier(one, other) {
  if (!one || !other) return true;
  const [a, b] = [one, other].map(({ given_at }) => (given_at ? Date.parse(given_at) : Infinity));
  return a === b ? one.key < other.key : a < b;
}

/** One value three ways: what only one side changed, or a clash of both. */
function field(base, mine, theirs) {
  if (same(mine, theirs) || same(base, mine)) return { value: theirs };
  if (same(base, theirs)) return { value: mine };
  return { mine, theirs };
}

const equal = (names, one, other) => names.every((name) => same(one[name], other[name]));
const taken = (groups, which, from) =>
  Object.fromEntries(which.flatMap((group) => groups[group].map((name) => [name, from[name]])));

/** The groups of fields that differ from the base; without a base, all of them. */
const changedIn = (groups, base, value) =>
  Object.keys(groups).filter((group) => !base || !equal(groups[group], base, value));

function fields(groups, base, mine, theirs) {
  const own = changedIn(groups, base, mine);
  const clash = changedIn(groups, base, theirs).filter((group) => own.includes(group) && !equal(groups[group], mine, theirs));
  const value = { ...theirs, ...taken(groups, own.filter((group) => !clash.includes(group)), mine) };
  return { value, clash };
}

// ── sites ──

function site(base, mine, theirs, yields) {
  if (same(mine, theirs)) return { value: theirs };
  if (!mine || !theirs) {
    const left = mine ?? theirs;
    if (!base) return { value: left };
    // That a vial was opened meanwhile is no reason to keep what the other tablet deleted.
    if (changedIn(OF_SITE, base, left).length === 0) return { value: null };
    return { mine, theirs };
  }
  // Laid on both tablets: given on one of them, it was given from the plan that both laid.
  const from = base ?? (isGiven(mine) === isGiven(theirs) ? null : isGiven(mine) ? theirs : mine);
  const { value, clash } = fields(OF_SITE, from, mine, theirs);
  if (from) clash.push(...saidByGiving(from, mine, theirs), ...saidByGiving(from, theirs, mine));
  const drawn = drawnFrom(from, mine, theirs, yields);
  if (clash.length === 0 && "value" in drawn) return { value: { ...value, preparation: drawn.value } };
  const side = (own, preparation) => ({ ...value, ...taken(OF_SITE, clash, own), preparation });
  return {
    mine: side(mine, "value" in drawn ? drawn.value : drawn.mine),
    theirs: side(theirs, "value" in drawn ? drawn.value : drawn.theirs),
  };
}

/** What giving, or taking back, said on one tablet although the other has changed something of it. */
function saidByGiving(base, one, other) {
  if (equal(OF_SITE.state, base, one)) return [];
  const differs = SAID_BY_GIVING.filter((group) => !equal(OF_SITE[group], one, other));
  const isChanged = (group) => !equal(OF_SITE[group], base, other) && !(OFTEN_UNSAID.includes(group) && (base[group] ?? null) === null);
  return differs.some(isChanged) ? ["state", ...differs] : [];
}

/** Which preparation a site draws on. Until it is given that is a plan, and no matter to decide. */
function drawnFrom(base, mine, theirs, yields) {
  const [was, own, other] = [base, mine, theirs].map((each) => each?.preparation ?? null);
  const gives = (each) => isGiven(each) && !(base && equal(OF_SITE.state, base, each));
  // Given from no vial yet: the one that was opened on the other tablet meanwhile, if any.
  const opened = (value) => (same(was, value) ? null : value);
  if (gives(mine) && !gives(theirs)) return { value: own ?? opened(other) };
  if (gives(theirs) && !gives(mine)) return { value: other ?? opened(own) };
  const drawn = field(was, own, other);
  if ("value" in drawn) return drawn;
  if (own === null || other === null) return { value: own ?? other };
  if (isGiven(mine) || isGiven(theirs)) return drawn;
  return { value: !yields && own < other ? own : other };
}

/** Sites of one protocol's place that each tablet laid under a key of its own: mine ⇒ theirs. */
function twins(base, mine, theirs) {
  const [was, own, other] = [base, mine, theirs].map(({ sites }) => keysOf(sites));
  const spot = ({ protocol, protocol_site }) => `${protocol} ${protocol_site}`;
  const found = new Map();
  const free = theirs.sites.filter((each) => each.protocol_site && !own.has(each.key));
  for (const each of mine.sites) {
    if (!each.protocol_site || other.has(each.key)) continue;
    const at = free.findIndex((twin) => spot(twin) === spot(each) && !(was.has(twin.key) && was.has(each.key)));
    if (at >= 0) found.set(each.key, free.splice(at, 1)[0].key);
  }
  return found;
}

/** @param {Chart} chart @param {Map<string, string>} renamed */
export function rename(chart, renamed) {
  if (!chart.sites.some(({ key }) => renamed.has(key))) return chart;
  return { ...chart, sites: chart.sites.map((each) => ({ ...each, key: renamed.get(each.key) ?? each.key })) };
}

// ── preparations and vials ──

const withoutVials = (each) => each && (({ vials, ...own }) => own)(each);

/** What only one of them still holds: it goes, unless it was changed there. */
const left = (base, value) => (base && same(base, value) ? null : value);

function preparation(base, mine, theirs, settle) {
  if (!mine || !theirs) return left(base, mine ?? theirs);
  const one = (groups, thing, b, m, t) => {
    const { value, clash } = fields(groups, b, m, t);
    return settle(t.key, thing, clash.length ? { mine: { ...value, ...taken(groups, clash, m) }, theirs: value } : { value });
  };
  const vials = together(base?.vials ?? [], mine.vials, theirs.vials, (b, m, t) => (m && t ? one(OF_VIAL, "vial", b, m, t) : left(b, m ?? t)));
  const [b, m, t] = [base, mine, theirs].map(withoutVials);
  return { ...one(OF_PREPARATION, "preparation", b, m, t), vials: vials.length ? vials : theirs.vials };
}

// ── the chart as a whole ──

/** Sets, whose members come and go one by one. */
function union(base, mine, theirs) {
  const kept = base.filter((item) => mine.includes(item) && theirs.includes(item));
  const added = [mine, theirs].map((list) => list.filter((item) => !base.includes(item)));
  // Whoever alone has all of them has them in an order that means something.
  const whole = added.filter((list) => added.flat().every((item) => list.includes(item)));
  const inOrder = whole.length && same(whole[0], whole.at(-1)) ? whole[0] : [...new Set(added.flat())].sort();
  return [...kept, ...inOrder];
}

/** Nothing points at what is gone: given sites bring their vial back, planned ones draw on none. */
function sound(chart, sources) {
  const known = byKey(sources.flatMap(({ preparations }) => preparations).toReversed());
  const there = keysOf(chart.preparations);
  const given = new Set(chart.sites.filter(isGiven).map((each) => each.preparation));
  const back = [...given].filter((key) => !there.has(key) && known.has(key)).map((key) => known.get(key));
  const preparations = [...chart.preparations, ...back];
  const inUse = keysOf(preparations);
  const needed = chart.sites.map(({ indication }) => indication).filter((id) => !chart.indications.includes(id));
  return {
    ...chart,
    indications: [...chart.indications, ...new Set(needed)],
    preparations,
    sites: chart.sites.map((each) => (each.preparation === null || inUse.has(each.preparation) ? each : { ...each, preparation: null })),
  };
}
