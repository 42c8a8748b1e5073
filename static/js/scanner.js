// The field that a scanner types into: a separator that the field would drop is written as a sign.
import { SEPARATOR, isSeparator } from "./keyboard-scan.js";

const field = document.querySelector("[data-scanner] input[name=code]");

field?.addEventListener("keydown", (event) => {
  if (!isSeparator(event)) return;
  event.preventDefault();
  field.setRangeText(SEPARATOR, field.selectionStart, field.selectionEnd, "end");
});
