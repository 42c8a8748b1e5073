// Charts of fictitious sessions, with only what a test says differing.

export const chart = (values = {}) => ({
  date: "2026-11-23",
  indications: ["chronic_migraine"],
  codes: [],
  preparations: [],
  sites: [],
  ...values,
});

export const site = (values = {}) => ({
  key: "site",
  map: "head_anterior@1",
  x: "104.00",
  y: "95.00",
  muscle: "corrugator",
  other: null,
  units: "5",
  depth: "IM",
  state: "given",
  preparation: null,
  indication: "chronic_migraine",
  protocol: null,
  protocol_site: null,
  given_at: "2026-11-23T15:36:00Z",
  ...values,
});

export const planned = (values = {}) => site({ state: "planned", given_at: null, ...values });

export const vial = (values = {}) => ({
  key: "vial",
  units: "200",
  lot: "C8412C3",
  expires: "2027-08-31",
  discarded: null,
  ...values,
});

export const preparation = (values = {}) => ({
  key: "prep",
  product: "BOTOX",
  diluent: "saline_preservative_free",
  diluent_ml: "4",
  reconstituted_at: "2026-11-23T14:50:00Z",
  vials: [vial()],
  ...values,
});
