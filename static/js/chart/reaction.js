// What came after an earlier session: which kind, in which words, linked to which of its muscles.
import { send } from "./asking.js";
import { day } from "./calendar.js";
import { button, el, icon, obey } from "./dom.js";
import { labelled } from "./fields.js";
import { placeName } from "./names.js";
import { partOf, parts, reactionWords } from "./paststrip.js";
import { t, tn } from "./words.js";

/** @param {HTMLElement} root  the panel */
export function obeyReactions(root, act) {
  obey(root, {
    "event-kind": ({ dataset }) => act.draftReaction({ kind: dataset.key }),
    "event-part": ({ dataset }) => act.linkReaction(dataset.key),
    "event-tell": () => act.tellReaction(),
    "event-withdraw": ({ dataset }) => act.withdrawReaction(dataset.key),
  });
  obey(root, { "event-words": ({ value }) => act.draftReaction({ words: value.trim() }) }, "change");
}

export function reactionPanel({ catalogue, hand }) {
  const { sessions, at, reactions, draft } = hand.past;
  const session = sessions[at];
  return [
    el("h2", {}, t("Adverse event after {date}", { date: day(session.date) })),
    hand.message ? el("p", { class: "panel__said" }, icon("info", "icon--s"), hand.message) : null,
    reactions.map((each) =>
      el("p", { class: "reaction", "data-reaction": each.id }, icon("warn"), el("span", {}, reactionWords(catalogue, each)), button("event-withdraw", { class: "button button--quiet", "data-key": each.id }, t("Withdraw"))),
    ),
    el(
      "div",
      { class: "options" },
      Object.entries(catalogue.adverse_events).map(([id, label]) => button("event-kind", { "data-key": id, "aria-pressed": String(draft.kind === id) }, label)),
    ),
    el("div", { class: "fields" }, labelled(t("In words"), el("input", { class: "input", id: "event-words", "data-action": "event-words", maxlength: "200", autocomplete: "off", value: draft.words }))),
    el("h3", {}, t("Linked to")),
    el(
      "div",
      { class: "options" },
      parts(session).map((sites) => {
        const [site] = sites;
        return button("event-part", { "data-key": partOf(site), "aria-pressed": String(draft.parts.includes(partOf(site))) }, `${placeName(catalogue, site, site.side)} · ${tn(sites.length, "1 site", "{n} sites")}`);
      }),
    ),
    el("div", { class: "row" }, button("event-tell", { class: "button button--primary" }, t("Record this event"))),
  ];
}

const EMPTY = { kind: null, words: "", parts: [] };

/** @param {import("./acts.js").Desk} desk */
export function reactionActs({ act, hand, data, show, refuse }) {
  const { past } = hand;
  past.draft = EMPTY;

  async function told(address, body, sentence) {
    const answer = await send(address, body);
    if (!answer.reactions) return refuse(answer.error ?? t("An event is recorded on the clinic’s server, which did not answer. Try again when the network is back."));
    past.reactions = answer.reactions;
    past.draft = EMPTY;
    hand.panel = null;
    refuse(sentence);
  }

  return {
    draftReaction(values) {
      past.draft = { ...past.draft, ...values };
      hand.message = null;
      show();
    },

    linkReaction(part) {
      const { parts: linked } = past.draft;
      act.draftReaction({ parts: linked.includes(part) ? linked.filter((each) => each !== part) : [...linked, part] });
    },

    tellReaction() {
      if (hand.readOnly) return refuse(hand.readOnly);
      const { kind, words, parts: linked } = past.draft;
      const session = past.sessions[past.at];
      const body = new FormData();
      body.set("session", session.id);
      body.set("kind", kind ?? "");
      body.set("words", words);
      for (const site of session.sites) if (linked.includes(partOf(site))) body.append("sites", site.key);
      return told(data.reactions_url, body, t("Adverse event recorded."));
    },

    withdrawReaction(id) {
      if (hand.readOnly) return refuse(hand.readOnly);
      return told(`${data.reactions_url}/${id}/withdrawal`, new FormData(), t("Adverse event withdrawn."));
    },
  };
}
