// Days and times as they are written everywhere: 23 Nov 2026, 09:50, on the clinic's clock.
import { language } from "./words.js";

// A formatter costs more to make than a hundred uses of it.
const formats = new Map();

function format(locale, options) {
  const id = locale + JSON.stringify(options);
  if (!formats.has(id)) formats.set(id, new Intl.DateTimeFormat(locale, options));
  return formats.get(id);
}

const shortMonth = (day) =>
  format(language(), { month: "short", timeZone: "UTC" })
    .format(new Date(`${day}T12:00:00Z`))
    .replace(".", "");

/** "2026-11-23" → "23 Nov 2026". */
export const day = (iso) => `${Number(iso.slice(8))} ${shortMonth(iso)} ${iso.slice(0, 4)}`;

/** "2026-11-23" → "23 Nov", where there is no room for the year. */
export const dayOfYear = (iso) => `${Number(iso.slice(8))} ${shortMonth(iso)}`;

/** The last day of a month, "2027-08" → "2027-08-31". */
export function endOfMonth(month) {
  const [year, number] = month.split("-").map(Number);
  return `${month}-${new Date(Date.UTC(year, number, 0)).getUTCDate()}`;
}

/** Whether a day stands for its whole month, as most labels print an expiry. */
export const isMonthEnd = (iso) => endOfMonth(iso.slice(0, 7)) === iso;

/** An expiry as the label prints it: the month alone when it is the month's last day. */
export function expiry(iso) {
  return isMonthEnd(iso) ? `${shortMonth(iso)} ${iso.slice(0, 4)}` : day(iso);
}

/** Year to minute of an instant as a zone counts them, as texts. */
export function partsIn(zone, instant) {
  const parts = format("en-CA", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
  }).formatToParts(instant);
  return Object.fromEntries(parts.map((part) => [part.type, part.value]));
}

/** The calendar day of an instant in a zone: "2026-11-23". */
export function dayIn(instant, zone) {
  const { year, month, day: number } = partsIn(zone, new Date(instant));
  return `${year}-${month}-${number}`;
}

let hours = 24;

/** How this clinic's screens write times: 24, or 12. */
export function countTo(count) {
  hours = count;
}

/** The time of day of an instant in a zone as people read it: "15:50", or "3:50 PM". */
export function clock(instant, zone) {
  if (hours === 24) return timeOfDay(instant, zone);
  return format(language(), { timeZone: zone, hour12: true, hour: "numeric", minute: "2-digit" }).format(new Date(instant));
}

/** The same as a field of times holds it: "15:50". */
export function timeOfDay(instant, zone) {
  const { hour, minute } = partsIn(zone, new Date(instant));
  return `${hour}:${minute}`;
}
