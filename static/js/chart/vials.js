// Vials: proposed, scanned, typed, mixed, emptied; and what of them could not be found out.
import { send } from "./asking.js";
import { draftExpires, draftMl, redrafted } from "./drafting.js";
import { hundredths, plain, trim } from "./exact.js";
import { instantAt } from "./instants.js";
import { isSolution, proposal, withDilution } from "./proposal.js";
import { brushProduct, drawsOn } from "./scene.js";
import { emptyDraft } from "./vialform.js";
import * as whole from "./whole.js";
import { t } from "./words.js";

/** @param {import("./acts.js").Desk} desk */
export function vialActs(desk) {
  const { act, store, hand, catalogue, data, scene, show, said, now, uuid, perform, refuse } = desk;

  /** What is known of a vial, as the chart holds it; what few have is left out where nobody said it. */
  function vialOf({ units: size, lot, expires, serial, ndc, source, unable = {} }) {
    const told = { serial, ndc, source: source === "pharmacy" ? source : null, ...(unable.lot && { lot: { unable: unable.lot } }), ...(unable.expires && { expires: { unable: unable.expires } }) };
    const known = Object.fromEntries(Object.entries(told).filter(([, value]) => value));
    return { key: uuid(), units: trim(size), lot: lot?.trim() ?? "", expires: expires || null, discarded: null, ...known };
  }

  function open(vial, count, mixed) {
    const solution = isSolution(scene(), vial);
    const why = vial.unable?.diluent_ml;
    const planned = store.chart.preparations.find((each) => each.product === vial.product && each.vials.length === 0);
    const preparation = {
      key: planned?.key ?? uuid(),
      product: vial.product,
      diluent: solution ? "none" in catalogue.diluents ? "none" : null : Object.keys(catalogue.diluents)[0],
      diluent_ml: solution ? "0" : why ? { unable: why } : vial.diluent_ml && trim(vial.diluent_ml),
      reconstituted_at: mixed && !solution ? now() : null,
      vials: Array.from({ length: count }, () => vialOf(vial)),
    };
    const fits = (site) => !site.protocol || catalogue.protocols[site.protocol].product === vial.product;
    hand.preparation = preparation.key;
    hand.panel = null;
    const name = t("{product} {n} U", { product: vial.product, n: trim(vial.units) });
    perform((planned ? whole.openPlanned : whole.addPreparation)(preparation, fits), mixed ? t("{name} mixed now.", { name }) : t("{name} opened.", { name }));
    hand.draft = emptyDraft(scene());
    show();
  }

  /** The form with what is known of a vial, and what stands in the way of taking it in one. */
  function fillDraft(vial, sentence) {
    const empty = emptyDraft(scene());
    const product = vial.product ?? empty.product;
    const size = vial.units ? trim(vial.units) : vial.product ? "" : empty.units;
    const { diluent_ml: ml } = withDilution(scene(), { ...vial, product, units: size });
    hand.draft = { ...empty, product, units: size, ml: ml ?? "", lot: vial.lot ?? "", expires: vial.expires ?? "", exact: true, serial: vial.serial ?? null, ndc: vial.ndc ?? null, source: vial.source ?? null };
    hand.panel = "product";
    refuse(sentence);
  }

  /** A reason as a sentence of its own. */
  const ended = (text) => (/[.!?]$/.test(text) ? text : `${text}.`);

  const preparationCalled = (key) => store.chart.preparations.find((each) => each.key === key).product;

  return {
    useVial() {
      const offer = proposal(scene());
      if (offer) open(offer.vial, offer.count, true);
    },

    useRecent(index) {
      const vial = withDilution(scene(), hand.recent[index]);
      if (vial.quarantined) return fillDraft(vial, t("Lot {lot} is quarantined: {reason} Take another vial.", { lot: vial.lot, reason: ended(vial.quarantined) }));
      if (vial.diluent_ml || isSolution(scene(), vial)) return open(vial, 1, true);
      fillDraft(vial, t("Choose how much saline went into each vial."));
    },

    /** A scan, wherever on the page it came: the server reads it, and knows the stock. */
    async scan(code, { kept = false } = {}) {
      if (hand.readOnly) return refuse(hand.readOnly);
      const answer = await send(data.code_url, JSON.stringify({ code, patient: data.patient.id, ...(kept && { kept: "1" }) }), "application/json");
      if (!answer.readings) return refuse(answer.error ?? t("A scan is read by the clinic’s server, which did not answer. Type lot and expiry instead."));
      if (answer.decided) return act.takeScan(answer.readings[0]);
      hand.scans = answer.readings;
      show();
    },

    /** A picture of the code goes to the server and is kept nowhere. */
    async photograph(file) {
      if (!file) return;
      said(t("Reading the picture."));
      const answer = await send(data.photograph_url, file, file.type || "application/octet-stream");
      if (answer.code) return act.scan(answer.code, { kept: true });
      refuse(answer.error ?? t("A picture is read by the clinic’s server, which did not answer. Type lot and expiry instead."));
    },

    chooseScan(index) {
      const reading = hand.scans[index];
      hand.scans = null;
      act.takeScan(reading);
    },

    dropScans() {
      hand.scans = null;
      show();
    },

    takeScan(reading) {
      const { product, units: size, lot, serial, whose, quarantined } = reading;
      const vial = { ...reading, lot: lot ?? "", source: whose === "patient" ? "pharmacy" : null };
      if (!product || !size) return fillDraft(vial, t("The catalogue does not know this product’s code. Choose product and size."));
      if (quarantined) return fillDraft(vial, t("Lot {lot} is quarantined: {reason} Take another vial.", { lot, reason: ended(quarantined) }));
      if (whose === "other") return fillDraft(vial, t("This vial was delivered for another patient. Take another one."));
      const all = store.chart.preparations.flatMap((each) => each.vials.map((held) => ({ ...held, product: each.product })));
      const same = all.filter((held) => held.product === product && hundredths(held.units) === hundredths(size));
      if (serial && same.some((held) => held.serial === serial)) return refuse(t("This vial is on the chart already."));
      const meant = same.find((held) => !held.serial && (!held.lot || held.lot === lot));
      const name = t("{product} {n} U", { product, n: trim(size) });
      if (meant) {
        const { lot: number, expires, ...told } = vialOf({ ...vial, units: size });
        const { key: _, units: __, discarded: ___, ...rest } = told;
        return perform(whole.changeVial(meant.key, { ...rest, ...(number && { lot: number }), ...(expires && { expires }) }), t("{name}: scanned.", { name }));
      }
      const into = store.chart.preparations.find((each) => each.product === product && each.vials.some((held) => hundredths(held.units) === hundredths(size)));
      if (into) {
        const mixed = into.reconstituted_at && !isSolution(scene(), into) ? { reconstituted_at: now() } : {};
        return perform(whole.addVial(into.key, { ...vialOf({ ...vial, units: size }), ...mixed }), t("One more vial of {product}.", { product }));
      }
      const ready = withDilution(scene(), vial);
      if (ready.diluent_ml || isSolution(scene(), ready)) return open(ready, 1, true);
      fillDraft(vial, t("Choose how much saline went into each vial."));
    },

    draft(field, value) {
      hand.draft = redrafted(scene(), hand.draft, field, value);
      show();
    },

    useDraft(mixed) {
      const { draft } = hand;
      const unable = Object.fromEntries(Object.entries(draft.unable).map(([name, why]) => [name, why.trim()]));
      const vial = { ...draft, unable, diluent_ml: draftMl(draft), expires: draftExpires(draft) };
      if (!vial.units) return refuse(t("Choose the vial’s size."));
      if (Object.values(unable).includes("")) return refuse(t("Say why it is not known, or enter it."));
      if (mixed && !vial.diluent_ml && !unable.diluent_ml && !isSolution(scene(), vial)) return refuse(t("Choose how much saline went into each vial."));
      open(vial, 1, mixed);
    },

    drawOn(key) {
      const before = brushProduct(scene());
      hand.preparation = key;
      // Units chosen for one product say nothing about another's.
      if (drawsOn(scene()).product !== before) hand.brushChosen = false;
      if (!hand.brushChosen) act.freshBrush();
      show();
    },

    oneMore(key) {
      const preparation = store.chart.preparations.find((each) => each.key === key);
      // Another container: what a scan told of the last one is not its own.
      const { serial: _, discard_reason: __, ...like } = preparation.vials.at(-1);
      const vial = { ...like, key: uuid(), discarded: null };
      perform(whole.addVial(key, vial), t("One more vial of {product}.", { product: preparation.product }));
    },

    removeVial: (key) => perform(whole.removeVial(key), t("Vial taken off.")),

    vialExact(key) {
      if (!hand.exact.delete(key)) hand.exact.add(key);
      show();
    },

    changeVial(key, field, text) {
      const typed = text.trim();
      if (field === "lot") return perform(whole.changeVial(key, { lot: typed }), t("Lot changed."));
      if (field === "discard_reason") return perform(whole.changeVial(key, { discard_reason: typed || undefined }), t("Reason of discarding changed."));
      if (field.startsWith("unable-")) return act.unableVial(key, field.slice(7), typed);
      if (field === "expires") {
        const expires = draftExpires({ expires: typed, exact: typed.length > 7 });
        return perform(whole.changeVial(key, { expires }), t("Expiry changed."));
      }
      const value = hundredths(typed.replace(",", "."));
      if (typed && value === null) return refuse(t("Units are digits with at most two decimals, such as 45 or 2.5."));
      perform(whole.changeVial(key, { discarded: typed ? plain(value) : null, ...(value ? {} : { discard_reason: undefined }) }), t("Discarded units changed."));
    },

    /** Say why something of a vial could not be found out; the field then asks for the reason. */
    unableVial(key, field, why) {
      if (!why) return act.askWhy(`${key} ${field}`);
      hand.whys.delete(`${key} ${field}`);
      perform(whole.changeVial(key, { [field]: { unable: why } }), t("Not known: {why}.", { why }));
    },

    unablePreparation(key, field, why) {
      if (!why) return act.askWhy(`${key} ${field}`);
      hand.whys.delete(`${key} ${field}`);
      perform(whole.changePreparation(key, { [field]: { unable: why } }), t("Not known: {why}.", { why }));
    },

    askWhy(id) {
      hand.whys.add(id);
      show();
    },

    /** The value is known after all: the field is empty again. */
    known(key, field) {
      hand.whys.delete(`${key} ${field}`);
      const empty = field === "lot" ? "" : null;
      const vial = store.chart.preparations.flatMap((each) => each.vials).find((each) => each.key === key);
      const preparation = store.chart.preparations.find((each) => each.key === key);
      if (vial?.[field]?.unable) return perform(whole.changeVial(key, { [field]: empty }), t("Known after all."));
      if (preparation?.[field]?.unable) return perform(whole.changePreparation(key, { [field]: null }), t("Known after all."));
      show();
    },

    changeMl(key, text) {
      hand.otherMl = text === "other" ? key : null;
      if (text === "other") return show();
      const value = hundredths(text.trim().replace(",", "."));
      if (text && !value) return refuse(t("Saline is a number of mL above 0, such as 4 or 2.5."));
      perform(whole.changePreparation(key, { diluent_ml: text ? plain(value) : null }), t("Dilution of {product} changed.", { product: preparationCalled(key) }));
    },

    changeDiluent: (key, id) => perform(whole.changePreparation(key, { diluent: id || null }), t("Diluent of {product} changed.", { product: preparationCalled(key) })),

    mixed(key, time) {
      const at = time === null ? now() : time && instantAt(store.chart.date, time, data.zone);
      perform(whole.changePreparation(key, { reconstituted_at: at || null }), t("Time of mixing of {product} changed.", { product: preparationCalled(key) }));
    },
  };
}
