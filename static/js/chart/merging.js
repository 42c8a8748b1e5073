// Two tablets on one chart are rare: what makes one chart of both comes with the first answer that holds
// what another one saved, and with it what is said of that. Nobody needs it before.
let here = null;

/** Rejects where it cannot be fetched. */
export const fetchMerging = async () => {
  here ??= Object.assign({}, ...(await Promise.all([import("./merge.js"), import("./undecided.js")])));
};

/** @returns {typeof import("./merge.js") & typeof import("./undecided.js")} */
export const merging = () => here;
