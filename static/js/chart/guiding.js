// The panel in which guidance and needle are said of all sites or of a muscle's, and its words in the bar.
import { button, el } from "./dom.js";
import { choices, labelled } from "./fields.js";
import { ALL, common } from "./inheriting.js";
import { guidanceWord, sitesOf, subjectName } from "./names.js";
import { t } from "./words.js";

export const GUIDANCES = ["emg", "estim", "ultrasound"];

const forAll = { emg: () => t("EMG for all"), estim: () => t("Stimulation for all"), ultrasound: () => t("Ultrasound for all") };

/** Whether guidance is part of what is done today: it is usual for an indication, or somebody said it. */
const isGuided = ({ chart, indications }) => indications.some(({ guided }) => guided) || chart.sites.some(({ guidance, needle }) => guidance || needle);

/** "EMG, all 10", or nothing where guidance has no part in the session. */
export function guidanceWords(scene) {
  const { sites } = scene.chart;
  if (!isGuided(scene)) return ["", ""];
  const said = [...new Set(sites.map(({ guidance }) => guidance).filter(Boolean))];
  const guided = sites.filter(({ guidance }) => guidance).length;
  if (!said.length) return [t("Guidance"), t("not said")];
  const words = said.map(guidanceWord).join(" + ");
  return [words.charAt(0).toLocaleUpperCase() + words.slice(1), guided === sites.length ? t("all {n}", { n: guided }) : t("{n} of {all}", { n: guided, all: sites.length })];
}

export const guidanceOptions = () => [["", t("not said")], ...GUIDANCES.map((id) => [id, guidanceWord(id)])];
export const needleOptions = ({ needles }) => [["", t("not said")], ...Object.entries(needles)];

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
export function saidOfMany(catalogue, field, value, sites) {
  const what = field === "needle" ? (catalogue.needles[value] ?? t("not said")) : (guidanceWord(value) ?? t("not said"));
  return field === "needle" ? t("Needle {what} at {sites}.", { what, sites: sitesOf(sites) }) : t("Guidance {what} at {sites}.", { what, sites: sitesOf(sites) });
}
