// What may become of one site, and of what is planned, each `(…) => (chart) => chart`. Keys and instants
// are handed in. An edit that changes nothing answers the same chart, so it is no step of undo.

/** @typedef {import("./types.js").Edit} Edit */
/** @typedef {import("./types.js").Site} Site */

/** Change members of the chart itself. @returns {Edit} */
export const set = (values) => (chart) => changed(chart, values);

export function changed(value, values) {
  const same = Object.keys(values).every((name) => value[name] === values[name]);
  return same ? value : { ...value, ...values };
}

export function mapped(list, change) {
  const next = list.map(change);
  return next.every((item, index) => item === list[index]) ? list : next;
}

export const eachSite = (change) => (chart) => set({ sites: mapped(chart.sites, change) })(chart);

// ── sites ──

/** Add a site at the end of the injection order. @returns {Edit} */
export const place = (site) => (chart) => ({ ...chart, sites: [...chart.sites, site] });

/** @returns {Edit} */
export const changeSite = (key, values) =>
  eachSite((site) => (site.key === key ? changed(site, values) : site));

/** Only what is still planned is given, so that a second tap never moves the time. @returns {Edit} */
export const give = (key, at) =>
  eachSite((site) => (site.key === key && site.state === "planned" ? given(site, at) : site));

/** All that is planned, but for what `waits` names. @returns {Edit} */
export const giveAll = (at, waits = new Set()) =>
  eachSite((site) => (site.state === "planned" && !waits.has(site.key) ? given(site, at) : site));

/** Of these keys, what is planned. @param {Set<string>} keys @returns {Edit} */
export const giveThese = (keys, at) =>
  eachSite((site) => (site.state === "planned" && keys.has(site.key) ? given(site, at) : site));

/** Say that it was not given after all. @returns {Edit} */
export const takeBack = (key) => changeSite(key, { state: "planned", given_at: null });

const given = (site, at) => ({ ...site, state: "given", given_at: at });

/** @returns {Edit} */
export const remove = (key) => (chart) =>
  chart.sites.some((site) => site.key === key)
    ? { ...chart, sites: chart.sites.filter((site) => site.key !== key) }
    : chart;
