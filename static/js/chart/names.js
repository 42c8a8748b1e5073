// What things are called on this page: sites, sides, muscles, doses, vials.
import { expiry } from "./calendar.js";
import { fixed, plain, strength, trim } from "./exact.js";
import { mixtureOf } from "./totals.js";
import { t, tn } from "./words.js";

export const units = (value) => t("{n} U", { n: plain(value) });

/** "5 units", within a sentence that is said. */
export const spokenUnits = (value) => (value === 100 ? t("1 unit") : t("{n} units", { n: plain(value) }));

export const ml = (value) => t("{n} mL", { n: plain(value) });

/** Totals of mL carry both decimals. */
export const mlSum = (value) => t("{n} mL", { n: value === 0 ? "0" : fixed(value) });

export const sideWord = (side) => ({ right: t("Right"), left: t("Left"), midline: t("Midline"), unknown: t("Side not known yet") })[side];

const sideLower = (side) => ({ right: t("right"), left: t("left"), midline: t("midline"), unknown: t("side not known yet") })[side];

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

/** A value as it reads, or why it is not known. */
export const orWhy = (value, words) => (value?.unable ? t("not known: {why}", { why: value.unable }) : words(value));

export const depthWord = (depth) =>
  ({ IM: t("intramuscular"), SC: t("subcutaneous"), ID: t("intradermal") })[depth];

export const guidanceWord = (guidance) =>
  ({ emg: t("EMG"), estim: t("stimulation"), ultrasound: t("ultrasound") })[guidance];

export const sitesOf = (n) => tn(n, "1 site", "{n} sites");
