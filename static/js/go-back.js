// Back to the page whose form was not taken; the browser still has what was typed.
const button = document.querySelector("[data-go-back]");
if (button && history.length > 1) {
  button.hidden = false;
  button.addEventListener("click", () => history.back());
}
