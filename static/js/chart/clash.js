// What two tablets said of the same thing, side by side: A is this tablet's, B the other's. What it comes
// to is in undecided.js, the place to decide in clashstrip.js.

/** @typedef {import("./merge.js").Conflict} Conflict */

export const LETTERS = { mine: "A", theirs: "B" };

/** The side that the chart does not show. @param {Conflict} conflict */
export const beside = ({ stands }) => (stands === "mine" ? "theirs" : "mine");

/** "Trapezius, right 3" where there are more than one. */
export const numbered = (name, row) => (row?.ordinal ? `${name} ${row.ordinal}` : name);
