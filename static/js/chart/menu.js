// What the menu does with the page itself: how it looks, its keys, its lock, its end.
import { lock } from "../lock.js";

/** @param {import("./acts.js").Desk} desk */
export function menuActs({ hand, show }) {
  const page = document.documentElement.dataset;
  const dialog = (id) => document.getElementById(id).showModal();

  function look(name, value) {
    if (value) page[name] = value;
    else delete page[name];
    remember(name, value);
    show();
  }

  return {
    theme(name) {
      hand.theme = name;
      look("theme", name);
    },
    leftHanded(left) {
      hand.left = left;
      look("hand", left ? "left" : "");
    },
    showKeys: () => dialog("keys"),
    lock: () => lock("hand"),
    askDiscard: () => dialog("discard"),
  };
}

function remember(name, value) {
  try {
    if (value) localStorage.setItem(`stipple.${name}`, value);
    else localStorage.removeItem(`stipple.${name}`);
  } catch {
    // A browser that keeps nothing follows the tablet next time.
  }
}
