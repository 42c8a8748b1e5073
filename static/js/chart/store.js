// The chart now, its past and its future. A chart is frozen: an edit answers another one.

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

    /** One step that undo takes back; `said` is the sentence for it. Answers whether anything changed. */
    perform(edit, said = "") {
      const next = edit(chart);
      if (next === chart) return false;
      past = [...past, { chart, said }];
      future = [];
      show(next);
      return true;
    },

    /** Take the last step back; answers its sentence, or null when there is none. */
    undo() {
      const step = past.at(-1);
      if (!step) return null;
      past = past.slice(0, -1);
      future = [...future, { chart, said: step.said }];
      show(step.chart);
      return step.said;
    },

    redo() {
      const step = future.at(-1);
      if (!step) return null;
      future = future.slice(0, -1);
      past = [...past, { chart, said: step.said }];
      show(step.chart);
      return step.said;
    },

    /** Show a chart from elsewhere: what was done before it cannot be undone onto it. */
    replace(other) {
      past = [];
      future = [];
      show(other);
    },

    subscribe(listener) {
      listeners.add(listener);
    },
  };
}
