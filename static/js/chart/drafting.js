// What is typed into the form of a vial: what follows from a field, and what the whole says.
import { endOfMonth } from "./calendar.js";
import { hundredths, trim } from "./exact.js";
import { sized } from "./vialform.js";

/** The form after one field changed: a product brings its sizes, a size its usual dilution. */
export function redrafted(scene, draft, field, value) {
  const next = { ...draft, [field]: value };
  if (field.startsWith("unable-")) {
    const { [field.slice(7)]: gone, ...unable } = draft.unable;
    return { ...draft, unable: value === null ? unable : { ...draft.unable, [field.slice(7)]: value } };
  }
  if (field === "product") return sized(scene, { ...next, units: "", ml: "" });
  if (field === "units") return sized(scene, { ...next, ml: "" });
  if (field === "exact") return { ...next, expires: "" };
  return next;
}

/** The mL in a draft, or null while none is said. */
export const draftMl = (draft) => {
  const text = draft.ml === "other" ? draft.otherMl.trim().replace(",", ".") : draft.ml;
  return hundredths(text) ? trim(text) : null;
};

/** The expiry in a draft: a month stands for its last day. */
export const draftExpires = ({ expires, exact }) => {
  if (!expires) return null;
  return exact || expires.length > 7 ? expires : endOfMonth(expires);
};
