// Pointer events → taps, pinches and turns of the wheel, in pixels of the pane.

// A tap is a distance and a time: a finger that rests a while may move less than one that flicks.
const STILL = 4;
const CLOSE = 12;
const QUICK = 500;

/**
 * @param {Element} pane
 * @param {object} on
 * @param {(point: number[]) => void} on.tap
 * @param {(factor: number, about: number[], by: number[]) => void} on.pinch  also a two-finger pan
 */
export function listen(pane, on) {
  /** @type {Map<number, {start: number[], now: number[], at: number}>} */
  const fingers = new Map();
  let pinched = false;

  const place = (event) => {
    const box = pane.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const spread = () => {
    const [a, b] = [...fingers.values()].map((finger) => finger.now);
    return { far: Math.hypot(a[0] - b[0], a[1] - b[1]), middle: [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2] };
  };

  pane.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "mouse" && event.button !== 0) return;
    if (fingers.size === 0) pinched = false;
    const point = place(event);
    fingers.set(event.pointerId, { start: point, now: point, at: event.timeStamp });
    if (fingers.size > 1) pinched = true;
    pane.setPointerCapture(event.pointerId);
  });

  pane.addEventListener("pointermove", (event) => {
    const finger = fingers.get(event.pointerId);
    if (!finger) return;
    if (fingers.size !== 2) {
      finger.now = place(event);
      return;
    }
    const before = spread();
    finger.now = place(event);
    const after = spread();
    const by = [after.middle[0] - before.middle[0], after.middle[1] - before.middle[1]];
    on.pinch(after.far / (before.far || 1), after.middle, by);
  });

  pane.addEventListener("pointerup", (event) => {
    const finger = fingers.get(event.pointerId);
    fingers.delete(event.pointerId);
    if (!finger || pinched) return;
    const [x, y] = place(event);
    const moved = Math.hypot(x - finger.start[0], y - finger.start[1]);
    const took = event.timeStamp - finger.at;
    if (moved < STILL || (moved < CLOSE && took < QUICK)) on.tap(finger.start);
  });

  pane.addEventListener("pointercancel", (event) => {
    fingers.delete(event.pointerId);
    pinched = true;
  });

  pane.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      on.pinch(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.002)), place(event), [0, 0]);
    },
    { passive: false },
  );
}
