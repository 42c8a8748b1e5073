// Two tablets on one chart are rare: what makes one chart of both comes with the first answer that holds
// what another one saved. Nobody needs it before.
let here = null;

/** Rejects where it cannot be fetched. */
export const fetchMerging = async () => {
  here ??= await import("./merge.js");
};

/** @returns {typeof import("./merge.js")} */
export const merging = () => here;
