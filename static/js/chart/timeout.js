// The chip beside the patient's name: how far the time-out has come, as the server counts it.

const PICTURES = { ok: "check", warn: "warn", line: "clock" };

/** Show what the server's last answer says of the time-out. */
export function showTimeOut(link, progress) {
  // A page that was locked meanwhile is bare.
  if (!progress || !link) return;
  const { answered, asked, says } = progress;
  const kind = answered === asked ? "ok" : answered ? "warn" : "line";
  const chip = link.querySelector(".chip");
  chip.className = `chip chip--${kind}`;
  link.dataset.answered = String(answered);
  link.dataset.asked = String(asked);
  const use = chip.querySelector("use");
  use.setAttribute("href", use.getAttribute("href").replace(/#i-\w+$/, `#i-${PICTURES[kind]}`));
  chip.querySelector("span").textContent = says;
}
