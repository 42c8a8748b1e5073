// The chart's talk with the clinic's server: what is saved, and what another tablet saved.
import { fetchMerging } from "./merging.js";
import { presence } from "../lock.js";

const PATIENCE = 20_000;

export const LOOK = { Accept: "application/json", "X-Stipple-Background": "1" };

/** What goes with whatever a person did: when they last touched the tablet is a sign of them. */
export const done = () => ({
  Accept: "application/json",
  "X-CSRFToken": document.querySelector("meta[name='csrf-token']").content,
  ...presence(),
});

/** Ask; answers status and data, and rejects where nobody does. */
export async function answered(address, request) {
  const answer = await fetch(address, { ...request, signal: AbortSignal.timeout(PATIENCE) });
  const isJson = answer.headers.get("Content-Type")?.includes("json");
  // A page of sign-in where JSON was asked for means that the session ended.
  if (answer.redirected || (answer.status === 200 && !isJson)) return { status: 401, data: {} };
  const data = isJson ? await answer.json() : {};
  // It holds what another tablet saved: unless that can be met, it counts as no answer.
  if (data.chart) await fetchMerging();
  return { status: answer.status, data };
}

export const put = (address, body) =>
  answered(address, {
    method: "PUT",
    headers: { "Content-Type": "application/json", ...done() },
    body: JSON.stringify(body),
    keepalive: document.visibilityState === "hidden",
  });

/** Look what another tablet saved since; that is no sign that somebody holds this one. */
export const askSince = (address, revision) => answered(`${address}?since=${revision}`, { headers: LOOK, cache: "no-store" });
