// What things are called on this page: sites, sides, muscles, doses, vials.
import { day, expiry } from "./calendar.js";
import { same } from "./changes.js";
import { fixed, hundredths, plain, strength, trim } from "./exact.js";
import { mixtureOf } from "./totals.js";
import { t, tn } from "./words.js";

export const units = (value) => t("{n} U", { n: plain(value) });

/** "5 units", within a sentence that is said. */
export const spokenUnits = (value) => (value === 100 ? t("1 unit") : t("{n} units", { n: plain(value) }));

export const ml = (value) => t("{n} mL", { n: plain(value) });

/** Totals of mL carry both decimals. */
export const mlSum = (value) => t("{n} mL", { n: value === 0 ? "0" : fixed(value) });

export const sideWord = (side) => ({ right: t("Right"), left: t("Left"), midline: t("Midline") })[side];

const sideLower = (side) => ({ right: t("right"), left: t("left"), midline: t("midline") })[side];

/** "Occipitalis", or what was written for another site, or that it is not said yet. */
export const subjectName = (catalogue, { muscle, other }) =>
  muscle ? (catalogue.muscles[muscle]?.label ?? muscle) : other || t("No muscle yet");

/** "Occipitalis, right". */
export const placeName = (catalogue, site, side) =>
  t("{muscle}, {side}", { muscle: subjectName(catalogue, site), side: sideLower(side) });

/** "occipitalis right 3", within a sentence that is said. */
export function spokenName(catalogue, site, side, ordinal = null) {
  const name = subjectName(catalogue, site);
  // An abbreviation stays as it is.
  const muscle = /^.\p{Lu}/u.test(name) ? name : name.charAt(0).toLocaleLowerCase() + name.slice(1);
  const values = { muscle, side: sideLower(side), n: ordinal };
  return ordinal ? t("{muscle} {side} {n}", values) : t("{muscle} {side}", values);
}

/** "Right 3", as the list calls a site within its muscle. */
export const rowName = ({ side, ordinal }) =>
  ordinal ? t("{side} {n}", { side: sideWord(side), n: ordinal }) : sideWord(side);

/** "50 U/mL", or null while the dilution is not known. */
export function strengthOf(products, preparation) {
  const mixture = mixtureOf(products[preparation.product], preparation);
  return mixture && t("{n} U/mL", { n: plain(strength(mixture.units, mixture.ml)) });
}

/** "BOTOX 200 U" or "BOTOX 200 U + 100 U". */
export const preparationName = ({ product, vials }) =>
  vials.length
    ? t("{product} {sizes}", {
        product,
        sizes: vials.map((vial) => t("{n} U", { n: trim(vial.units) })).join(" + "),
      })
    : product;

/** A preparation among those of the chart: with its strength where another of its product is mixed too. */
export function preparationLabel({ chart, catalogue }, preparation) {
  const several = chart.preparations.some((each) => each !== preparation && each.product === preparation.product);
  const made = several && (strengthOf(catalogue.products, preparation) ?? t("strength not known yet"));
  return [preparationName(preparation), made].filter(Boolean).join(" · ");
}

/** "lot C8412C3 · exp Aug 2027", with what is missing named. */
export const vialLabel = ({ lot, expires }) =>
  [
    lot?.unable ? t("lot not known") : lot ? t("lot {lot}", { lot }) : t("no lot yet"),
    expires?.unable ? t("expiry not known") : expires ? t("exp {when}", { when: expiry(expires) }) : t("no expiry yet"),
  ].join(" · ");

/** Why a vial's rest was thrown away, by the word that is stored. */
export const discardReasons = () => ({
  remainder: t("rest of a single-dose vial"),
  spill: t("spilled or lost"),
  broken: t("vial broken or faulty"),
  past_limit: t("past its time after mixing"),
  not_given: t("prepared and not given"),
  other: t("other"),
});

/** A value as it reads, or why it is not known. */
export const orWhy = (value, words) => (value?.unable ? t("not known: {why}", { why: value.unable }) : words(value));

export const depthWord = (depth) =>
  ({ IM: t("intramuscular"), SC: t("subcutaneous"), ID: t("intradermal") })[depth];

export const guidanceWord = (guidance) =>
  ({ emg: t("EMG"), estim: t("stimulation"), ultrasound: t("ultrasound") })[guidance];

export const sitesOf = (n) => tn(n, "1 site", "{n} sites");

/** A change of the chart as a sentence, for who has to decide about it. */
export function changeSentence(change, { catalogue, sideOf }) {
  const { thing, before, after } = change;
  if (thing === "date") return t("Date of service: {date}.", { date: day(after) });
  if (thing === "codes") return t("Diagnosis: {codes}.", { codes: after.join(", ") || t("none") });
  if (thing === "indications") {
    const labels = after.map((id) => catalogue.indications[id]?.label ?? id);
    return t("Indication: {names}.", { names: labels.join(", ") || t("none") });
  }
  if (thing === "preparation") {
    const name = preparationName(after ?? before);
    if (!after) return t("{name}: taken off.", { name });
    if (!before) return t("{name}, {label}: added.", { name, label: after.vials.map(vialLabel).join("; ") });
    return t("{name}: changed.", { name });
  }
  const site = after ?? before;
  const name = placeName(catalogue, site, sideOf(site));
  if (!after) return t("{name}: deleted.", { name });
  const dose = units(hundredths(after.units));
  if (!before || before.state !== after.state) {
    return after.state === "given"
      ? t("{name}: given, {dose}.", { name, dose })
      : t("{name}: planned, {dose}.", { name, dose });
  }
  if (before.units !== after.units) {
    return t("{name}: {before} became {dose}.", { name, before: units(hundredths(before.units)), dose });
  }
  if (!same(before.guidance, after.guidance)) return t("{name}: guidance {what}.", { name, what: guidanceWord(after.guidance) ?? t("not said") });
  if (!same(before.needle, after.needle)) return t("{name}: needle {what}.", { name, what: catalogue.needles[after.needle] ?? t("not said") });
  return t("{name}: changed.", { name });
}
