// Pointer events → taps, drags, pans, pinches and turns of the wheel, in pixels of the pane.

// A tap is a distance and a time: a finger that rests a while may move less than one that flicks.
// A drag is further than any tap, so that no tremble begins one.
const STILL = 4;
const CLOSE = 12;
const QUICK = 500;
// So long a finger rests on a site that means it among others.
const HELD = 600;

/**
 * @param {Element} pane
 * @param {object} on
 * @param {(point: number[], at: number) => void} on.tap  where and when the finger came down
 * @param {(point: number[]) => "drag" | "draw" | "pan"} on.grab  what a finger does that is drawn on
 *   from there: it takes along what lies there, leaves a line, or moves the picture
 * @param {(point: number[]) => void} on.hold  it rests where something could be dragged
 * @param {(point: number[]) => void} on.draw  a further point of the line
 * @param {(whole: boolean) => void} on.drawn  the line ends here, or was broken off
 * @param {(point: number[], by: number[]) => void} on.drag  where it is, and how far from where it began
 * @param {(by: number[] | null) => void} on.drop  let go so far from where it began; null: put it back
 * @param {(by: number[]) => void} on.pan
 * @param {(factor: number, about: number[], by: number[]) => void} on.pinch  also a two-finger pan
 */
export function listen(pane, on) {
  /** @type {Map<number, {start: number[], now: number[], at: number}>} */
  const fingers = new Map();
  // What the finger does: nothing yet, "drag", "draw", "pan", or "spent" until every finger is up.
  let does = null;
  let would = "pan";
  let holding = 0;
  // Read once a gesture: nothing beneath a finger moves, and a move must not wait for the layout.
  let corner = [0, 0];

  const place = (event) => [event.clientX - corner[0], event.clientY - corner[1]];
  const from = (a, b) => [a[0] - b[0], a[1] - b[1]];
  const spread = () => {
    const [a, b] = [...fingers.values()].map((finger) => finger.now);
    return { far: Math.hypot(a[0] - b[0], a[1] - b[1]), middle: [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2] };
  };

  /** Whatever is under way ends here, and what was lifted goes back. */
  function spend() {
    clearTimeout(holding);
    if (does === "drag") on.drop(null);
    if (does === "draw") on.drawn(false);
    does = "spent";
  }

  pane.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "mouse" && event.button !== 0) return;
    if (fingers.size === 0) {
      // Whatever was being typed elsewhere is finished.
      pane.focus({ preventScroll: true });
      const box = pane.getBoundingClientRect();
      corner = [box.left, box.top];
      does = null;
    }
    const point = place(event);
    fingers.set(event.pointerId, { start: point, now: point, at: event.timeStamp });
    if (fingers.size > 1) spend();
    else {
      would = on.grab(point);
      if (would === "drag") holding = setTimeout(hold, HELD, point);
    }
    pane.setPointerCapture(event.pointerId);
  });

  function hold(point) {
    does = "spent";
    on.hold(point);
  }

  pane.addEventListener("pointermove", (event) => {
    const finger = fingers.get(event.pointerId);
    if (!finger) return;
    const before = fingers.size === 2 ? spread() : null;
    const last = finger.now;
    finger.now = place(event);
    if (before) {
      const after = spread();
      on.pinch(after.far / (before.far || 1), after.middle, from(after.middle, before.middle));
    } else if (does === "pan") {
      on.pan(from(finger.now, last));
    } else if (does !== "spent") {
      const by = from(finger.now, finger.start);
      if (!does && Math.hypot(...by) >= CLOSE) {
        clearTimeout(holding);
        does = would;
        if (does === "draw") on.draw(finger.start);
      }
      if (does === "drag") on.drag(finger.now, by);
      if (does === "draw") on.draw(finger.now);
    }
  });

  pane.addEventListener("pointerup", (event) => {
    const finger = fingers.get(event.pointerId);
    fingers.delete(event.pointerId);
    clearTimeout(holding);
    if (!finger || does === "spent") return;
    const by = from(place(event), finger.start);
    const moved = Math.hypot(...by);
    // Brought back to where it lay, it was not moved.
    if (does === "drag") on.drop(moved < STILL ? null : by);
    else if (does === "draw") on.drawn(true);
    else if (!does && (moved < STILL || (moved < CLOSE && event.timeStamp - finger.at < QUICK))) on.tap(finger.start, finger.at);
    does = "spent";
  });

  pane.addEventListener("pointercancel", (event) => {
    fingers.delete(event.pointerId);
    spend();
  });

  // A tap draws buttons, perhaps under this very finger: the click that browsers send after a touch
  // would press one of them.
  pane.addEventListener("touchstart", (event) => event.cancelable && event.preventDefault(), { passive: false });

  pane.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      if (fingers.size) return;
      const box = pane.getBoundingClientRect();
      const about = [event.clientX - box.left, event.clientY - box.top];
      on.pinch(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.002)), about, [0, 0]);
    },
    { passive: false },
  );

  return { spend };
}
