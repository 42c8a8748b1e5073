// What may become of a chart beyond one site of it: several sites, protocols, preparations and vials. Edits
// as those of edits.js; a chart that is only looked at does without them.
import { changed, eachSite, mapped, set } from "./edits.js";
import { fixed, hundredths } from "./exact.js";
import { balance } from "./totals.js";

/** @typedef {import("./types.js").Edit} Edit */

/** Several edits as one step. @returns {Edit} */
export const together = (...edits) => (chart) => edits.reduce((now, edit) => edit(now), chart);

const eachPreparation = (change) => (chart) =>
  set({ preparations: mapped(chart.preparations, change) })(chart);

// ── several sites ──

/** @param {Set<string>} keys @returns {Edit} */
export const removeThese = (keys) => (chart) => {
  const kept = chart.sites.filter((site) => !keys.has(site.key));
  return kept.length === chart.sites.length ? chart : { ...chart, sites: kept };
};

/** Change several sites, each in its own way. @param {Map<string, object>} values  by key @returns {Edit} */
export const changeThese = (values) =>
  eachSite((site) => (values.has(site.key) ? changed(site, values.get(site.key)) : site));

// ── indication and protocol ──

/** Planned sites of a protocol that are not on the chart yet, after what is there. @returns {Edit} */
export const layProtocol = (protocol, sites) => (chart) => {
  const there = new Set(
    chart.sites.filter((site) => site.protocol === protocol).map((site) => site.protocol_site),
  );
  const missing = sites.filter((site) => !there.has(site.protocol_site));
  return missing.length ? { ...chart, sites: [...chart.sites, ...missing] } : chart;
};

/** Lift what a protocol laid and nobody gave; what was given stays. @returns {Edit} */
export const liftPlanned = (indication) => (chart) => {
  const kept = chart.sites.filter(
    (site) => site.state === "given" || !site.protocol || site.indication !== indication,
  );
  return kept.length === chart.sites.length ? chart : { ...chart, sites: kept };
};

/** Lift the planned sites of these places of one protocol; what was given stays. @returns {Edit} */
export const liftSites = (protocol, ids) => (chart) => {
  const kept = chart.sites.filter((site) => site.state === "given" || site.protocol !== protocol || !ids.has(site.protocol_site));
  return kept.length === chart.sites.length ? chart : { ...chart, sites: kept };
};

/** Choose or drop an indication; one that sites serve stays. @returns {Edit} */
export const toggleIndication = (id, codesOfIt) => (chart) => {
  if (!chart.indications.includes(id)) return { ...chart, indications: [...chart.indications, id] };
  const lifted = liftPlanned(id)(chart);
  if (lifted.sites.some((site) => site.indication === id)) return chart;
  return {
    ...lifted,
    indications: chart.indications.filter((other) => other !== id),
    codes: chart.codes.filter((code) => !codesOfIt.includes(code)),
  };
};

/** @returns {Edit} */
export const toggleCode = (code) => (chart) => ({
  ...chart,
  codes: chart.codes.includes(code)
    ? chart.codes.filter((other) => other !== code)
    : [...chart.codes, code],
});

// ── preparations and vials ──

/** Add a preparation; sites that drew on none and could be of this product draw on it. @returns {Edit} */
export const addPreparation = (preparation, fits) => (chart) => ({
  ...chart,
  preparations: [...chart.preparations, preparation],
  sites: drawing(chart.sites, preparation, fits),
});

const drawing = (sites, { key }, fits) =>
  mapped(sites, (site) => (site.preparation === null && fits(site) ? { ...site, preparation: key } : site));

/** Open vials for a preparation that was planned; sites that drew on none and fit draw on it too. @returns {Edit} */
export const openPlanned = (preparation, fits) => (chart) => ({
  ...chart,
  preparations: chart.preparations.map((each) => (each.key === preparation.key ? preparation : each)),
  sites: drawing(chart.sites, preparation, fits),
});

/** @returns {Edit} */
export const changePreparation = (key, values) =>
  eachPreparation((preparation) => (preparation.key === key ? changed(preparation, values) : preparation));

/** Take a preparation off; its sites draw on none until one is named. @returns {Edit} */
export const removePreparation = (key) => (chart) => ({
  ...chart,
  preparations: chart.preparations.filter((preparation) => preparation.key !== key),
  sites: mapped(chart.sites, (site) =>
    site.preparation === key ? { ...site, preparation: null } : site,
  ),
});

/** @returns {Edit} */
export const addVial = (preparation, vial) =>
  eachPreparation((each) =>
    each.key === preparation ? { ...each, vials: [...each.vials, vial] } : each,
  );

/** @returns {Edit} */
export const changeVial = (key, values) =>
  eachPreparation((preparation) => {
    const vials = mapped(preparation.vials, (vial) => (vial.key === key ? changed(vial, values) : vial));
    return changed(preparation, { vials });
  });

/** Take one vial off; the last one of a preparation goes with it. @returns {Edit} */
export const removeVial = (key) => (chart) => {
  const owner = chart.preparations.find(({ vials }) => vials.some((vial) => vial.key === key));
  if (!owner) return chart;
  if (owner.vials.length === 1) return removePreparation(owner.key)(chart);
  return changePreparation(owner.key, { vials: owner.vials.filter((vial) => vial.key !== key) })(chart);
};

/** A vial with so much discarded; why is said only where something is. */
function discarded(vial, units) {
  if (vial.discarded === units) return vial;
  const { discard_reason: reason, ...rest } = vial;
  return { ...rest, discarded: units, ...(hundredths(units) ? { discard_reason: reason ?? "remainder" } : {}) };
}

/** Record for each vial that exactly what is not given is discarded. @returns {Edit} */
export const discardRemainders = () => (chart) => {
  const rest = new Map(balance(chart).map((vial) => [vial.key, fixed(vial.remainder)]));
  return eachPreparation((preparation) =>
    changed(preparation, {
      vials: mapped(preparation.vials, (vial) => discarded(vial, rest.get(vial.key))),
    }),
  )(chart);
};
