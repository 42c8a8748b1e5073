// What a protocol lays: which of its sites, on which limb, with how many units each.
import { hundredths, plain } from "./exact.js";

/** The catalogue as it travelled, with each site of a protocol as an object. */
export function unfolded(catalogue) {
  const site = (row) => Object.fromEntries(catalogue.site_columns.map((name, at) => [name, row[at]]));
  const protocols = Object.entries(catalogue.protocols).map(([id, protocol]) => [id, { ...protocol, sites: protocol.sites.map(site) }]);
  return { ...catalogue, protocols: Object.fromEntries(protocols) };
}

/** The sites of a protocol on one limb, where it is laid by limb; else all it has. */
const on = (protocol, side) => protocol.sites.filter((site) => !protocol.per_limb || site.side === side);

/** What it lays unasked. */
export const due = (protocol, side = null) => on(protocol, side).filter((site) => !site.optional);

/** A dose shared over so many sites, in hundredths: larger parts first, the sum exact. */
export function shares(total, parts) {
  const rest = total % parts;
  return Array.from({ length: parts }, (_, at) => (total - rest) / parts + (at < rest ? 1 : 0));
}

/** The low end of units per kg times the patient's weight, in hundredths, rounded down; null without a weight. */
export function byWeight(protocol, weight) {
  const kg = hundredths(weight);
  return kg ? Math.floor((hundredths(protocol.per_kg[0]) * kg) / 100) : null;
}

/** Whether a block waits for a weight. */
export const asksForWeight = (protocol, weight) => Boolean(protocol.per_kg) && byWeight(protocol, weight) === null;

/**
 * The sites it lays unasked, each with its units in hundredths: what is stated, what follows from the
 * weight, or the brush where nobody stated a dose.
 */
export function planned(protocol, { side = null, weight = null, brush }) {
  const sites = due(protocol, side);
  const parts = protocol.per_kg ? shares(byWeight(protocol, weight), sites.length) : sites.map(({ units }) => hundredths(units) ?? brush);
  return sites.map((site, at) => ({ ...site, units: plain(parts[at]) }));
}

/** One more site of a protocol, asked for, with the least share that it can have. */
export function asked(protocol, id, { weight = null, brush }) {
  const site = protocol.sites.find((each) => each.id === id);
  const all = on(protocol, site.side).length;
  const units = protocol.per_kg ? Math.floor(byWeight(protocol, weight) / all) : (hundredths(site.units) ?? brush);
  return { ...site, units: plain(units) };
}

const mapOf = ({ map }) => map.split("@")[0];
const sameSpot = (a, b) => mapOf(a) === mapOf(b) && hundredths(a.x) === hundredths(b.x) && hundredths(a.y) === hundredths(b.y);

/** Whether a place of a protocol holds no site of a protocol yet. */
export const isFree = (chart, site) => !chart.sites.some((there) => there.protocol && sameSpot(there, site));

/** The limbs of a block that have planned or given sites of it. */
export function limbsOf(chart, id, protocol) {
  const laid = new Set(chart.sites.filter((site) => site.protocol === id).map((site) => site.protocol_site));
  return new Set(protocol.sites.filter((site) => laid.has(site.id)).map((site) => site.side));
}

/** The sites that may be asked for beside what is laid: optional ones, and those of what stands beside it. */
export function extras(chart, catalogue, indications) {
  const laid = new Set(chart.sites.map((site) => site.protocol));
  const there = new Set(chart.sites.map((site) => `${site.protocol} ${site.protocol_site}`));
  const offered = indications.flatMap(({ protocols }) => protocols).map((id) => [id, catalogue.protocols[id]]);
  return offered
    .filter(([id, protocol]) => laid.has(id) || laid.has(protocol.add_on_to))
    .flatMap(([id, protocol]) => {
      const limbs = limbsOf(chart, id, protocol);
      return protocol.sites
        .filter((site) => site.optional && !there.has(`${id} ${site.id}`) && (!protocol.per_limb || limbs.has(site.side)) && isFree(chart, site))
        .map((site) => ({ protocol: id, site }));
    });
}

/** The sets of blocks of a limb, by product and ages: those for this patient's age first. */
export function blockSets(catalogue, indications, age) {
  const sets = new Map();
  for (const id of indications.flatMap(({ protocols }) => protocols)) {
    const protocol = catalogue.protocols[id];
    if (!protocol.per_limb) continue;
    const key = `${protocol.indication} ${protocol.product} ${protocol.ages}`;
    const fits = age >= (protocol.from_age ?? 0) && age <= (protocol.to_age ?? Infinity);
    const set = sets.get(key) ?? { key, product: protocol.product, ages: protocol.ages, indication: protocol.indication, fits, ids: [] };
    set.ids.push(id);
    sets.set(key, set);
  }
  return [...sets.values()].sort((a, b) => Number(b.fits) - Number(a.fits));
}
