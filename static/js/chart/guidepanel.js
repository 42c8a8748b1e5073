// The panel in which guidance and needle are said of all sites or of a muscle's.
import { button, el } from "./dom.js";
import { choices, labelled } from "./fields.js";
import { GUIDANCES, guidanceOptions, needleOptions } from "./guiding.js";
import * as edits from "./edits.js";
import { ALL } from "./inheriting.js";
import { guidanceWord, sitesOf, subjectName } from "./names.js";
import { common, reached } from "./reaching.js";
import * as whole from "./whole.js";
import { t } from "./words.js";

const forAll = { emg: () => t("EMG for all"), estim: () => t("Stimulation for all"), ultrasound: () => t("Ultrasound for all") };

export function guidancePanel(scene) {
  const { chart, catalogue } = scene;
  const { sites } = chart;
  const all = common(sites, "guidance");
  const muscles = [...new Set(sites.map(({ muscle }) => muscle).filter(Boolean))];
  // Where sites of one differ there is no value to show, until one is chosen for all of them.
  const pick = (label, field, muscle, options) => {
    const value = common(sites.filter((site) => muscle === ALL || site.muscle === muscle), field);
    return labelled(label, choices({ "data-action": "guide", "data-field": field, "data-key": muscle, id: `${field}-${muscle}`, value: value ?? "differs" }, value === undefined ? [["differs", t("differs")], ...options] : options));
  };
  return [
    el("h2", {}, t("Guidance")),
    el(
      "div",
      { class: "options" },
      GUIDANCES.map((id) => button("guide-all", { "data-key": id, "aria-pressed": String(sites.length > 0 && all === id) }, forAll[id]())),
      button("guide-all", { "data-key": "", "aria-pressed": String(!all && all !== undefined) }, t("Not said")),
    ),
    el("h2", {}, t("Needle")),
    el("div", { class: "fields" }, pick(t("Needle, all sites"), "needle", ALL, needleOptions(catalogue))),
    muscles.length
      ? [
          el("h3", {}, t("Another for a muscle")),
          muscles.map((muscle) =>
            el(
              "div",
              { class: "fields", role: "group", "aria-label": subjectName(catalogue, { muscle }) },
              el("b", {}, subjectName(catalogue, { muscle })),
              pick(t("Guidance"), "guidance", muscle, guidanceOptions()),
              pick(t("Needle"), "needle", muscle, needleOptions(catalogue)),
            ),
          ),
          el("p", { class: "quiet" }, t("A site that says something else keeps it.")),
        ]
      : el("p", { class: "quiet" }, t("It will stand at each site that is laid or given from now on.")),
  ];
}

/** What was said, as it is announced. */
function saidOfMany(catalogue, field, value, sites) {
  const what = field === "needle" ? (catalogue.needles[value] ?? t("not said")) : (guidanceWord(value) ?? t("not said"));
  return field === "needle" ? t("Needle {what} at {sites}.", { what, sites: sitesOf(sites) }) : t("Guidance {what} at {sites}.", { what, sites: sitesOf(sites) });
}

/** @param {import("./acts.js").Desk} desk */
export function guideActs({ act, store, hand, catalogue, scene, perform }) {
  return {
    guide(field, muscle, value) {
      const sites = reached(store.chart.sites, hand.levels, field, muscle).filter(({ key }) => !scene().twice.has(key));
      if (!hand.readOnly) hand.levels[field][muscle] = value;
      perform(whole.together(...sites.map(({ key }) => edits.changeSite(key, { [field]: value || null }))), saidOfMany(catalogue, field, value, sites.length));
    },

    guideAll(value) {
      hand.panel = null;
      act.guide("guidance", ALL, value);
    },
  };
}
