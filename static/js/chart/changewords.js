// A change of the chart in words.
import { day } from "./calendar.js";
import { same } from "./changes.js";
import { hundredths } from "./exact.js";
import { guidanceWord, placeName, preparationName, units, vialLabel } from "./names.js";
import { t } from "./words.js";

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
