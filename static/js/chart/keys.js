// The keys of the whole page; the list and the picture have their own.

/** @param {Document} page */
export function listenForKeys(page, act, scene) {
  page.addEventListener("keydown", (event) => {
    const command = event.ctrlKey || event.metaKey;
    const typing = event.target.closest("input, select, textarea, dialog");
    if (command && !event.altKey && event.key.toLowerCase() === "z" && !typing) {
      event.preventDefault();
      if (event.shiftKey) act.redo();
      else act.undo();
      return;
    }
    if (event.key === "Escape") return act.escape();
    if (event.target.closest("#picture") && obeys(event, command)) return event.preventDefault();
    if (command || event.altKey || typing) return;
    if (event.key === "?") act.showKeys();
    else if (event.key === "/") {
      event.preventDefault();
      act.quickLine();
    }
    else if (/^[1-9]$/.test(event.key)) {
      const tab = scene().tabs[Number(event.key) - 1];
      if (tab) act.openView(tab.ref);
    }
  });

  /** What is done to several sites while the picture has the keyboard. */
  function obeys(event, command) {
    const { hand, chosen } = scene();
    const by = event.altKey && { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (command && event.key.toLowerCase() === "a") act.chooseAll(hand.view);
    else if (command) return false;
    else if (event.key.toLowerCase() === "m") act.mirror();
    else if (!chosen.length) return false;
    else if (by) act.nudgeChosen(by);
    else if (event.key === "Delete" || event.key === "Backspace") act.removeChosen();
    else return false;
    return true;
  }
}
