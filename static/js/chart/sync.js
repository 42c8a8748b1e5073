// One save at a time, the newest wins. A change is on the tablet before it is on the wire, and it is
// "saved" only once the server has answered so. What another tablet saved is merged into what was done
// here and saved again. Nothing that was tapped is thrown away by this file.
import { alike, changes } from "./changes.js";
import { merging } from "./merging.js";

const PAUSE = 300;
const RETRIES = [1000, 2000, 4000, 8000, 15000, 30000];

/** @typedef {import("./types.js").Chart} Chart */
/** @typedef {import("./changes.js").Change} Change */
/** @typedef {import("./merge.js").Conflict & {by: string, at: string}} Conflict  who saved theirs, and when */

/**
 * @typedef {object} State  what the page says about saving
 * @property {"saved" | "saving" | "offline" | "conflict"} is
 * @property {"network" | "signed-out" | "refused" | "trouble" | "signed" | "discarded" | "moved" | "kept"} [because]
 * @property {string} [said]  the server's own sentence
 * @property {number} [changes]  how many are not on the server
 * @property {boolean} [kept]  whether these lie on the tablet
 * @property {number} [sent]  how many went after a time offline
 * @property {string} [at]
 */

/**
 * @param {object} with_
 * @param {(body: object) => Promise<{status: number, data: any}>} with_.put  rejects without an answer
 * @param {{keep: (record: object, changes: number) => Promise<void>, clear: () => Promise<void>} | null} with_.vault
 * @param {{chart: Chart, revision: number, saved_at: string, saved_by: string, signed?: boolean, patient?: string}} with_.server
 *   what the page was opened with, and for whom
 * @param {any} with_.left  what lay in the vault, or null
 * @param {() => string} with_.uuid
 * @param {(work: () => void, ms: number) => any} [with_.later]
 * @param {(timer: any) => void} [with_.never]
 * @param {object} with_.on
 * @param {(state: State) => void} with_.on.state
 * @param {(answer: any) => void} with_.on.figures
 * @param {(chart: Chart, met: {by: string, changes: Change[], renamed: Map<string, string>, said?: string}) => void} with_.on.newer
 *   show this chart instead: somebody else changed it
 * @param {(errors: {path: string, message: string}[], chart: Chart) => void} with_.on.refused
 */
