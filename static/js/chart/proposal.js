// The vial to propose until one is chosen: of those used lately, what leaves least over.
import { hundredths } from "./exact.js";
import { wantedProduct } from "./scene.js";

/** Whether a session still has to say what it draws on. */
export const needsVial = ({ chart, indications }) =>
  indications.length > 0 &&
  (chart.preparations.length === 0 || chart.sites.some((site) => site.preparation === null));

/** Hundredths of U that draw on no vial yet. */
const unassigned = (chart) =>
  chart.sites.filter((site) => site.preparation === null).reduce((sum, site) => sum + hundredths(site.units), 0);

/** The recent vials that fit: of the wanted product, not expired on the day of service. */
export const fitting = (scene) => {
  const product = wantedProduct(scene);
  return scene.hand.recent.filter(
    (vial) => (!product || vial.product === product) && (!vial.expires || vial.expires >= scene.chart.date),
  );
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
    .filter((vial) => hundredths(vial.diluent_ml) !== null || isSolution(scene, vial))
    .map((vial) => {
      const size = hundredths(vial.units);
      const count = Math.max(1, Math.ceil(needed / size));
      return { vial, count, opened: count * size, left: count * size - needed };
    });
  if (!needed) return offers[0] ?? null;
  return offers.sort((a, b) => a.left - b.left || a.count - b.count)[0] ?? null;
}

/** Whether a product comes as a solution and is not mixed. */
export const isSolution = ({ catalogue }, { product }) => catalogue.products[product]?.ready_made === true;
