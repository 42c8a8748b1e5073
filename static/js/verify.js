// A PDF dropped on the page, or chosen, is checked at once.

const form = document.querySelector("[data-drop]");
const field = form.querySelector("input[type=file]");
const name = form.querySelector("[data-file-name]");

form.querySelector("[data-check]").hidden = true;
document.querySelector("[data-verdict]")?.focus();

field.addEventListener("change", () => {
  if (!field.files.length) return;
  name.textContent = field.files[0].name;
  form.requestSubmit();
});

for (const kind of ["dragenter", "dragover"]) {
  form.addEventListener(kind, (event) => {
    event.preventDefault();
    form.dataset.over = "yes";
  });
}
for (const kind of ["dragleave", "drop"]) {
  form.addEventListener(kind, () => delete form.dataset.over);
}
form.addEventListener("drop", (event) => {
  event.preventDefault();
  if (!event.dataTransfer.files.length) return;
  field.files = event.dataTransfer.files;
  field.dispatchEvent(new Event("change"));
});
