// Going on from the chart, once what was done here is saved: to the review, the time-out, another patient.
import { mainButton } from "./foot.js";
import * as whole from "./whole.js";
import { t, tn } from "./words.js";

/** @param {import("./acts.js").Desk} desk */
export function leavingActs({ act, sync, data, scene, perform, refuse }) {
  return {
    async review() {
      const { discards } = mainButton(scene());
      if (discards && !perform(whole.discardRemainders(), t("The rest of the vial is discarded."))) return;
      if (await sync.flush()) return location.assign(data.review_url);
      const [first] = sync.conflicts;
      if (first) act.decide(first.id);
      refuse(
        first
          ? tn(sync.conflicts.length, "Signing waits for 1 decision: A or B.", "Signing waits for {n} decisions: A or B.")
          : t("Signing waits until the chart is saved on the clinic’s server."),
      );
    },

    async timeOut() {
      if (await sync.flush()) location.assign(data.time_out_url);
      else refuse(t("The time-out waits until the chart is saved on the clinic’s server."));
    },

    async move() {
      if (await sync.flush()) location.assign(data.move_url);
      else refuse(t("Moving waits until the chart is saved on the clinic’s server."));
    },
  };
}
