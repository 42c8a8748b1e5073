// The vial to propose until one is chosen: of those used lately, what leaves least over.
import { hundredths, trim } from "./exact.js";
import { mlAsLast } from "./memory.js";
import { awaited, wantedProduct } from "./scene.js";

/** Whether a session still has to say what it draws on. */
export const needsVial = ({ chart, indications }) =>
  indications.length > 0 &&
  (chart.preparations.length === 0 || Boolean(awaited(chart)) || chart.sites.some((site) => site.preparation === null));

const usual = ({ indications }, product) =>
  indications.flatMap((each) => each.dilutions ?? []).filter((each) => each.product === product);

/** The size of a product that the session usually takes. */
export const usualSize = (scene, product) => usual(scene, product)[0]?.vial_units;

const lastMl = ({ hand, chart }, product, units) => mlAsLast(hand.past.sessions, chart.indications, product, units);

/** The mL that go into a vial of this size: as strong as this patient's last, else what is usual. */
export const usualMl = (scene, product, units) =>
  lastMl(scene, product, units) ?? usual(scene, product).find((each) => hundredths(each.vial_units) === hundredths(units))?.diluent_ml;

/** A vial as strong as this patient's last, else as it was mixed lately, else as is usual. */
export const withDilution = (scene, vial) => {
  const ml = lastMl(scene, vial.product, vial.units) ?? vial.diluent_ml ?? usualMl(scene, vial.product, vial.units);
  return { ...vial, diluent_ml: ml ? trim(ml) : null };
};

/** Hundredths of U that draw on no vial yet. */
const unassigned = (chart) =>
  chart.sites.filter((site) => site.preparation === (awaited(chart)?.key ?? null)).reduce((sum, site) => sum + hundredths(site.units), 0);

/**
 * The vials at hand that fit: of the wanted product, not expired on the day of service. What should
 * not be taken comes last: none of it left, then quarantined.
 */
export const fitting = (scene) => {
  const product = wantedProduct(scene);
  const rank = (vial) => (vial.quarantined ? 2 : vial.left === 0 ? 1 : 0);
  return scene.hand.recent
    .filter((vial) => (!product || vial.product === product) && (!vial.expires || vial.expires >= scene.chart.date))
    .sort((a, b) => rank(a) - rank(b));
};

/**
 * What the strip proposes: of the recent vials that fit, as many as the plan takes; the least waste
 * first, then the fewest vials, then the one used last.
 * @returns {{vial: any, count: number, opened: number, left: number} | null}
 */
export function proposal(scene) {
  if (!needsVial(scene)) return null;
  const needed = unassigned(scene.chart);
  const offers = fitting(scene)
    .filter((vial) => !vial.quarantined && vial.left !== 0)
    .map((vial) => withDilution(scene, vial))
    .filter((vial) => hundredths(vial.diluent_ml) !== null || isSolution(scene, vial))
    .map((vial) => {
      const size = hundredths(vial.units);
      const count = Math.max(1, Math.ceil(needed / size));
      return { vial, count, opened: count * size, left: count * size - needed };
    })
    .filter(({ vial, count }) => vial.left === null || vial.left === undefined || vial.left >= count);
  if (!needed) return offers[0] ?? null;
  // What a pharmacy delivered for this patient is for nobody else.
  const own = (each) => (each.vial.source === "pharmacy" ? 0 : 1);
  return offers.sort((a, b) => own(a) - own(b) || a.left - b.left || a.count - b.count)[0] ?? null;
}

/** Whether a product comes as a solution and is not mixed. */
export const isSolution = ({ catalogue }, { product }) => catalogue.products[product]?.ready_made === true;
