// The shapes that cross files. Units, mL and coordinates are strings, as in the JSON that travels.

/**
 * @typedef {object} Chart
 * @property {string} date  day of service, 2026-11-23
 * @property {string[]} indications
 * @property {string[]} codes
 * @property {Preparation[]} preparations
 * @property {Site[]} sites  in injection order
 */

/**
 * @typedef {object} Site
 * @property {string} key
 * @property {string} map  a released drawing, head_anterior@1
 * @property {string} x
 * @property {string} y
 * @property {string | null} muscle
 * @property {string | null} other  what was written where no muscle fits
 * @property {string} units
 * @property {string | null} depth
 * @property {"planned" | "given"} state
 * @property {string | null} preparation
 * @property {string} indication
 * @property {string | null} protocol
 * @property {string | null} protocol_site
 * @property {string | null} given_at  this tablet's clock
 * @property {string} [volume_ml]  as drawn up, where said
 * @property {string | null} [needle]  the catalogue's, where said
 * @property {"emg" | "estim" | "ultrasound" | null} [guidance]  where said
 */

/** @typedef {{unable: string}} Unable  why a value could not be found out */

/**
 * @typedef {object} Preparation
 * @property {string} key
 * @property {string} product
 * @property {string | null} diluent
 * @property {string | Unable | null} diluent_ml  added to each vial
 * @property {string | Unable | null} reconstituted_at
 * @property {Vial[]} vials
 */

/**
 * @typedef {object} Vial
 * @property {string} key
 * @property {string} units
 * @property {string | Unable} lot
 * @property {string | Unable | null} expires
 * @property {string | null} discarded  null until someone says
 * @property {string} [discard_reason]
 * @property {string} [ndc]
 * @property {string} [serial]
 * @property {"clinic" | "pharmacy"} [source]  whose it is; the clinic's while not said
 * @property {string | Unable} [diluent_ml]  its own, where it differs from the preparation's
 * @property {string | Unable} [reconstituted_at]  likewise
 */

/** @typedef {(chart: Chart) => Chart} Edit */

/** @typedef {"left" | "right" | "midline" | "unknown"} Side  the patient's own; unknown while a drawing is on its way */

/**
 * @typedef {object} BodyMap
 * @property {string} ref
 * @property {number} scale  map units in one life-size millimetre
 * @property {number | null} midline  x of the midline; null on a drawing of one side
 * @property {Side} viewerLeft  the patient's side on the viewer's left, or the only one
 * @property {number[]} viewBox
 * @property {Point[][]} outline
 * @property {Region[]} regions  in the order in which a tap asks them
 * @property {Record<string, number[]>} zoomViews
 */

/**
 * @typedef {object} Region
 * @property {string} id
 * @property {Side | null} side
 * @property {string[]} muscles  likeliest first
 * @property {string | null} warn
 * @property {Point[]} polygon
 */

/** @typedef {[number, number]} Point */

export {};
