// With how many units a protocol lays its sites, by weight too, and which blocks a limb may have.
import { hundredths, plain } from "./exact.js";
import { due, onLimb } from "./laying.js";

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
  const all = onLimb(protocol, site.side).length;
  const units = protocol.per_kg ? Math.floor(byWeight(protocol, weight) / all) : (hundredths(site.units) ?? brush);
  return { ...site, units: plain(units) };
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
