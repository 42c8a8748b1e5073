// Where a tap on the picture becomes a site, and how a finger moves one.
import { locate, sideOf } from "./anatomy.js";
import * as edits from "./edits.js";
import { fixed, hundredths } from "./exact.js";
import { movedTo } from "./moving.js";
import { placeName, spokenName, spokenUnits } from "./names.js";
import { tapMeaning } from "./scene.js";
import { t } from "./words.js";

/** @param {import("./acts.js").Desk} desk */
export function placingActs(desk) {
  const { act, store, hand, catalogue, drawings, scene, show, said, now, newSite, remembered, siteOf, perform, refuse, takeInHand, waits } = desk;

  function place(values) {
    const site = newSite({ state: "given", given_at: now(), ...values });
    hand.asked = null;
    const sentence = t("Site {n}, {name}, {dose} given.", { n: store.chart.sites.length + 1, name: spokenName(catalogue, site, act.sideOf(site)), dose: spokenUnits(hundredths(site.units)) });
    perform(edits.place(site), sentence, () => takeInHand(site.key));
  }

  // ── moving ──

  /** What a site would be at this place, given in hundredths. */
  function meaningAt(site, ref, [x, y]) {
    const map = drawings.get(ref);
    const to = x < 0 || y < 0 ? { region: null, inside: false } : locate(map, [x / 100, y / 100]);
    const from = hand.regionAt(site.map, Number(site.x), Number(site.y));
    const { indications } = scene();
    return movedTo({ catalogue, map, site, from, to, x: x / 100, remembered: remembered.get(`${ref} ${to.region?.id}`), indications });
  }

  const inHundredths = ([x, y]) => [Math.round(x * 100), Math.round(y * 100)];

  /** Move a site there in one step, or ask first what it is there, or leave it and say why. */
  function move(key, ref, point, byKey) {
    const site = siteOf(key);
    const at = inHundredths(point);
    const { inside, asks, region, values } = meaningAt(site, ref, at);
    if (!inside) return refuse(t("That is beside the body. The site is back where it was."));
    const spot = { x: fixed(at[0]), y: fixed(at[1]) };
    if (asks) {
      hand.asked = { ref, point: [at[0] / 100, at[1] / 100], region, spot, moving: key, byKey };
      said(region?.warn ?? t("No muscle or area is charted here."));
      return show();
    }
    return setDown(key, { ...spot, ...values });
  }

  function setDown(key, values) {
    // Another tablet may have changed it while a finger held it.
    if (waits(key)) return;
    const { number, ordinal } = scene().rows.get(key);
    const before = siteOf(key);
    const after = { ...before, ...values };
    const same = before.muscle === after.muscle && act.sideOf(before) === act.sideOf(after);
    const name = spokenName(catalogue, after, act.sideOf(after), same ? ordinal : null);
    perform(edits.changeSite(key, values), t("Site {n}, {name}, moved.", { n: number, name }), () => takeInHand(key, hand.detail));
  }

  Object.assign(desk, { place, setDown });

  return {
    tapSite(mark) {
      const [key] = mark.split("/");
      hand.message = null;
      hand.asked = null;
      hand.moving = null;
      if (waits(key)) return;
      if (hand.tool === "select") act.choose(key);
      else if (siteOf(key).state === "planned") act.give(key);
      else act.select(key, true);
    },

    tapSkin(ref, point, byKey = false) {
      if (hand.readOnly) return refuse(hand.readOnly);
      const [x, y] = inHundredths(point);
      const { moving } = hand;
      hand.message = null;
      hand.asked = null;
      hand.moving = null;
      if (moving) return move(moving, ref, point, byKey);
      if (hand.tool === "select") return refuse(t("Draw round sites, or tap them."));
      if (hand.tool === "grid") return act.fillAt(ref, point);
      if (x < 0 || y < 0) return refuse(t("That is beside the body. Tap on it."));
      const meaning = tapMeaning(scene(), ref, [x / 100, y / 100], remembered);
      const { region, inside, muscle, indication } = meaning;
      if (!inside) return refuse(t("That is beside the body. Tap on it."));
      if (hand.tool === "extras") return act.placeExtra(ref, [x, y], meaning);
      const spot = { map: ref, x: fixed(x), y: fixed(y), indication };
      if (!region?.muscles.length || region.warn) {
        hand.asked = { ref, point: [x / 100, y / 100], region, spot, byKey };
        said(region?.warn ?? t("No muscle or area is charted here."));
        return show();
      }
      place({ ...spot, muscle });
    },

    pictureMoved: () => refuse(t("The picture moved just then, so that tap placed nothing. Tap again.")),

    nameOf(ref, [x, y]) {
      const { region, inside } = hand.regionAt(ref, x, y);
      if (!inside) return t("Beside the body");
      const [muscle] = region?.muscles ?? [];
      const id = tapMeaning(scene(), ref, [x, y], remembered).muscle ?? muscle;
      const map = drawings.get(ref);
      return id ? placeName(catalogue, { muscle: id }, sideOf(map, region, catalogue.muscles[id], x)) : (region?.warn ?? t("No muscle or area is charted here."));
    },

    dropAsked() {
      hand.asked = null;
      show();
    },

    /** A finger draws a site over the picture; nothing is recorded before it lets go. */
    drag(key, ref, point) {
      const site = siteOf(key);
      if (!hand.drag) {
        hand.message = null;
        hand.asked = null;
        takeInHand(key, hand.selected === key && hand.detail);
      }
      const meaning = point ? meaningAt(site, ref, inHundredths(point)) : null;
      const look = meaning && [meaning.inside, meaning.region?.id, meaning.side, meaning.values.muscle].join();
      const before = hand.drag;
      hand.drag = { key, meaning, look };
      if (!before) show();
      else if (before.look !== look) hand.showDrag();
    },

    /** A line was drawn on the picture, round what the tool in hand is for. */
    drawn(ref, polygon) {
      if (hand.tool === "select") act.chooseWithin(ref, polygon);
      else act.fillWithin(ref, polygon);
    },

    drop(key, ref, point) {
      hand.drag = null;
      hand.message = null;
      if (hand.chosen.has(key)) return act.dropChosen(key, ref, point);
      move(key, ref, point, false);
    },

    /** It lies where it was; a sentence says why, where nobody could know. */
    putBack(sentence) {
      if (!hand.drag) return;
      hand.drag = null;
      if (sentence) refuse(sentence);
      else show();
    },

    /** A step of so many life-size millimetres. */
    nudge(key, [dx, dy]) {
      if (hand.readOnly) return refuse(hand.readOnly);
      if (waits(key)) return;
      const site = siteOf(key);
      const { scale } = drawings.get(site.map);
      hand.message = null;
      move(key, site.map, [Number(site.x) + dx * scale, Number(site.y) + dy * scale], true);
    },
  };
}
