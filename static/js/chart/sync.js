// One save at a time, the newest wins. A change is on the tablet before it is on the wire, and it is
// "saved" only once the server has answered so. Nothing that was tapped is thrown away by this file.
import { again, alike, changes } from "./changes.js";

const PAUSE = 300;
const RETRIES = [1000, 2000, 4000, 8000, 15000, 30000];

/** @typedef {import("./types.js").Chart} Chart */
/** @typedef {import("./changes.js").Change} Change */

/**
 * @typedef {object} State  what the page says about saving
 * @property {"saved" | "saving" | "offline" | "conflict"} is
 * @property {"network" | "signed-out" | "refused" | "trouble" | "signed" | "moved"} [because]
 * @property {string} [said]  the server's own sentence
 * @property {number} [changes]  how many are not on the server
 * @property {boolean} [kept]  whether these lie on the tablet
 * @property {number} [sent]  how many went after a time offline
 * @property {string} [at]
 */

/**
 * @param {object} with_
 * @param {(body: object) => Promise<{status: number, data: any}>} with_.put  rejects without an answer
 * @param {{keep: (record: object) => Promise<void>, clear: () => Promise<void>} | null} with_.vault
 * @param {{chart: Chart, revision: number, saved_at: string, signed?: boolean, patient?: string}} with_.server
 *   what the page was opened with, and for whom
 * @param {any} with_.left  what lay in the vault, or null
 * @param {() => string} with_.uuid
 * @param {(work: () => void, ms: number) => any} [with_.later]
 * @param {(timer: any) => void} [with_.never]
 * @param {object} with_.on
 * @param {(state: State) => void} with_.on.state
 * @param {(answer: any) => void} with_.on.figures
 * @param {(chart: Chart, answer: any) => void} with_.on.newer  show this chart instead
 * @param {(errors: {path: string, message: string}[], chart: Chart) => void} with_.on.refused
 */
