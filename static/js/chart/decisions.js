// What two tablets did to one chart: laid out, decided, taken up or left out.
import { again } from "./changes.js";
import { nameOf } from "./clashstrip.js";
import { keep, keepBoth } from "./merge.js";
import * as whole from "./whole.js";
import { t, tn } from "./words.js";

/** @param {import("./acts.js").Desk} desk */
export function decisionActs(desk) {
  const { act, sync, hand, scene, show, uuid, siteOf, perform, takeInHand, openView, openClash } = desk;

  function settle(decided, edit, sentence) {
    perform(edit, sentence, () => decided.forEach(({ id }) => sync.decided(id)), decided);
    openClash(sync.conflicts[0]?.id);
    show();
  }

  return {
    /** Lay out what was changed on two tablets, and the place of it. */
    decide(id) {
      openClash(id);
      const conflict = scene().twice.get(id);
      const map = conflict && (conflict.mine ?? conflict.theirs).map;
      takeInHand(siteOf(id) ? id : null);
      show();
      if (map && map !== hand.view) openView(map);
    },

    keep(side) {
      const conflict = scene().clash;
      const edit = side === "both" ? keepBoth(conflict, uuid()) : keep(conflict, side);
      settle([conflict], edit, t("{what}: decided.", { what: nameOf(scene(), conflict, act.sideOf) }));
    },

    keepAll(side) {
      const all = [...hand.conflicts];
      settle(all, whole.together(...all.map((conflict) => keep(conflict, side))), tn(all.length, "1 change decided.", "{n} changes decided."));
    },

    nextClash() {
      const { conflicts, clash } = scene();
      act.decide(conflicts[(conflicts.indexOf(clash) + 1) % conflicts.length].id);
    },

    later() {
      hand.clash = null;
      show();
    },

    leaveOut(id) {
      sync.decided(id);
      hand.aside = sync.aside;
      show();
    },

    leaveAllOut: () => sync.aside.forEach(({ id }) => act.leaveOut(id)),

    /** What was done while the session was another patient's belongs to this one. */
    takeUp() {
      const kept = sync.aside;
      const sentence = tn(kept.length, "1 change taken up.", "{n} changes taken up.");
      if (perform(whole.together(...kept.map(again)), sentence)) kept.forEach(({ id }) => act.leaveOut(id));
    },
  };
}
