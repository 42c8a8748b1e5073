// How long a mixed vial may still be used: the product's hours, counted from when it was mixed.
import { clock, day, dayIn } from "./calendar.js";
import { t } from "./words.js";

const HOUR = 3_600_000;
const MINUTE = 60_000;

/**
 * Until when a vial may be used; null where it is not mixed, or nobody knows when or how long.
 * @param {any} product  the catalogue's
 * @param {any} mixed  an instant, or why it is not known
 * @returns {number | null} milliseconds
 */
export function goodUntil(product, mixed) {
  const hours = Number(product?.after_mixing_hours);
  if (!hours || typeof mixed !== "string") return null;
  return Date.parse(mixed) + hours * HOUR;
}

/** "23 h left", "40 min left", "past its time": what a clock on the chart shows. */
export function timeLeft(until, now) {
  const minutes = Math.floor((until - now) / MINUTE);
  if (until < now) return t("past its time");
  return minutes >= 60 ? t("{n} h left", { n: Math.floor(minutes / 60) }) : t("{n} min left", { n: minutes });
}

/** "mixed 09:40, use by 09:40 tomorrow" */
export function useBy(mixed, until, now, zone) {
  const at = { mixed: clock(mixed, zone), until: clock(until, zone) };
  if (dayIn(until, zone) === dayIn(now, zone)) return t("mixed {mixed}, use by {until} today", at);
  if (dayIn(until, zone) === dayIn(now + 24 * HOUR, zone)) return t("mixed {mixed}, use by {until} tomorrow", at);
  return t("mixed {mixed}, use by {day}, {until}", { ...at, day: day(dayIn(until, zone)) });
}
