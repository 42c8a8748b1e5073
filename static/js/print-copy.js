// The printer's picture of a row asks why, then prints, or downloads the signed file. Without this
// script it is a plain link to the page that does both.

const dialog = document.querySelector("#print-copy");

if (dialog) {
  for (const link of document.querySelectorAll("[data-prints]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      for (const form of dialog.querySelectorAll("[data-print-form]")) form.action = link.dataset.prints;
      dialog.querySelector("[data-download-link]").href = link.dataset.downloads;
      dialog.querySelector("[data-prints-what]").textContent = link.dataset.printsName;
      dialog.showModal();
    });
  }
  dialog.querySelector("[data-download-link]").addEventListener("click", () => dialog.close());
  dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  const filters = document.querySelector("[data-filters]");
  const PRINTED_AFTER_MS = 1500;
  for (const form of dialog.querySelectorAll("[data-print-form]")) {
    form.addEventListener("submit", () => {
      // After the browser has taken what the form says.
      setTimeout(() => {
        dialog.close();
        form.reset();
      });
      // The copy opens beside this page; the list behind it counts it, with the same filters.
      setTimeout(() => filters.requestSubmit(), PRINTED_AFTER_MS);
    });
  }
}
