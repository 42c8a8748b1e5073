// A page that may be had on paper as it stands: the browser's own print.
const control = document.querySelector("[data-prints-page]");

control.hidden = false;
control.addEventListener("click", () => window.print());
