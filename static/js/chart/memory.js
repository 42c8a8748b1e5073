// What earlier sessions gave beside what is charted today, as values. Sites come with side and product.
import { hundredths } from "./exact.js";
import { units } from "./names.js";

export const subjectOf = ({ muscle, other }) => muscle ?? `other:${other ?? ""}`;
const key = ({ map, x, y }) => `${map} ${hundredths(x)} ${hundredths(y)}`;

/** What a session gave, a sum for each product, in hundredths. */
export function doses({ sites }) {
  const sums = new Map();
  for (const { product, units } of sites) sums.set(product, (sums.get(product) ?? 0) + hundredths(units));
  return [...sums].map(([product, sum]) => ({ product, sum }));
}

/** "165 U BOTOX". */
export const dosesIn = (session) => doses(session).map(({ product, sum }) => `${units(sum)} ${product}`).join(" + ");

/** What a muscle or area had of one product in each session that gave it there, the first one first. */
export function dosesOf(sessions, { muscle, other, side, product }) {
  const own = (site) => site.product === product && subjectOf(site) === subjectOf({ muscle, other }) && (!side || site.side === side);
  return sessions
    .map(({ date, sites }) => ({ date, sum: sites.filter(own).reduce((sum, site) => sum + hundredths(site.units), 0) }))
    .filter(({ sum }) => sum)
    .reverse();
}

/** What a session gave on one version of a drawing, where no site of today covers it. */
export function uncovered(session, ref, sites) {
  const covered = new Set(sites.map(key));
  return session.sites.filter((site) => site.map === ref && !covered.has(key(site))).map(({ x, y, units }) => ({ at: [Number(x), Number(y)], units }));
}

/** Where on one version of a drawing adverse events were linked. */
export const ringed = (reactions, ref) =>
  reactions.flatMap(({ sites }) => sites.filter(({ map }) => map === ref)).map(({ x, y }) => ({ at: [Number(x), Number(y)], ringed: true }));

/**
 * The mL that make this vial as strong as the patient's last one of its product, "4"; null where the
 * last session was for something else or does not say.
 */
export function mlAsLast([last], indications, product, size) {
  if (!last?.indications.some((id) => indications.includes(id))) return null;
  const mixed = last.dilutions.filter((each) => each.product === product);
  const like = mixed.find((each) => hundredths(each.units) === hundredths(size)) ?? mixed[0];
  const ml = like && size && (hundredths(like.diluent_ml) * hundredths(size)) / hundredths(like.units);
  return Number.isInteger(ml) && ml > 0 ? String(ml / 100) : null;
}
