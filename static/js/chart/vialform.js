// The short form for a vial in one's hand: product, size, lot, expiry, and how it is mixed.
import { button, el, icon } from "./dom.js";
import { hundredths, plain, strength, trim } from "./exact.js";
import { choices, labelled } from "./fields.js";
import { isSolution, usualMl, usualSize } from "./proposal.js";
import { wantedProduct } from "./scene.js";
import { t } from "./words.js";

const VERIFY = () => t("verify against current label");

/**
 * @typedef {object} Draft
 * @property {string} product
 * @property {string} units
 * @property {string} lot
 * @property {string} expires
 * @property {boolean} exact
 * @property {string} ml
 * @property {string} otherMl
 * @property {string | null} serial  of a scan, for the vial that this form describes
 * @property {string | null} ndc
 * @property {string | null} source
 * @property {Record<string, string>} unable  why lot, expiry, diluent or mixing is not known, by field
 */

/** An empty form for the product that the session wants. @returns {Draft} */
export function emptyDraft(scene) {
  const product = wantedProduct(scene) ?? Object.keys(scene.catalogue.products)[0];
  return sized(scene, { product, units: "", lot: "", expires: "", exact: false, ml: "", otherMl: "", serial: null, ndc: null, source: null, unable: {} });
}

/** With the size and the dilution that its product usually has, where none is said. */
export function sized(scene, draft) {
  const { sizes } = scene.catalogue.products[draft.product];
  const units = draft.units || (sizes.length === 1 ? sizes[0].units : usualSize(scene, draft.product) ?? "");
  const ml = draft.ml || usualMl(scene, draft.product, units) || "";
  return { ...draft, units: trim(units), ml: trim(ml) };
}

/** The ways to mix a vial of this size, each with its strength; what nobody verified says so. */
export function dilutionChoices({ catalogue }, product, units) {
  const seen = new Map();
  for (const each of catalogue.products[product]?.dilutions ?? []) {
    if (hundredths(each.vial_units) === hundredths(units)) seen.set(trim(each.diluent_ml), each);
  }
  const lines = [...seen].map(([value, each]) => {
    const made = plain(hundredths(each.stated_units_per_ml) || strength(hundredths(units), hundredths(value)));
    return [value, [t("{ml} mL, {n} U/mL", { ml: value, n: made }), each.verify && VERIFY()].filter(Boolean).join(", ")];
  });
  return [...lines, ["other", t("other")]];
}

/** Month or day of an expiry, with the way to the other. */
export function expiryField(attributes, value, exact, toggle) {
  const input = el("input", { class: "input", type: exact ? "date" : "month", value: exact ? value : value.slice(0, 7), ...attributes });
  return labelled(
    exact ? t("Expiry, day") : t("Expiry, month"),
    el("span", { class: "with-toggle" }, input, button(toggle, { class: "button button--quiet", ...pick(attributes) }, exact ? t("Month") : t("Day"))),
  );
}

const pick = ({ "data-key": key }) => (key ? { "data-key": key } : {});

/** The fields of a draft; `obey` reads them by data-action "draft" and data-field. */
export function vialFields(scene, draft) {
  const { catalogue } = scene;
  const product = catalogue.products[draft.product];
  const field = (name, more = {}) => ({ "data-action": "draft", "data-field": name, id: `draft-${name}`, ...more });
  const size = product.sizes.find((each) => hundredths(each.units) === hundredths(draft.units));
  const either = (name, known) => (name in draft.unable ? unableField({ "data-action": "draft", "data-field": `unable-${name}`, id: `draft-unable-${name}` }, name, draft.unable[name], { "data-action": "draft-known", "data-field": name }) : known);
  return [
    labelled(t("Product"), choices(field("product", { value: draft.product }), Object.keys(catalogue.products).map((id) => [id, id]))),
    labelled(
      t("Vial"),
      choices(field("units", { value: draft.units }), [
        ["", t("choose")],
        ...product.sizes.map((each) => [trim(each.units), t("{n} U", { n: trim(each.units) })]),
      ]),
    ),
    either("lot", labelled(t("Lot"), el("input", { class: "input", ...field("lot"), value: draft.lot, maxlength: "20", autocomplete: "off", autocapitalize: "characters", spellcheck: "false" }))),
    either("expires", expiryField(field("expires"), draft.expires, draft.exact, "draft-exact")),
    product.ready_made
      ? null
      : either("diluent_ml", labelled(t("Saline in each vial"), choices(field("ml", { value: draft.ml }), [["", t("choose")], ...dilutionChoices(scene, draft.product, draft.units)]))),
    draft.ml === "other" && !("diluent_ml" in draft.unable) && !product.ready_made
      ? labelled(t("mL"), el("input", { class: "input", ...field("otherMl"), value: draft.otherMl, inputmode: "decimal", maxlength: "6" }), "small-field--short")
      : null,
    unableChoice({ "data-action": "draft-unable", id: "draft-unable" }, ["lot", "expires", ...(product.ready_made ? [] : ["diluent_ml"])].filter((name) => !(name in draft.unable))),
    size?.verify ? el("span", { class: "verify" }, t("{n} U vial: verify against current label", { n: trim(size.units) })) : null,
  ];
}

const UNABLE = {
  lot: () => t("Lot not known, because"),
  expires: () => t("Expiry not known, because"),
  diluent_ml: () => t("Saline not known, because"),
  reconstituted_at: () => t("Time of mixing not known, because"),
};

/** Why a value could not be found out, with the way back to the value. */
export const unableField = (attributes, name, reason, back) =>
  labelled(
    UNABLE[name](),
    el("span", { class: "with-toggle" }, el("input", { class: "input", ...attributes, value: reason, maxlength: "200", autocomplete: "off", placeholder: t("label torn off") }), button(back["data-action"], { class: "button button--quiet", ...back }, t("Known"))),
    "small-field--why",
  );

/** The way to say that a value could not be found out: a list, so that no field needs its own button. */
export const unableChoice = (attributes, fields) =>
  labelled(
    t("Not known"),
    choices({ ...attributes, value: "" }, [["", t("choose")], ...fields.map((name) => [name, { lot: t("Lot"), expires: t("Expiry"), diluent_ml: t("Saline"), reconstituted_at: t("Time of mixing") }[name]])]),
    "small-field--unknown",
  );

/** What the button of a vial says: a powder is mixed, a solution is used. */
export const useWord = (scene, vial) => (isSolution(scene, vial) ? t("Use this vial") : t("Mixed now"));

/** A picture of the code, by the tablet's camera. The field lies under its label and takes the tap. */
export const photographButton = (place) =>
  el("label", { class: "button button--quiet photograph" }, icon("scan"), t("Photograph the code"), el("input", { type: "file", accept: "image/*", capture: "environment", "data-action": "photograph", id: `photograph-${place}` }));
