// The tablet's own figures, exact to 0.01 U. They are a courtesy: the server's count.
// Units of two products are different things: every sum here stays within one product.
import { hundredths, volume } from "./exact.js";

/** @typedef {import("./types.js").Chart} Chart */

/** The preparation a site draws on, or undefined. */
export const preparationOf = (chart, site) =>
  chart.preparations.find((preparation) => preparation.key === site.preparation);

/**
 * How a preparation is mixed, as hundredths of U in hundredths of a mL; null while not known. A
 * label's own figure stands where the catalogue states one; a solution brings its own volume.
 * @param {any} product  the catalogue's
 * @param {import("./types.js").Preparation | undefined} preparation
 */
export function mixtureOf(product, preparation) {
  // All vials of which it is known have one strength.
  for (const vial of preparation?.vials ?? []) {
    const mixture = mixed(product, hundredths(vial.units), hundredths(mlIn(preparation, vial)));
    if (mixture) return mixture;
  }
  return null;
}

/** The mL of diluent in a vial: its own, or as in the others; an object says why it is not known. */
export const mlIn = (preparation, vial) => vial.diluent_ml ?? preparation.diluent_ml;

/** When a vial was mixed: at its own time, or with the others; an object says why it is not known. */
export const mixedAt = (preparation, vial) => vial.reconstituted_at ?? preparation.reconstituted_at;

function mixed(product, vial, diluent) {
  if (!vial) return null;
  const listed = product?.dilutions?.find(
    (each) => hundredths(each.vial_units) === vial && hundredths(each.diluent_ml) === diluent,
  );
  const stated = hundredths(listed?.stated_units_per_ml);
  if (stated) return { units: stated, ml: 100 };
  const solution = hundredths(product?.solution_units_per_ml);
  if (solution) return { units: vial, ml: volume(vial, 100, solution) + (diluent ?? 0) };
  return diluent ? { units: vial, ml: diluent } : null;
}

/** Hundredths of a mL for these units of this preparation; null while its strength is not known. */
export function volumeOf(products, preparation, units) {
  const mixture = mixtureOf(products[preparation?.product], preparation);
  return mixture && volume(units, mixture.ml, mixture.units);
}

/**
 * Units and sites given and planned, a line for each product in the order it was opened; product is
 * null for sites that draw on no vial yet.
 * @param {Chart} chart
 * @param {Record<string, any>} products  the catalogue's
 */
export function totals(chart, products) {
  const lines = new Map();
  const line = (product) => {
    if (!lines.has(product)) {
      lines.set(product, { product, given: 0, planned: 0, givenSites: 0, plannedSites: 0, ml: 0 });
    }
    return lines.get(product);
  };
  for (const preparation of chart.preparations) line(preparation.product);
  /** What draws on one preparation, by its key; several may be of one product. */
  const drawn = new Map();
  let sum;
  let last;
  for (const { preparation, state, units } of chart.sites) {
    // Most often it draws on the same as the one before.
    if (!sum || preparation !== last) sum = drawn.get((last = preparation));
    if (!sum) drawn.set(preparation, (sum = { given: 0, planned: 0, givenSites: 0, plannedSites: 0 }));
    sum[state] += hundredths(units);
    sum[state === "given" ? "givenSites" : "plannedSites"] += 1;
  }
  for (const [key, sum] of drawn) {
    const preparation = preparationOf(chart, { preparation: key });
    const whole = line(preparation?.product ?? null);
    for (const name of Object.keys(sum)) whole[name] += sum[name];
    const ml = sum.givenSites ? volumeOf(products, preparation, sum.given) : 0;
    whole.ml = ml === null || whole.ml === null ? null : whole.ml + ml;
  }
  return [...lines.values()];
}

/**
 * What each vial gave: given sites draw on the vials of their preparation in the order listed, each
 * emptied first; what is beyond the last one is its excess.
 * @param {Chart} chart
 */
export function balance(chart) {
  return chart.preparations.flatMap((preparation) => {
    let drawn = unitsOf(chart, preparation, "given");
    return preparation.vials.map((vial, index) => {
      const opened = hundredths(vial.units);
      const last = index === preparation.vials.length - 1;
      const given = last ? drawn : Math.min(drawn, opened);
      drawn -= given;
      const discarded = vial.discarded === null ? null : hundredths(vial.discarded);
      return {
        key: vial.key,
        preparation: preparation.key,
        opened,
        given,
        discarded,
        remainder: Math.max(0, opened - given),
        left: Math.max(0, opened - given - (discarded ?? 0)),
        excess: Math.max(0, given + (discarded ?? 0) - opened),
      };
    });
  });
}

/** Hundredths of U of this preparation's sites in a state. */
export function unitsOf(chart, preparation, state) {
  return chart.sites
    .filter((site) => site.preparation === preparation.key && site.state === state)
    .reduce((sum, site) => sum + hundredths(site.units), 0);
}
