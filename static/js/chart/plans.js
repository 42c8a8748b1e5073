// What is laid as planned: protocols, what stands beside them, a limb's blocks; and keeping one.
import * as blocks from "./blocks.js";
import * as edits from "./edits.js";
import { fixed, hundredths, plain, trim } from "./exact.js";
import { inherited } from "./inheriting.js";
import * as laying from "./laying.js";
import { spokenName } from "./names.js";
import { drawsOn } from "./scene.js";
import { emptyDraft } from "./vialform.js";
import * as whole from "./whole.js";
import { t, tn } from "./words.js";

/** @param {import("./acts.js").Desk} desk */
export function planActs(desk) {
  const { act, store, sync, hand, catalogue, drawings, data, scene, show, said, uuid, newSite, perform, refuse, takeInHand, openGroupsOf, indicationFor } = desk;

  const preparationFor = (product) => {
    const inUse = drawsOn(scene());
    const fits = inUse?.product === product ? inUse : store.chart.preparations.find((each) => each.product === product);
    return fits?.key ?? null;
  };

  const doses = () => ({ weight: data.patient.weight_kg, brush: hand.brush });

  /** Sites of a protocol as they are laid: planned, each with its units. */
  const asLaid = (id, sites) => {
    const protocol = catalogue.protocols[id];
    const preparation = preparationFor(protocol.product);
    return sites.map((site) => ({
      key: uuid(),
      map: site.map.includes("@") ? site.map : catalogue.maps[site.map].ref,
      x: fixed(hundredths(site.x)),
      y: fixed(hundredths(site.y)),
      muscle: site.muscle,
      other: null,
      units: trim(site.units),
      depth: site.depth,
      state: "planned",
      preparation,
      indication: protocol.indication,
      protocol: id,
      protocol_site: site.id,
      given_at: null,
      ...inherited(store.chart.sites, hand.levels, site.muscle),
    }));
  };

  const sitesOfProtocol = (id) => asLaid(id, blocks.planned(catalogue.protocols[id], doses()));

  /** Go to what was laid last, or stay where the picture shows some of it. */
  const seeLaid = (sites) => (sites.some(({ map }) => map === hand.view) ? openGroupsOf(hand.view) : begin(sites[0].map));

  // Few sessions need it, so it is fetched when the first one does.
  let quick = null;
  async function fetchQuick() {
    const { createQuick } = await import("./quick.js");
    const opener = document.querySelector("[data-action='quick-line']");
    return createQuick(document.getElementById("quick"), { scene, drawings, lay: act.layLine, said, closed: () => opener.focus({ preventScroll: true }) });
  }

  async function begin(ref) {
    hand.view = ref;
    await drawings.fetch([...new Set([ref, ...scene().tabs.map((tab) => tab.ref)])]).catch(() => undefined);
    show();
    // Where the network is slow, somebody may have chosen another view meanwhile.
    if (hand.view !== ref) return;
    openGroupsOf(ref);
    takeInHand(scene().next?.key ?? null);
    hand.refit();
    show();
  }

  return {
    begin,

    toggleCode: (code) => perform(whole.toggleCode(code), t("Diagnosis changed: {code}.", { code })),

    setDate(date) {
      if (/^\d{4}-\d\d-\d\d$/.test(date)) perform(edits.set({ date }), t("Date of service changed."));
    },

    /** Lay sites where a line said how many of what: planned, like a protocol's. */
    layLine(sites) {
      const laid = sites.map(({ units, ...site }) => newSite({ ...site, units: plain(units), state: "planned", given_at: null, indication: indicationFor(site.muscle, store.chart.indications[0]) }));
      const sentence = tn(laid.length, "1 site laid as planned.", "{n} sites laid as planned.");
      return perform(whole.together(...laid.map(edits.place)), sentence, () => seeLaid(laid));
    },

    async quickLine() {
      if (hand.readOnly) return refuse(hand.readOnly);
      if (!store.chart.indications.length) return;
      hand.picture = false;
      show();
      quick ??= await fetchQuick().catch(() => refuse(t("The quick line could not be fetched. Try again when the network is back.")));
      if (quick) quick.open();
      else quick = null;
    },

    toggleIndication(id) {
      const indication = catalogue.indications[id];
      const adding = !store.chart.indications.includes(id);
      const first = store.chart.indications.length === 0;
      const codes = indication.codes.map(({ code }) => code);
      const usual = adding ? indication.default_protocol : null;
      const lay = usual ? whole.layProtocol(usual, sitesOfProtocol(usual)) : (chart) => chart;
      const name = indication.label;
      const laid = usual ? ` ${t("{name} laid as planned.", { name: catalogue.protocols[usual].title })}` : "";
      const sentence = adding ? t("{name} chosen.", { name }) + laid : t("{name} taken off.", { name });
      if (!perform(whole.together(whole.toggleIndication(id, codes), lay), sentence)) {
        return refuse(t("Sites given for it keep {name} on the chart.", { name }));
      }
      if (!hand.brushChosen) act.freshBrush();
      if (adding && first) {
        hand.draft = emptyDraft(scene());
        // A limb has no usual pattern: its muscles are offered one by one.
        if (indication.protocols.some((each) => catalogue.protocols[each].per_limb)) act.openPanel("protocol");
        begin(scene().next?.map ?? scene().tabs[0].ref);
      }
    },

    layProtocol(id) {
      if (id && catalogue.protocols[id].add_on_to) return act.layBeside(id);
      const lifted = id ? [whole.liftPlanned(catalogue.protocols[id].indication)] : store.chart.indications.map(whole.liftPlanned);
      const lay = id ? [whole.layProtocol(id, sitesOfProtocol(id))] : [];
      hand.panel = null;
      const sentence = id ? t("{name} laid as planned.", { name: catalogue.protocols[id].title }) : t("No protocol.");
      if (perform(whole.together(...lifted, ...lay), sentence) && id) begin(scene().next?.map ?? hand.view);
    },

    /** Lay what stands beside a pattern, or lift it again. */
    layBeside(id) {
      const protocol = catalogue.protocols[id];
      const own = new Set(protocol.sites.map((site) => site.id));
      if (store.chart.sites.some((site) => site.protocol === id && site.state === "planned")) {
        return perform(whole.liftSites(id, own), t("{name} lifted.", { name: protocol.title }));
      }
      const sites = sitesOfProtocol(id).filter((site) => laying.isFree(store.chart, site));
      return perform(whole.layProtocol(id, sites), t("{name} laid as planned.", { name: protocol.title }), () => seeLaid(sites));
    },

    /** Lay a muscle's block on the limb in hand, or lift what is planned of it there. */
    layBlock(id) {
      const protocol = catalogue.protocols[id];
      const { limb: side } = hand;
      if (!side) return refuse(t("Choose the limb first: right or left."));
      const name = spokenName(catalogue, { muscle: protocol.muscle }, side);
      if (laying.limbsOf(store.chart, id, protocol).has(side)) {
        const own = new Set(protocol.sites.filter((site) => site.side === side).map((site) => site.id));
        const lifted = perform(whole.liftSites(id, own), t("{name} lifted.", { name }));
        return lifted || refuse(t("What was given stays on the chart."));
      }
      if (blocks.asksForWeight(protocol, data.patient.weight_kg)) {
        return refuse(t("Enter the weight on the patient’s page first: a child’s dose follows from it."));
      }
      const sites = asLaid(id, blocks.planned(protocol, { side, ...doses() }));
      return perform(whole.layProtocol(id, sites), t("{name} laid as planned.", { name }), () => seeLaid(sites));
    },

    /** What a further site of a protocol has from it, wherever it is given. */
    asExtra(id, { id: site, depth }) {
      const { product, indication } = catalogue.protocols[id];
      return { units: blocks.asked(catalogue.protocols[id], site, doses()).units, depth, preparation: preparationFor(product), indication, protocol: id, protocol_site: site };
    },

    /** Lay one more site of a protocol that is only laid when asked for. */
    layExtra(id, site) {
      const sites = asLaid(id, [blocks.asked(catalogue.protocols[id], site, doses())]);
      const name = spokenName(catalogue, sites[0], catalogue.protocols[id].sites.find((each) => each.id === site).side);
      perform(whole.layProtocol(id, sites), t("{name} laid as planned.", { name }), () => seeLaid(sites));
    },

    /** Keep what is charted as a protocol of the clinic's own, under this name. */
    async saveProtocol(name) {
      if (!name.trim()) return refuse(t("Give the protocol a name."));
      if (!(await sync.flush())) return refuse(t("Saving a protocol waits until the chart is saved on the clinic’s server."));
      const body = new FormData();
      body.set("title", name.trim());
      const sent = { method: "POST", body, headers: { Accept: "application/json", "X-CSRFToken": document.querySelector("meta[name='csrf-token']").content } };
      const answer = await fetch(data.protocol_url, sent).catch(() => null);
      const told = answer && (await answer.json().catch(() => null));
      if (answer?.ok && told) hand.panel = null;
      return refuse(told?.said ?? told?.error ?? t("The protocol could not be saved. Try again when the network is back."));
    },

    limb(side) {
      hand.limb = side;
      show();
    },

    blocks(key) {
      hand.blocks = key;
      show();
    },
  };
}
