// What is done with earlier sessions: seen beneath today's, stepped through, and laid again.
import { read } from "./asking.js";
import * as edits from "./edits.js";
import { repeated } from "./repeating.js";
import { emptyDraft } from "./vialform.js";
import { t, tn } from "./words.js";

/** @param {import("./acts.js").Desk} desk */
export function pastActs(desk) {
  const { act, store, hand, catalogue, data, show, said, refuse, perform, scene, uuid } = desk;
  const { past } = hand;

  /** Every earlier session, once somebody asks for more than came with the chart. */
  async function fetchAll() {
    const answer = await read(data.earlier_url);
    if (!answer.sessions) return refuse(t("Sessions before this one are shown when the network is back."));
    past.sessions = answer.sessions;
    past.all = true;
    show();
    return true;
  }

  return {
    lastTime() {
      past.shown = !past.shown;
      said(past.shown ? t("Last time is shown beneath.") : t("Last time is hidden."));
      show();
    },

    async earlierSession() {
      if (past.at + 1 === past.sessions.length && !(await fetchAll())) return;
      past.at = Math.min(past.at + 1, past.sessions.length - 1);
      act.saySession();
    },

    laterSession() {
      past.at = Math.max(past.at - 1, 0);
      act.saySession();
    },

    saySession() {
      hand.message = null;
      show();
      said(document.querySelector("[data-strip='past'] p").textContent);
    },

    /** Lay the last session on a chart that is still empty. */
    repeatLast() {
      const [last] = past.sessions;
      if (!last || store.chart.sites.length) return;
      const laid = repeated(last, catalogue, uuid);
      if (!perform(edits.set(laid), tn(laid.sites.length, "Last time’s site laid as planned.", "Last time’s {n} sites laid as planned."))) return;
      hand.preparation = null;
      if (!hand.brushChosen) act.freshBrush();
      hand.draft = emptyDraft(scene());
      act.begin(scene().next?.map ?? hand.view);
    },
  };
}
