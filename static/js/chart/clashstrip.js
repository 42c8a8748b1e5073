// What is said beneath the picture when two tablets are on one chart: what is in question, A beside B
// in words, and what was done here too late.
import { clock, day } from "./calendar.js";
import { changeSentence } from "./changewords.js";
import { LETTERS, beside, numbered } from "./clash.js";
import { wayOf } from "./directions.js";
import { button, el, icon } from "./dom.js";
import { hundredths, trim } from "./exact.js";
import { glyphOf } from "./marks.js";
import { depthWord, guidanceWord, ml, orWhy, placeName, preparationName, strengthOf, subjectName, units } from "./names.js";
import { preparationOf, volumeOf } from "./totals.js";
import { bothGiven } from "./undecided.js";
import { t, tn } from "./words.js";

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
    const way = wayOf(map, [Number(from.x), Number(from.y)], x);
    return way === "medial" ? t("{n} mm medial", { n }) : way === "lateral" ? t("{n} mm lateral", { n }) : t("{n} mm away", { n });
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

/** What was done here and is not in the chart: it is final, or was another patient's then. */
export function lateStrip(scene, act) {
  const { save, aside, heading } = scene.hand;
  const isKept = save.because === "kept";
  const how = { catalogue: scene.catalogue, sideOf: act.sideOf };
  return el(
    "section",
    { class: "clash", role: "alert", "aria-label": t("Changed on another tablet") },
    el(
      "div",
      { class: "clash__head" },
      icon("swap"),
      isKept
        ? el("p", {}, el("b", {}, t("This session was another patient’s when you did this.")), " ", tn(aside.length, "1 change of yours is kept here. Say whether it belongs to this patient.", "{n} changes of yours are kept here. Say whether they belong to this patient."))
        : el("p", {}, el("b", {}, heading), " ", aside.length ? tn(aside.length, "1 change of yours is not in it.", "{n} changes of yours are not in it.") : ""),
      isKept
        ? el("span", { class: "row row--tight" }, button("take-up", { class: "button" }, tn(aside.length, "It belongs here", "All {n} belong here")), button("leave-all", { class: "button button--quiet" }, t("Leave all out")))
        : el("a", { class: "button", href: act.sessionAddress }, t("Open the session")),
    ),
    el(
      "ul",
      { class: "clash__list" },
      aside.map((change) => el("li", { "data-change": change.id }, el("span", {}, changeSentence(change, how)), button("leave-out", { class: "button button--quiet", "data-key": change.id }, t("Leave out")))),
    ),
  );
}
