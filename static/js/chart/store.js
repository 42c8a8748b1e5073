// The chart now, what was done here to it, and what of that was taken back. A chart is frozen: an edit
// answers another one. Steps are taken back from the chart as it is now, so that what another tablet
// did meanwhile stays.
import { merging } from "./merging.js";

/** @template T @param {T} value @returns {T} */
export function freeze(value) {
  if (value && typeof value === "object" && !Object.isFrozen(value)) {
    Object.values(value).forEach(freeze);
    Object.freeze(value);
  }
  return value;
}

/** @param {import("./types.js").Chart} start */
export function createStore(start) {
  let chart = freeze(start);
  let past = [];
  let future = [];
  const listeners = new Set();

  const show = (next) => {
    chart = freeze(next);
    for (const listener of listeners) listener(chart);
  };

  /** Go from one side of a step to its other; answers how much stayed because somebody changed it since. */
  function go(from, to) {
    const { chart: next, stayed } = chart === from ? { chart: to, stayed: 0 } : merging().withdrawn(from, to, chart);
    show(next);
    return stayed;
  }

  return {
    get chart() {
      return chart;
    },
    get canUndo() {
      return past.length > 0;
    },
    get canRedo() {
      return future.length > 0;
    },

    /**
     * One step that undo takes back; `said` is the sentence for it, `more` what else it settled.
     * Answers whether anything changed.
     */
    perform(edit, said = "", more = null) {
      const next = edit(chart);
      if (next === chart && !more) return false;
      past = [...past, { before: chart, after: next, said, more }];
      future = [];
      show(next);
      return true;
    },

    /** Take the last step back; answers it and how much of it `stayed`, or null when there is none. */
    undo() {
      const step = past.at(-1);
      if (!step) return null;
      past = past.slice(0, -1);
      future = [...future, step];
      return { ...step, stayed: go(step.after, step.before) };
    },

    redo() {
      const step = future.at(-1);
      if (!step) return null;
      future = future.slice(0, -1);
      past = [...past, step];
      return { ...step, stayed: go(step.before, step.after) };
    },

    /**
     * Show this chart, made of this tablet's and another's. What was done here can still be undone.
     * @param {import("./types.js").Chart} other
     * @param {Map<string, string>} renamed  sites that have another key from now on
     */
    take(other, renamed) {
      const same = (step) => ({ ...step, before: merging().rename(step.before, renamed), after: merging().rename(step.after, renamed) });
      past = past.map(same);
      future = future.map(same);
      show(other);
    },

    subscribe(listener) {
      listeners.add(listener);
    },
  };
}
