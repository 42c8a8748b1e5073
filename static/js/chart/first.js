// What a chart without an indication asks before all else.
import { day } from "./calendar.js";
import { button, el, words } from "./dom.js";
import { dosesIn } from "./memory.js";
import { t } from "./words.js";

/** @param {HTMLElement} first */
export function showFirst(first, { chart, catalogue, hand }) {
  first.hidden = chart.indications.length > 0 || Boolean(hand.readOnly);
  const unsure = hand.vaultless ? t("This browser cannot keep changes on this tablet.") : (hand.unsure ?? "");
  words(first.querySelector("[data-unsure]"), unsure);
  if (first.hidden || first.querySelector(".options")) return;
  const [last] = hand.past.sessions;
  first.append(
    ...(last ? [button("repeat", { class: "button button--large" }, t("Repeat {date}, {dose}", { date: day(last.date), dose: dosesIn(last) }))] : []),
    el("div", { class: "options" }, Object.entries(catalogue.indications).map(([id, { label }]) => button("indication", { "data-key": id, class: "button button--large" }, label))),
  );
}
