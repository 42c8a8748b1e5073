// Guidance and needle in words: in the bar and in a choice.
import { guidanceWord } from "./names.js";
import { t } from "./words.js";

export const GUIDANCES = ["emg", "estim", "ultrasound"];

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
