// A page for nobody in particular: the server knows that this tablet is locked, or never was open.
try {
  localStorage.removeItem("stipple.on");
} catch {
  // A browser that keeps nothing has nothing to forget.
}
delete document.documentElement.dataset.veiled;
