// What a protocol lays: which of its sites, on which limb.
import { hundredths } from "./exact.js";

/** The catalogue as it travelled, with each site of a protocol as an object. */
export function unfolded(catalogue) {
  const site = (row) => Object.fromEntries(catalogue.site_columns.map((name, at) => [name, row[at]]));
  const protocols = Object.entries(catalogue.protocols).map(([id, protocol]) => [id, { ...protocol, sites: protocol.sites.map(site) }]);
  return { ...catalogue, protocols: Object.fromEntries(protocols) };
}

/** The sites of a protocol on one limb, where it is laid by limb; else all it has. */
export const onLimb = (protocol, side) => protocol.sites.filter((site) => !protocol.per_limb || site.side === side);

/** What it lays unasked. */
export const due = (protocol, side = null) => onLimb(protocol, side).filter((site) => !site.optional);

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
