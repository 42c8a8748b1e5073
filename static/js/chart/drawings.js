// The released drawings: art to show and shapes to ask. Fetched once each, when first needed.
import { shape } from "./dom.js";

/** @typedef {import("./types.js").BodyMap} BodyMap */

// The fills of a released drawing and what they mean; the page's own colours take their place.
const TONES = { "#f5f5f4": "t1", "#e9e9e8": "t2", "#d9d9d7": "t3", "#16181d": "solid" };

/** What the name of a drawing of the clinic's own begins with. */
export const OWN = "own_";

/** The id under which a drawing's art lies on the page. */
export const artId = (ref) => `art-${ref.replace("@", "-")}`;

/**
 * @param {object} with_
 * @param {Element} with_.shelf  a <defs> that takes the art
 * @param {Record<string, string>} with_.addresses  ref → address
 * @param {string} with_.own  the address of the clinic's own, with REF for which: one may be newer than the page
 * @param {Record<string, any>} with_.kept  those of the clinic's own that were kept with the chart, by ref
 * @param {any} with_.catalogue  what a region's muscles and warnings are
 */
export function createDrawings({ shelf, addresses, own, kept, catalogue }) {
  /** @type {Map<string, BodyMap>} */
  const maps = new Map();
  const pending = new Map();
  const ownOnes = new Map(Object.entries(kept));

  async function ask(ref) {
    const answer = await fetch(addresses[ref] ?? own.replace("REF", ref));
    if (!answer.ok) throw new Error(`${ref}: ${answer.status}`);
    return answer.json();
  }

  async function load(ref) {
    const drawing = ownOnes.get(ref) ?? (await ask(ref));
    if (ref.startsWith(OWN)) ownOnes.set(ref, drawing);
    shelf.append(shape("g", { id: artId(ref), class: "art" }, artOf(drawing.art)));
    maps.set(ref, bodyMap(drawing, catalogue.regions));
  }

  return {
    /** The shapes of a drawing, or undefined while it is not here. */
    get: (ref) => maps.get(ref),

    /** Those of the clinic's own among these, as the server gave them: no worker keeps them. */
    ownOf: (refs) => Object.fromEntries(refs.filter((ref) => ownOnes.has(ref)).map((ref) => [ref, ownOnes.get(ref)])),

    /** How many are here. */
    get size() {
      return maps.size;
    },

    /** Resolves once all these drawings are here. */
    fetch(refs) {
      for (const ref of refs) {
        if (!pending.has(ref)) {
          pending.set(ref, load(ref).catch((reason) => {
            pending.delete(ref);
            throw reason;
          }));
        }
      }
      return Promise.all(refs.map((ref) => pending.get(ref)));
    },
  };
}

/** A drawing's groups, of its own or in its SVG, as the page shows them, in its own colours. */
export function artOf(text) {
  const drawing = new DOMParser().parseFromString(`<svg xmlns="http://www.w3.org/2000/svg">${text}</svg>`, "image/svg+xml");
  const groups = [...drawing.querySelectorAll("#tone, #outline, #features")];
  for (const node of groups.flatMap((group) => [group, ...group.querySelectorAll("*")])) {
    const tone = TONES[node.getAttribute("fill")];
    if (tone) node.classList.add(tone);
    for (const name of ["id", "fill", "stroke"]) node.removeAttribute(name);
  }
  return groups.map((group) => document.importNode(group, true));
}

/** A drawing's shapes with what its regions offer. @returns {BodyMap} */
export function bodyMap(shapes, regions) {
  const offered = regions[shapes.id] ?? regions[shapes.ref] ?? {};
  return {
    ref: shapes.ref,
    scale: shapes.life_size_scale,
    midline: shapes.midline_x,
    viewerLeft: shapes.viewer_left,
    viewBox: shapes.view_box,
    outline: shapes.outline,
    zoomViews: shapes.zoom_views,
    regions: shapes.regions.map((region) => ({
      id: region.id,
      polygon: region.polygon,
      side: region.side,
      // A drawing of the clinic's own says itself what its regions offer.
      muscles: region.muscles ?? offered[region.id]?.muscles ?? [],
      warn: offered[region.id]?.warn ?? null,
    })),
  };
}
