// Theme and hand of this tablet, set before anything is painted. A classic script: a module
// would run after the first paint and flash the other theme.
(() => {
  try {
    const theme = localStorage.getItem("stipple.theme");
    const hand = localStorage.getItem("stipple.hand");
    if (theme === "light" || theme === "dark") {
      document.documentElement.dataset.theme = theme;
      // The bar of the tablet itself goes with it.
      for (const bar of document.querySelectorAll("meta[name=theme-color]")) {
        bar.media = bar.media.includes(theme) ? "all" : "not all";
      }
    }
    if (hand === "left") document.documentElement.dataset.hand = hand;
    // Locked, and the server may not know it yet: nothing shows before lock.js has looked.
    if (localStorage.getItem("stipple.on") === "locked") document.documentElement.dataset.veiled = "";
  } catch {
    // A browser that keeps nothing shows its own theme.
  }
})();
