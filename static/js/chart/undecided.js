// What waits to be decided, in the list, the name and the sums. It comes with what makes one chart of two.
import { same } from "./changes.js";
import { LETTERS, beside } from "./clash.js";
import { hundredths, trim } from "./exact.js";
import { keep, keepBoth } from "./merge.js";
import { units } from "./names.js";
import { totals } from "./totals.js";
import { t, tn } from "./words.js";

/** @typedef {import("./merge.js").Conflict} Conflict */

/** Whether each says that it gave it, so that it may have been given twice. */
export const bothGiven = ({ mine, theirs }) =>
  mine?.state === "given" && theirs?.state === "given" && !same(mine.given_at, theirs.given_at);

/**
 * What the given units of each product may come to, whichever way every conflict is decided: hundredths,
 * as many as there are when one is open, else the least and the most.
 * @param {import("./types.js").Chart} chart
 * @param {Conflict[]} conflicts
 * @param {Record<string, any>} products
 * @returns {Map<string | null, number[]>}
 */
export function eitherWay(chart, conflicts, products) {
  const given = (of) => new Map(totals(of, products).map((line) => [line.product, line.given]));
  const now = given(chart);
  const ways = conflicts.map((conflict) => {
    const others = [keep(conflict, beside(conflict)), bothGiven(conflict) && keepBoth(conflict, conflict.id)];
    return others.filter(Boolean).map((edit) => given(edit(chart)));
  });
  const products_ = new Set([...now.keys(), ...ways.flat().flatMap((each) => [...each.keys()])]);
  return new Map(
    [...products_].map((product) => {
      const sum = now.get(product) ?? 0;
      const moves = ways.map((others) => [0, ...others.map((each) => (each.get(product) ?? 0) - sum)]);
      if (moves.length === 1) return [product, [...new Set(moves[0].map((move) => sum + move))]];
      const ends = [Math.min, Math.max].map((end) => moves.reduce((all, each) => all + end(...each), sum));
      return [product, [...new Set(ends)]];
    }),
  );
}

/** The figures of a product as words beside its total, where something is open. */
export function orElse({ conflicts, undecided }, { product, given }) {
  const n = conflicts.length;
  const others = (undecided.get(product) ?? []).filter((value) => value !== given);
  if (others.length === 0) return tn(n, "1 to decide", "{n} to decide");
  if (others.length === 1 && n === 1) return t("or {dose}, 1 to decide", { dose: units(others[0]) });
  const all = [...others, given];
  return tn(n, "{least} to {most}, 1 to decide", "{least} to {most}, {n} to decide", { least: units(Math.min(...all)), most: units(Math.max(...all)) });
}

/** "7.5 or 5 U" for the row of a site. */
export function eitherDose({ mine, theirs }) {
  const doses = [mine, theirs].filter(Boolean).map((each) => trim(each.units));
  return doses.length === 2 && doses[0] !== doses[1] ? t("{n} or {other} U", { n: doses[0], other: doses[1] }) : units(hundredths((mine ?? theirs).units));
}

/** "A 7.5 U given · B 5 U planned" */
export const eitherSide = (conflict) =>
  ["mine", "theirs"].map((side) => `${LETTERS[side]} ${inShort(conflict[side])}`).join(" · ");

function inShort(value) {
  if (!value) return t("deleted");
  const dose = units(hundredths(value.units));
  return value.state === "given" ? t("{dose} given", { dose }) : t("{dose} planned", { dose });
}
