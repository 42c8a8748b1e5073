// A scanner types into the page wherever the focus is. Its burst of keys is a scan and nothing else:
// what it did on its way, as keys of the page or in a field, is taken back.
import { createEar } from "../keyboard-scan.js";
import { expiry } from "./calendar.js";
import { button, el, obey } from "./dom.js";
import { trim } from "./exact.js";
import { t } from "./words.js";

/**
 * @param {Document} page
 * @param {HTMLDialogElement} dialog  asks where nobody but a person can tell
 */
export function createScans(page, dialog, act) {
  let before = null;
  let shown = null;
  const ear = createEar((code) => act.scan(code));

  page.addEventListener(
    "keydown",
    (event) => {
      const heard = ear(event, event.target.matches?.("input:not([data-field=units]), textarea") ?? false);
      if (heard === "first") {
        const { target } = event;
        before = { target, value: "value" in target ? target.value : null, back: act.holdView() };
      }
      if (heard !== "scan") return;
      event.preventDefault();
      event.stopImmediatePropagation();
      const { target } = event;
      // A number that the list began to type is none.
      if (target.dataset?.field === "units") target.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
      if (before?.value !== null && before?.target.isConnected) before.target.value = before.value;
      before?.back();
    },
    { capture: true },
  );
  obey(dialog, {
    "choose-scan": (control) => act.chooseScan(Number(control.dataset.key)),
    "drop-scans": () => act.dropScans(),
  });
  dialog.addEventListener("cancel", () => act.dropScans());

  const label = ({ product, units, lot, expires, serial }) => [
    el("b", {}, lot ? t("lot {lot}", { lot }) : t("no lot yet")),
    el("span", {}, [product && units ? t("{product} {n} U", { product, n: trim(units) }) : null, expires ? t("exp {when}", { when: expiry(expires) }) : null, serial ? t("serial {serial}", { serial }) : null].filter(Boolean).join(" · ")),
  ];

  return {
    show({ hand: { scans } }) {
      if (scans === shown) return;
      shown = scans;
      if (!scans) return dialog.close();
      dialog.querySelector("[data-readings]").replaceChildren(...scans.map((reading, index) => button("choose-scan", { "data-key": index }, label(reading))));
      dialog.showModal();
    },
  };
}
