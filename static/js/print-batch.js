// Ticks in the list of notes: how many, how many pages, all at once. Without this script the bar is
// always there and prints what is ticked.

const form = document.querySelector("[data-batch]");
const bar = form?.querySelector("[data-bar]");

if (bar) {
  const boxes = [...form.querySelectorAll("input[name=note]")];
  const all = form.querySelector("[data-tick-all]");
  const said = (node, count) => {
    node.textContent = (count === 1 && node.dataset.one) || node.dataset.many.replace("{n}", count);
  };

  const show = () => {
    const ticked = boxes.filter((box) => box.checked);
    for (const box of boxes) {
      if (box.checked) box.closest("tr").setAttribute("aria-selected", "true");
      else box.closest("tr").removeAttribute("aria-selected");
    }
    const field = all.querySelector("input");
    field.checked = ticked.length === boxes.length;
    field.indeterminate = ticked.length > 0 && !field.checked;
    bar.toggleAttribute("data-open", ticked.length > 0);
    said(bar.querySelector("[data-ticked]"), ticked.length);
    said(bar.querySelector("[data-sheets]"), ticked.reduce((sum, box) => sum + Number(box.dataset.pages), 0));
    said(bar.querySelector("[data-print-words]"), ticked.length);
  };

  all.hidden = false;
  all.addEventListener("change", (event) => {
    for (const box of boxes) box.checked = event.target.checked;
    show();
  });
  form.addEventListener("change", show);
  // After the browser has put the boxes back.
  form.addEventListener("reset", () => setTimeout(show));
  window.addEventListener("pageshow", show);
  show();

  const PRINTED_AFTER_MS = 1500;
  form.addEventListener("submit", () => {
    // The file opens beside this page; the list behind it counts it, with the same filters.
    setTimeout(() => document.querySelector("[data-filters]").requestSubmit(), PRINTED_AFTER_MS);
  });
}
