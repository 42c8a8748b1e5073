// The corner that says whether all is saved, and what keeps it from being.
import { clock } from "./calendar.js";
import { icon } from "./dom.js";
import { t, tn } from "./words.js";

/** Why nothing more is saved from this page, in the words of its corner. */
const ENDED = {
  signed: () => t("Signed on another tablet"),
  discarded: () => t("Discarded on another tablet"),
  moved: () => t("Moved to another patient"),
};

/** @param {HTMLElement} node @param {import("./sync.js").State} state */
export function showSave(node, { is, at, changes = 0, kept, sent, because }, zone) {
  const sentence = {
    saved: () => (sent ? tn(sent, "Back online, 1 change sent", "Back online, {n} changes sent") : t("Saved {time}", { time: clock(at, zone) })),
    saving: () => t("Saving"),
    conflict: () =>
      because === "kept"
        ? tn(changes, "1 change to decide", "{n} changes to decide")
        : ENDED[because]?.() ?? tn(changes, "Changed on another tablet. 1 to decide", "Changed on another tablet. {n} to decide"),
    offline: () => {
      if (!changes) return because === "network" ? t("Offline") : t("Signed out");
      if (!kept) return tn(changes, "Not saved. 1 change only on this page", "Not saved. {n} changes only on this page");
      return because === "network"
        ? tn(changes, "Offline. 1 change kept on this tablet", "Offline. {n} changes kept on this tablet")
        : tn(changes, "Not saved. 1 change kept on this tablet", "Not saved. {n} changes kept on this tablet");
    },
  }[is]();
  if (node.dataset.save === is && node.dataset.words === sentence) return;
  node.dataset.save = is;
  node.dataset.words = sentence;
  const sign = { saved: "check", saving: "disk", offline: "offline", conflict: "swap" }[is];
  node.className = `save push${is === "offline" || is === "conflict" ? " save--offline" : ""}`;
  node.replaceChildren(icon(sign, "icon--s"), sentence);
}