export function createSync({ put, vault, server, left, uuid, on, later = setTimeout, never = clearTimeout }) {
  let base = { chart: left?.base ?? server.chart, revision: left?.revision ?? server.revision };
  let mine = left?.mine ?? server.chart;
  /** The body whose answer is not known yet. @type {{save: string, revision: number, chart: Chart} | null} */
  let sent = left?.sent ?? null;
  if (sent && alike(mine, sent.chart)) mine = sent.chart;
  /** Own changes kept beside a newer chart until someone decides. @type {Change[]} */
  let aside = left?.aside ?? [];
  let state = { is: "saved", at: server.saved_at };
  let signed = server.signed ?? false;
  // The session is another patient's now: this page shows the wrong one, and nothing goes from it.
  let moved = false;
  let busy = false;
  let tries = 0;
  let timer = null;
  let waiting = [];

  // ── on the tablet ──

  let keeping = null;
  let dirty = false;
  let kept = true;

  /** Resolves once the newest state of things is on the tablet, or is known not to be. */
  function keep() {
    dirty = true;
    keeping ??= (async () => {
      while (dirty) {
        dirty = false;
        kept = await write();
      }
      keeping = null;
      if (state.is === "offline" && state.kept !== keptHere()) stuck(state.because, state.said);
    })();
    return keeping;
  }

  async function write() {
    const nothing = !sent && aside.length === 0 && mine === base.chart;
    if (!vault) return nothing;
    try {
      await (nothing ? vault.clear() : vault.keep({ revision: base.revision, base: base.chart, mine, sent, aside }));
      return true;
    } catch {
      return nothing;
    }
  }

  // ── what the page says ──

  function say(next) {
    state = next;
    on.state(next);
    if (next.is === "saving") return;
    for (const done of waiting.splice(0)) done(next.is === "saved");
  }

  const unsent = () => changes(base.chart, mine).length;

  const keptHere = () => kept && vault !== null;

  const stuck = (because, said) =>
    say({ is: "offline", because, said, changes: unsent(), kept: keptHere() });

  /** Say how things stand when nothing is under way. */
  function settle(more = {}) {
    const because = moved ? "moved" : signed ? "signed" : undefined;
    if (because || aside.length) say({ is: "conflict", because, changes: aside.length });
    else say({ is: "saved", at: base.at ?? server.saved_at, ...more });
  }

  // ── on the wire ──

  const soon = (ms) => {
    never(timer);
    timer = later(send, ms);
  };

  async function send() {
    never(timer);
    if (busy || signed || moved) return;
    if (!sent && alike(mine, base.chart)) {
      mine = base.chart;
      keep();
      settle();
      return;
    }
    busy = true;
    sent ??= { save: uuid(), revision: base.revision, chart: mine };
    say({ is: "saving" });
    await keep();
    let answer = null;
    try {
      answer = await put({ save: sent.save, revision: sent.revision, ...sent.chart });
    } catch {
      // No answer: the body may have arrived, so the very same one goes again.
    }
    busy = false;
    receive(answer);
  }

  function receive(answer) {
    if (answer === null || answer.status >= 500) {
      // An answer that something broke is definite, so a newer body may take this one's place.
      if (answer) sent = null;
      stuck("network", answer?.data?.error);
      soon(RETRIES[Math.min(tries, RETRIES.length - 1)]);
      tries += 1;
      return;
    }
    const { status, data } = answer;
    const body = sent;
    sent = null;
    if (data.patient && data.patient !== server.patient) gone(status === 200 ? body.chart : base.chart, data);
    else if (status === 200) taken(body, data);
    else if (status === 409) overtaken(body, data);
    else if (status === 401) stuck("signed-out", data.error);
    else if (status === 422) {
      on.refused(data.errors ?? [], body.chart);
      stuck("refused", data.error);
    } else stuck("trouble", data.error);
  }

  function taken(body, data) {
    const count = tries ? changes(base.chart, body.chart).length : 0;
    tries = 0;
    on.figures(data);
    // A body that was taken before answers with the chart as it stands: somebody may have gone on.
    if (data.chart && !alike(data.chart, body.chart)) return meet(body.chart, data);
    moveOn(body.chart, data);
    if (mine !== body.chart) soon(0);
    else settle(count ? { sent: count } : {});
  }

  function overtaken(body, data) {
    tries = 0;
    on.figures(data);
    if (data.signed) {
      signed = true;
      return meet(base.chart, { chart: base.chart, revision: base.revision, ...data });
    }
    // Our own save, whose answer was lost.
    if (alike(data.chart, body.chart)) {
      moveOn(body.chart, data);
      if (mine !== body.chart) soon(0);
      else settle();
      return;
    }
    meet(base.chart, data);
  }

  /** Keep what was done here since `from`, for whoever opens the session again and sees whose it is. */
  function gone(from, data) {
    moved = true;
    meet(from, { chart: from, ...data });
  }

  function moveOn(chart, data) {
    base = { chart, revision: data.revision, at: data.saved_at };
    keep();
  }

  /** Show the newer chart and keep beside it what was done here since `from`. */
  function meet(from, data) {
    const theirs = data.chart;
    const own = changes(from, mine).filter((change) => !alike(again(change)(theirs), theirs));
    const known = new Set(own.map((change) => change.id));
    aside = [...aside.filter((change) => !known.has(change.id)), ...own];
    base = { chart: theirs, revision: data.revision, at: data.saved_at };
    mine = theirs;
    keep();
    on.newer(theirs, data);
    settle();
  }

  return {
    get state() {
      return state;
    },
    get aside() {
      return aside;
    },
    /** Whether something is neither on the server nor on the tablet. */
    get exposed() {
      return mine !== base.chart && (!kept || keeping !== null || !vault);
    },
    /** The chart to begin with: what lay on the tablet, else the server's. */
    get chart() {
      return mine;
    },

    /** Take up what lay on the tablet; call once. */
    start() {
      if (!left) return settle();
      if (!signed && (sent || server.revision === base.revision)) {
        if (sent || !alike(mine, base.chart)) send();
        else settle();
      } else meet(base.chart, server);
    },

    /** The chart changed: keep it now, send it in a moment. */
    change(chart) {
      if (chart === mine || moved) return;
      mine = chart;
      keep();
      if (signed) return;
      if (state.is !== "offline") say({ is: "saving" });
      else stuck(state.because, state.said);
      if (!busy && (state.is !== "offline" || state.because !== "network")) soon(PAUSE);
    },

    /** Send at once what waits, for instance back online or signed in again. */
    retry() {
      if (!busy && (sent || mine !== base.chart)) send();
    },

    /** Send what waits; answers whether all of it is on the server. */
    flush() {
      if (moved) return Promise.resolve(false);
      if (!busy && !sent && alike(mine, base.chart)) return Promise.resolve(!signed && aside.length === 0);
      return new Promise((done) => {
        waiting.push(done);
        if (!busy) send();
      });
    },

    /** A change kept beside the newer chart was done again or left out. */
    decided(id) {
      aside = aside.filter((change) => change.id !== id);
      keep();
      if (!busy && mine === base.chart) settle();
    },
  };
}
