// What is asked of the server, or told it, beside the chart. Where nobody answers the answer is {}.
import { answered, done, LOOK } from "./server.js";

const dataOf = (asked) => asked.then(({ data }) => data).catch(() => ({}));

/** Read what the server knows. */
export const read = (address) => dataOf(answered(address, { headers: LOOK, cache: "no-store" }));

/** Tell it something: to be recorded, or to be answered and forgotten. @param {string} [type]  of a body that does not say it */
export const send = (address, body, type) =>
  dataOf(answered(address, { method: "POST", headers: { ...done(), ...(type && { "Content-Type": type }) }, body }));
