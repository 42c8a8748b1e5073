// What becomes of a site without a finger that draws: by a name, a field, a button or a key.
import { sideOf } from "./anatomy.js";
import { changeSentence } from "./changewords.js";
import * as edits from "./edits.js";
import { fixed, hundredths } from "./exact.js";
import { extras } from "./laying.js";
import { t } from "./words.js";

/** @param {import("./acts.js").Desk} desk */
export function movingActs(desk) {
  const { act, store, hand, catalogue, drawings, scene, show, said, remembered, siteOf, refuse, perform, takeInHand, waits, indicationFor, place, setDown } = desk;

  return {
    /** Of what the protocol has beyond what it lays, the nearest site of what was tapped is given there. */
    placeExtra(ref, [x, y], { region, muscle }) {
      const map = drawings.get(ref);
      const left = extras(store.chart, catalogue, scene().indications);
      const names = [muscle, ...(region?.muscles ?? [])];
      const own = names.map((id) => left.filter(({ site }) => site.muscle === id && site.side === sideOf(map, region, catalogue.muscles[id], x / 100))).find((each) => each.length);
      if (!own) return refuse(t("The protocol has no further site there."));
      const far = ({ site }) => (ref.startsWith(`${site.map.split("@")[0]}@`) ? Math.hypot(hundredths(site.x) - x, hundredths(site.y) - y) : Infinity);
      const { protocol, site } = own.reduce((best, each) => (far(each) < far(best) ? each : best));
      return place({ map: ref, x: fixed(x), y: fixed(y), muscle: site.muscle, ...act.asExtra(protocol, site) });
    },

    placeAsked({ muscle, other }) {
      const { spot, moving } = hand.asked;
      hand.asked = null;
      if (moving && !siteOf(moving)) return show();
      if (moving) return setDown(moving, { ...spot, muscle, other, indication: indicationFor(muscle, siteOf(moving).indication) });
      place({ ...spot, muscle, other, indication: indicationFor(muscle, spot.indication) });
    },

    /** The next tap on the picture, or Enter at its cross, says where this site goes. */
    startMove(key, byKey) {
      if (hand.readOnly) return refuse(hand.readOnly);
      if (waits(key)) return;
      const site = siteOf(key);
      hand.message = null;
      hand.asked = null;
      takeInHand(key, hand.detail);
      hand.moving = key;
      hand.picture = true;
      said(t("Tap the place where site {n} goes.", { n: scene().rows.get(key).number }));
      show();
      if (byKey) hand.steer([Number(site.x), Number(site.y)]);
    },

    stopMove() {
      hand.moving = null;
      show();
    },

    changeSite(key, field, text) {
      if (waits(key)) return;
      const value = typeof text === "string" ? text.trim() || null : text;
      const site = siteOf(key);
      const values = field === "muscle" ? { muscle: value, other: value ? null : site.other, indication: indicationFor(value, site.indication) } : { [field]: value };
      const after = { ...site, ...values };
      // Under its new name it stands in another group, which opens for it.
      const stay = () => hand.selected === key && takeInHand(key, hand.detail);
      perform(edits.changeSite(key, values), changeSentence({ thing: "site", before: site, after }, { catalogue, sideOf: act.sideOf }), stay);
    },

    rename(key, muscle) {
      const site = siteOf(key);
      if (!site) return;
      const region = hand.regionAt(site.map, Number(site.x), Number(site.y)).region;
      if (region) remembered.set(`${site.map} ${region.id}`, muscle);
      act.changeSite(site.key, "muscle", muscle);
    },
  };
}