export function createSync({ put, vault, server, left, uuid, on, later = setTimeout, never = clearTimeout }) {
  let base = { chart: left?.base ?? server.chart, revision: left?.revision ?? server.revision };
  let mine = left?.mine ?? server.chart;
  /** The body whose answer is not known yet. @type {{save: string, revision: number, chart: Chart} | null} */
  let sent = left?.sent ?? null;
  if (sent && alike(mine, sent.chart)) mine = sent.chart;
  if (alike(base.chart, mine)) base.chart = mine;
  /** What only a person can decide. @type {Conflict[]} */
  let conflicts = left?.conflicts ?? [];
  /** What was done here and is not in the chart: too late, or while it was another's. @type {Change[]} */
  let aside = left?.aside ?? [];
  if (left?.patient && server.patient && left.patient !== server.patient) holdBack();
  let state = { is: "saved", at: server.saved_at };
  /** Why nothing more goes from this page. @type {"signed" | "discarded" | "moved" | null} */
  let ended = server.signed ? "signed" : null;
  let busy = false;
  let tries = 0;
  /** How many changes waited for the network, until it is said that they went. */
  let waited = 0;
  let timer = null;
  let waiting = [];

  const stillOpen = (open, chart) => (open.length ? merging().standing(open, chart) : open);

  /** What lies here was done while the session was another patient's: a person says if it belongs. */
  function holdBack() {
    const found = merging().merge(base.chart, mine, server.chart);
    const own = found.conflicts.reduce((chart, conflict) => merging().keep(conflict, "mine")(chart), found.chart);
    aside = [...aside, ...changes(server.chart, own)];
    [conflicts, sent, mine] = [[], null, server.chart];
    base = { chart: server.chart, revision: server.revision };
  }

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
      if (state.is === "offline" && (state.kept !== keptHere() || state.changes !== unsent())) stuck(state.because, state.said);
    })();
    return keeping;
  }

  async function write() {
    const nothing = !sent && aside.length === 0 && conflicts.length === 0 && mine === base.chart;
    if (!vault) return nothing;
    try {
      await (nothing ? vault.clear() : vault.keep({ revision: base.revision, base: base.chart, mine, sent, aside, conflicts, patient: server.patient }, unsent() + aside.length || 1));
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

  // What is being written is not there yet.
  const keptHere = () => kept && vault !== null && keeping === null;

  const stuck = (because, said) =>
    say({ is: "offline", because, said, changes: unsent(), kept: keptHere() });

  /** Say how things stand when nothing is under way. */
  function settle() {
    const more = waited ? { sent: waited } : {};
    waited = 0;
    if (ended) say({ is: "conflict", because: ended, changes: aside.length });
    else if (aside.length) say({ is: "conflict", because: "kept", changes: aside.length });
    else if (conflicts.length) say({ is: "conflict", changes: conflicts.length });
    else say({ is: "saved", at: base.at ?? server.saved_at, ...more });
  }

  // ── on the wire ──

  const soon = (ms) => {
    never(timer);
    timer = later(send, ms);
  };

  async function send() {
    never(timer);
    if (busy || ended) return;
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
    if (tries) waited = changes(base.chart, mine).length;
    tries = 0;
    if (isElsewhere(data)) gone(status === 200 ? body.chart : null, data);
    else if (status === 200) taken(body, data);
    else if (status === 409) overtaken(body, data);
    else if (status === 401) stuck("signed-out", data.error);
    else if (status === 422) {
      on.refused(data.errors ?? [], body.chart);
      stuck("refused", data.error);
    } else stuck("trouble", data.error);
  }

  function taken(body, data) {
    on.figures(data);
    // A body that was taken before answers with the chart as it stands: somebody may have gone on.
    if (data.chart && !alike(data.chart, body.chart)) return meet(body.chart, data);
    moveOn(body.chart, data);
  }

  function overtaken(body, data) {
    on.figures(data);
    // Our own save, whose answer was lost.
    if (alike(data.chart, body.chart) && !data.signed && !data.discarded) moveOn(body.chart, data);
    else meet(base.chart, data);
  }

  const isElsewhere = (data) => Boolean(data.patient) && data.patient !== server.patient;

  /**
   * The session is another patient's now. This page shows the wrong one, so nothing more goes from it;
   * what was done here stays on the tablet for whoever opens the session again and sees whose it is.
   */
  function gone(taken, data) {
    ended = "moved";
    if (taken) base = { chart: taken, revision: data.revision, at: data.saved_at };
    keep();
    say({ is: "conflict", because: ended, said: data.error, changes: unsent() });
  }

  function moveOn(chart, data) {
    base = { chart, revision: data.revision, at: data.saved_at };
    keep();
    goOn();
  }

  /** Send what is still to be sent, else say how things stand. */
  function goOn() {
    if (mine === base.chart || ended) return settle();
    if (state.is !== "saving") say({ is: "saving" });
    soon(0);
  }

  /** Make one chart of what was done here since `from` and what the server holds now. */
  function meet(from, data) {
    const theirs = data.chart;
    const found = merging().merge(from, mine, theirs);
    const { renamed } = found;
    const before = merging().rename(mine, renamed);
    const told = found.conflicts.map((conflict) => ({ ...conflict, by: data.saved_by, at: data.saved_at }));
    const known = new Set(told.map(({ id }) => id));
    const older = conflicts.map((conflict) => ({ ...conflict, id: renamed.get(conflict.id) ?? conflict.id }));
    conflicts = [...older.filter(({ id }) => !known.has(id)), ...told];
    ended = data.signed ? "signed" : data.discarded ? "discarded" : null;
    base = { chart: theirs, revision: data.revision, at: data.saved_at };
    if (ended) {
      const own = conflicts.reduce((chart, conflict) => merging().keep(conflict, "mine")(chart), found.chart);
      aside = [...aside, ...changes(theirs, own)];
      conflicts = [];
      mine = theirs;
    } else {
      mine = alike(found.chart, theirs) ? theirs : found.chart;
      conflicts = stillOpen(conflicts, mine);
    }
    keep();
    on.newer(mine, { by: data.saved_by, changes: changes(before, mine), renamed, said: data.error });
    goOn();
  }

  return {
    get state() {
      return state;
    },
    get conflicts() {
      return conflicts;
    },
    get aside() {
      return aside;
    },
    /** The newest revision known here. */
    get revision() {
      return base.revision;
    },
    /** Whether the chart is signed, discarded, or another patient's. */
    get ended() {
      return ended !== null;
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
      keep();
      if (!ended && (sent || server.revision === base.revision)) {
        if (sent || !alike(mine, base.chart)) send();
        else settle();
      } else meet(base.chart, server);
    },

    /** The chart changed: keep it now, send it in a moment. */
    change(chart) {
      if (chart === mine || ended === "moved") return;
      mine = chart;
      conflicts = stillOpen(conflicts, chart);
      keep();
      if (ended) return;
      // Offline it is said once it lies on the tablet.
      if (state.is !== "offline") say({ is: "saving" });
      if (!busy && (state.is !== "offline" || state.because !== "network" || tries === 0)) soon(PAUSE);
    },

    /** Send at once what waits, for instance back online or signed in again. */
    retry() {
      if (!busy && (sent || mine !== base.chart)) send();
    },

    /** Send what waits; answers whether all of it is on the server and nothing is left to decide. */
    flush() {
      if (ended) return Promise.resolve(false);
      if (!busy && !sent && alike(mine, base.chart)) return Promise.resolve(conflicts.length + aside.length === 0);
      return new Promise((done) => {
        waiting.push(done);
        if (!busy) send();
      });
    },

    /** What the server holds now, asked for without saving. A save under way will be told itself. */
    see(data) {
      const final = data.signed || data.discarded || isElsewhere(data);
      if (busy || sent || ended || (data.revision <= base.revision && !final)) return;
      if (isElsewhere(data)) return gone(null, data);
      on.figures(data);
      meet(base.chart, data);
    },

    /** The server could not be reached, or be asked, without anything to save. */
    lost(because, said) {
      if (!busy && !sent && !ended && state.is !== "offline") stuck(because, said);
    },

    /** It answers again: what waits goes at once. */
    found() {
      if (busy || ended || state.is !== "offline") return;
      if (state.because !== "network" && state.because !== "signed-out") return;
      if (!sent && mine === base.chart) return settle();
      waited = unsent();
      send();
    },

    /** A person decided a conflict, or left out a change that came too late. */
    decided(id) {
      conflicts = conflicts.filter((conflict) => conflict.id !== id);
      aside = aside.filter((change) => change.id !== id);
      keep();
      if (!busy && mine === base.chart && state.is !== "offline") settle();
    },

    /** A decision was taken back. */
    reopen(conflict) {
      conflicts = stillOpen([...conflicts.filter(({ id }) => id !== conflict.id), conflict], mine);
      keep();
      if (!busy && mine === base.chart && state.is !== "offline") settle();
    },
  };
}
