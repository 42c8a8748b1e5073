// What the bar says: what is chosen, or what is still to choose.
import { clock, day } from "./calendar.js";
import { words } from "./dom.js";
import { hundredths } from "./exact.js";
import { guidanceWords } from "./guiding.js";
import { due } from "./laying.js";
import { preparationName, sitesOf, strengthOf, units, vialLabel } from "./names.js";
import { isSolution } from "./proposal.js";
import { t, tn } from "./words.js";

/** Bold and quiet words of each of its buttons. */
function barWords(scene, zone) {
  const { chart, catalogue, indications } = scene;
  const preparations = chart.preparations;
  const protocols = [...new Set(chart.sites.map((site) => site.protocol).filter(Boolean))].map((id) => catalogue.protocols[id]);
  const first = protocols[0];
  const own = first ? due(first) : [];
  const doses = new Set(own.map((site) => hundredths(site.units)));
  const limb = protocols.length > 0 && protocols.every((each) => each.per_limb);
  const mixed = preparations.map((each) => each.reconstituted_at).filter((at) => typeof at === "string").at(-1);
  const single = preparations.length === 1 && preparations[0].vials.length === 1 ? preparations[0].vials[0] : null;
  const count = preparations.flatMap((each) => each.vials).length;
  const strengths = [...new Set(preparations.map((each) => strengthOf(catalogue.products, each) ?? t("not known")))];
  return {
    indication: [indications.map(({ label }) => label).join(" + ") || t("Indication"), chart.codes.join(", ") || (indications.length ? t("no code yet") : t("not chosen"))],
    protocol: [
      (limb ? tn(protocols.length, "1 muscle", "{n} muscles") : protocols.map(({ short }) => short).join(" + ")) || t("No protocol"),
      limb
        ? sitesOf(chart.sites.filter((site) => site.protocol).length)
        : protocols.length === 1
          ? doses.size === 1 && !doses.has(null)
            ? t("{n} × {dose}", { n: own.length, dose: units([...doses][0]) })
            : sitesOf(own.length)
          : "",
    ],
    product: [
      // Of several there is room for the products; their sizes stand in the panel.
      (preparations.length > 1 ? [...new Set(preparations.map(({ product }) => product))] : preparations.map(preparationName)).join(" + ") || t("Product"),
      single ? vialLabel(single) : count ? t("{n} vials", { n: count }) : t("no vial yet"),
    ],
    dilution: [
      (count && strengths.join(" + ")) || t("Dilution"),
      count === 0 ? "" : mixed ? t("mixed {time}", { time: clock(mixed, zone) }) : preparations.every((each) => isSolution(scene, each)) ? t("ready-made") : t("not mixed yet"),
    ],
    guidance: guidanceWords(scene),
    date: ["", day(chart.date)],
  };
}

/** @param {HTMLElement} root */
export function showBar(root, scene, zone) {
  for (const [name, [bold, quiet]] of Object.entries(barWords(scene, zone))) {
    const control = root.querySelector(`[data-panel='${name}']`);
    control.setAttribute("aria-expanded", String(scene.hand.panel === name));
    control.hidden = !bold && !quiet;
    const [first, second] = control.querySelectorAll("b, .what-bar__more");
    words(first, bold);
    words(second, quiet);
  }
}
