// Which way a site lies from another across the body, in words that cannot be taken for another side.
import { contains } from "./geometry.js";

/** @typedef {"medial" | "lateral" | "patientRight" | "patientLeft" | "pictureRight" | "pictureLeft"} Way */

/**
 * In the patient's own directions: towards the midline or off it, and where it left that or crossed
 * it, to the patient's right or left. Between two hands or feet there is no midline of theirs: a
 * thumb lies lateral wherever it is.
 * @param {import("./types.js").BodyMap} map
 * @param {number[]} from  a point of the map
 * @param {number} is  where the other lies across
 * @returns {Way}
 */
export function wayOf({ scale, midline, viewerLeft, outline }, [was, y], is) {
  if (midline === null || !outline.some((polygon) => contains(polygon, [midline, y]))) return is > was ? "pictureRight" : "pictureLeft";
  const [before, after] = [was - midline, is - midline];
  if (Math.abs(before) < scale / 2 || before * after < 0) return is > was === (viewerLeft === "left") ? "patientRight" : "patientLeft";
  return Math.abs(after) < Math.abs(before) ? "medial" : "lateral";
}
