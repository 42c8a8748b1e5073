// The door and this tablet's own store: emptied for who has signed out, given a new key after a
// sign-in. What others keep here stays theirs.
import { forget, unavailable } from "./chart/vault.js";
import { dropOpened } from "./offline/opened.js";

const left = document.querySelector("[data-left]")?.dataset.left;

// Only a sign-out empties it: a session that merely ended may have left a chart unsent.
if (left) {
  await forget(left);
  if (!unavailable()) await dropOpened(left);
  window.name = "";
}

// The page that follows makes the key. A refused sign-in comes back here and takes the word back.
sessionStorage.removeItem("stipple.signing-in");
if (!unavailable()) {
  document
    .querySelector("[data-signs-in]")
    ?.addEventListener("submit", () => sessionStorage.setItem("stipple.signing-in", "yes"));
}
