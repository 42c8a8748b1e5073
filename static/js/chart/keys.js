// The keys of the whole page; the list and the picture have their own.

/** @param {Document} page */
export function listenForKeys(page, act, tabs) {
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
    if (command || event.altKey || typing) return;
    if (event.key === "?") act.showKeys();
    else if (event.key === "/") {
      event.preventDefault();
      act.quickLine();
    }
    else if (/^[1-9]$/.test(event.key)) {
      const tab = tabs()[Number(event.key) - 1];
      if (tab) act.openView(tab.ref);
    }
  });
}
