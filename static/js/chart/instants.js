// The instant that a person means who says a time of the clinic's day.
import { partsIn } from "./calendar.js";

const MINUTE = 60_000;

/** The instant at which the zone's clocks show this time on this day, as ISO. */
export function instantAt(iso, time, zone) {
  const wanted = Date.parse(`${iso}T${time}:00Z`);
  let instant = wanted;
  // Twice: the first guess may lie on the other side of a change of the clocks.
  for (let round = 0; round < 2; round += 1) {
    const shown = partsIn(zone, new Date(instant));
    const clockSays = Date.parse(`${shown.year}-${shown.month}-${shown.day}T${shown.hour}:${shown.minute}:00Z`);
    instant += Math.round((wanted - clockSays) / MINUTE) * MINUTE;
  }
  return new Date(instant).toISOString().replace(".000Z", "Z");
}
