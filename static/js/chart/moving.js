// What a site becomes where it is moved to: muscle and side follow the region, what a person or a
// plan said stays as long as it can be true there.
import { meant, sideOf } from "./anatomy.js";

/**
 * @param {object} with_
 * @param {any} with_.catalogue
 * @param {import("./types.js").BodyMap} with_.map
 * @param {import("./types.js").Site} with_.site
 * @param {{region: import("./types.js").Region | null}} with_.from  where it lies
 * @param {{region: import("./types.js").Region | null, inside: boolean}} with_.to
 * @param {number} with_.x  of the new place
 * @param {string | undefined} with_.remembered  the muscle last chosen in that region today
 * @param {{id: string, muscles: string[]}[]} with_.indications
 * @returns {{inside: boolean, asks: boolean, region: any, side: import("./types.js").Side,
 *   values: {muscle: string | null, other: string | null, indication: string}}}  asks: whether it
 *   goes there only once somebody said what it is, or that it may
 */
export function movedTo({ catalogue, map, site, from, to, x, remembered, indications }) {
  const { region, inside } = to;
  const stays = (region?.id ?? null) === (from.region?.id ?? null);
  const values = stays ? said(site) : renamed({ site, region, remembered, indications });
  const side = sideOf(map, region, catalogue.muscles[values.muscle], x);
  const nameless = !region?.muscles.length && !values.other;
  return { inside, asks: inside && !stays && (nameless || Boolean(region?.warn)), region, side, values };
}

const said = ({ muscle, other, indication }) => ({ muscle, other, indication });

function renamed({ site, region, remembered, indications }) {
  const offered = region?.muscles ?? [];
  // Words that somebody wrote are theirs to change; a plan's muscle wins wherever it is offered.
  if (!site.muscle && site.other) return said(site);
  const planned = site.protocol || site.state === "planned";
  if (planned && offered.includes(site.muscle)) return said(site);
  const own = indications.filter(({ id }) => id === site.indication);
  const others = indications.filter(({ id }) => id !== site.indication);
  const { muscle, indication } = meant(region, { remembered, indications: [...own, ...others] });
  return { muscle, other: null, indication: indication ?? site.indication };
}
