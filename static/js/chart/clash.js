// What two tablets said of the same thing, side by side: A is this tablet's, B the other's. Here as
// values, for the picture, the list and the sums; beneath the picture as the place to decide.
import { clock, day, expiry } from "./calendar.js";
import { same } from "./changes.js";
import { button, el, icon } from "./dom.js";
import { hundredths, trim } from "./exact.js";
import { keep, keepBoth } from "./merge.js";
import { glyphOf } from "./marks.js";
import { depthWord, guidanceWord, ml, orWhy, placeName, preparationName, strengthOf, subjectName, units } from "./names.js";
import { preparationOf, totals, volumeOf } from "./totals.js";
import { t, tn } from "./words.js";

/** @typedef {import("./merge.js").Conflict} Conflict */

export const LETTERS = { mine: "A", theirs: "B" };

/** The side that the chart does not show. @param {Conflict} conflict */
export const beside = ({ stands }) => (stands === "mine" ? "theirs" : "mine");

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
export function figures(chart, conflicts, products) {
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

/** The figures of a product as words beside its total, or null where nothing is open. */
export function orElse({ conflicts, undecided }, { product, given }) {
  const n = conflicts.length;
  if (n === 0) return null;
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

/** "Trapezius, right 3" where there are more than one. */
export const numbered = (name, row) => (row?.ordinal ? `${name} ${row.ordinal}` : name);

/** What is in question, as a name. */
export function nameOf(scene, { id, thing, mine, theirs }, sideOf) {
  const { chart, catalogue } = scene;
  if (thing === "date") return t("Date of service");
  if (thing === "preparation") return preparationName(chart.preparations.find(({ key }) => key === id));
  if (thing === "vial") {
    const owner = chart.preparations.find(({ vials }) => vials.some(({ key }) => key === id));
    return preparationName({ ...owner, vials: owner.vials.filter(({ key }) => key === id) });
  }
  const row = scene.rows.get(id);
  const site = row?.site ?? mine ?? theirs;
  const name = numbered(placeName(catalogue, site, row?.side ?? sideOf(site)), row);
  return row ? t("Site {n}, {name}", { n: row.number, name }) : name;
}

/** The lines of both sides: what it is called, A's words, B's words. */
export function facts(scene, conflict, zone) {
  const { mine, theirs, thing } = conflict;
  const both = (label, say, always = false) => {
    const said = [mine, theirs].map((value) => (value ? say(value) : null));
    return always || (mine && theirs && said[0] !== said[1]) ? [[label, ...said]] : [];
  };
  const when = (instant) => (instant ? clock(instant, zone) : t("not known"));
  const salineOf = (text) => (text ? t("{n} mL", { n: trim(text) }) : t("not known"));
  if (thing === "date") return [[t("Date of service"), day(mine), day(theirs)]];
  if (thing === "vial") {
    return [
      ...both(t("Lot"), ({ lot }) => orWhy(lot, (text) => text || t("no lot yet"))),
      ...both(t("Expiry, day"), ({ expires }) => orWhy(expires, (text) => (text ? day(text) : t("no expiry yet")))),
      ...both(t("Serial number"), ({ serial }) => serial || t("not known")),
      ...both("NDC", ({ ndc }) => ndc || t("not known")),
      ...both(t("Saline in this vial"), ({ diluent_ml }) => orWhy(diluent_ml, salineOf)),
      ...both(t("Mixed at"), ({ reconstituted_at }) => orWhy(reconstituted_at, when)),
      ...both(t("Discarded"), ({ discarded }) => (discarded === null ? t("not said") : units(hundredths(discarded)))),
      ...both(t("Units"), (each) => units(hundredths(each.units))),
    ];
  }
  const { catalogue, chart } = scene;
  if (thing === "preparation") {
    return [
      ...both(t("Product"), ({ product }) => product),
      ...both(t("Saline in each vial"), ({ diluent_ml }) => orWhy(diluent_ml, salineOf)),
      ...both(t("Diluent"), ({ diluent }) => (diluent ? (catalogue.diluents[diluent] ?? diluent) : t("not known"))),
      ...both(t("Mixed at"), ({ reconstituted_at }) => orWhy(reconstituted_at, when)),
    ];
  }
  const stateOf = ({ state, given_at }) => (state === "planned" ? t("planned") : given_at ? t("given {time}", { time: when(given_at) }) : t("given"));
  const doseOf = (site) => {
    const value = hundredths(site.units);
    const volume = volumeOf(catalogue.products, preparationOf(chart, site), value);
    return volume === null ? units(value) : `${units(value)}, ${ml(volume)}`;
  };
  const vialOf = (site) => {
    const from = preparationOf(chart, site);
    return from ? [preparationName(from), strengthOf(catalogue.products, from)].filter(Boolean).join(", ") : t("no vial yet");
  };
  const state = [t("State"), ...[mine, theirs].map((site) => (site ? stateOf(site) : t("deleted")))];
  return [
    state,
    ...both(t("Units"), doseOf, true),
    ...both(t("Where"), placeOf(scene, conflict)),
    ...both(t("Muscle or area"), (site) => subjectName(catalogue, site)),
    ...both(t("Depth"), ({ depth }) => (depth ? depthWord(depth) : t("not said"))),
    ...both(t("Needle"), ({ needle }) => catalogue.needles[needle] ?? t("not said")),
    ...both(t("Guidance"), ({ guidance }) => guidanceWord(guidance) ?? t("not said")),
    ...both(t("Vial"), vialOf),
    ...both(t("For"), ({ indication }) => catalogue.indications[indication]?.label ?? indication),
  ];
}

/** How far a site lies from where its protocol has it, else from A: in millimetres of the body. */
function placeOf({ catalogue, drawings }, { mine }) {
  return (site) => {
    const own = catalogue.protocols[site.protocol]?.sites.find(({ id }) => id === site.protocol_site);
    const from = own ?? mine;
    const map = drawings.get(site.map);
    const refOf = (ref) => ref.split("@")[0];
    if (!map || !from || refOf(from.map) !== refOf(site.map)) return catalogue.maps[refOf(site.map)].tab;
    const [x, y] = [Number(site.x), Number(site.y)];
    const [dx, dy] = [x - Number(from.x), y - Number(from.y)];
    if (dx === 0 && dy === 0) return own ? t("as planned") : t("as placed");
    const n = Math.max(1, Math.round(Math.hypot(dx, dy) / map.scale));
    if (Math.abs(dy) > Math.abs(dx)) return dy < 0 ? t("{n} mm higher", { n }) : t("{n} mm lower", { n });
    if (map.midline === null) return t("{n} mm away", { n });
    return Math.abs(x - map.midline) < Math.abs(Number(from.x) - map.midline) ? t("{n} mm medial", { n }) : t("{n} mm lateral", { n });
  };
}

/** The strip beneath the picture: what happened, then A and B with what keeps each. */
export function clashStrip(scene, { act, zone, person }) {
  const { conflicts, clash } = scene;
  if (!clash) return null;
  const rows = facts(scene, clash, zone);
  const at = conflicts.indexOf(clash) + 1;
  const side = (which, title, who, index) =>
    el(
      "div",
      { class: "clash__side" },
      el("div", { class: "clash__who" }, clash.thing === "site" ? glyphOf({ site: clash[which] ?? clash[beside({ stands: which })], letter: LETTERS[which], gone: !clash[which] }) : el("b", { class: "clash__letter" }, LETTERS[which]), el("b", {}, title), el("span", { class: "quiet tiny" }, who)),
      el("dl", { class: "facts" }, rows.filter((row) => row[index] !== null).map((row) => [el("dt", {}, row[0]), el("dd", {}, row[1] === row[2] ? row[index] : el("span", { class: "differs" }, row[index]))])),
      button("keep", { "data-key": which }, t("Keep {letter}", { letter: LETTERS[which] })),
    );
  return el(
    "section",
    { class: "clash", "aria-label": t("Changed on two tablets"), "data-clash": clash.id },
    el(
      "div",
      { class: "clash__head" },
      icon("swap"),
      el("p", {}, el("b", {}, t("{what} was changed on two tablets.", { what: nameOf(scene, clash, act.sideOf) })), " ", t("Both are kept until someone decides.")),
      conflicts.length > 1 ? button("next-clash", { class: "button button--quiet", "aria-label": t("To decide {n} of {all}, next", { n: at, all: conflicts.length }) }, t("{n} of {all}", { n: at, all: conflicts.length })) : null,
      button("later", { class: "button button--quiet" }, t("Later")),
    ),
    el("div", { class: "clash__sides" }, side("mine", t("This tablet"), person, 1), side("theirs", t("Another tablet"), [clash.by, clash.at && clock(clash.at, zone)].filter(Boolean).join(", "), 2)),
    bothGiven(clash) || conflicts.length > 1
      ? el(
          "div",
          { class: "clash__all" },
          bothGiven(clash) ? button("keep", { class: "button button--quiet", "data-key": "both" }, t("Both were given")) : null,
          conflicts.length > 1 ? ["mine", "theirs"].map((which) => button("keep-all", { class: "button button--quiet", "data-key": which }, t("Keep {letter} of all {n}", { letter: LETTERS[which], n: conflicts.length }))) : null,
        )
      : null,
  );
}
