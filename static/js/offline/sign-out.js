// Signing out empties this tablet of what its person kept there, so it asks first while something of
// that has not reached the server. The tablet is emptied before the server is told.
import { forget, unsent } from "../chart/vault.js";
import { dropOpened } from "./opened.js";

/** Ask, where it would lose something; answers whether to go on. */
async function mayGo(count) {
  if (!count) return true;
  const dialog = document.getElementById("sign-out");
  const { one, many } = dialog.dataset;
  dialog.querySelector("h2").textContent = (count === 1 ? one : many).replace("{n}", count);
  const leave = dialog.querySelector("[value='leave']");
  leave.textContent = (count === 1 ? leave.dataset.one : leave.dataset.many).replace("{n}", count);
  dialog.returnValue = "";
  dialog.showModal();
  await new Promise((done) => dialog.addEventListener("close", done, { once: true }));
  return dialog.returnValue === "leave";
}

/** Sign this person out with the form of their page. */
export async function signOut(person, form) {
  const waiting = await unsent(person).catch(() => new Map());
  if (!(await mayGo([...waiting.values()].reduce((sum, changes) => sum + changes, 0)))) return;
  await forget(person);
  await dropOpened(person);
  window.name = "";
  form.submit();
}
