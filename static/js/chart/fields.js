// The few form controls that the chart's panels share.
import { el } from "./dom.js";

/** A label around its control. */
export const labelled = (text, control, kind = "") =>
  el("label", { class: `small-field ${kind}`.trim() }, el("span", {}, text), control);

/** A select of [value, text] pairs. */
export const choices = (attributes, options) =>
  el("select", { class: "input", ...attributes }, options.map(([value, text]) => el("option", { value }, text)));
