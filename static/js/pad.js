// A signature drawn with finger, pen or mouse. Its points are those of the picture's own box, so
// turning the tablet changes nothing that was drawn.

const NEAR = 3; // Points closer than this, in units of the box, add nothing to a line.

const path = (strokes) => strokes.map(([start, ...rest]) => `M${start.join(" ")}` + (rest.length ? rest : [start]).map((point) => `L${point.join(" ")}`).join("")).join(" ");

export function startPad(pad) {
  const [paper, sent] = [pad.querySelector("svg"), pad.querySelector("input")];
  const most = Number(pad.dataset.most);
  let strokes = JSON.parse(sent.value || "[]");
  let pointer = null;
  pad.hidden = false;

  const show = () => {
    sent.value = strokes.length ? JSON.stringify(strokes) : "";
    paper.querySelector("path").setAttribute("d", path(strokes));
    pad.querySelector("[data-clear]").disabled = !strokes.length;
    pad.querySelector("[role=status]").textContent = strokes.length ? pad.dataset.drawn : pad.dataset.empty;
  };

  const add = (event) => {
    const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(paper.getScreenCTM().inverse());
    const { width, height } = paper.viewBox.baseVal;
    const point = [Math.min(Math.max(x, 0), width), Math.min(Math.max(y, 0), height)].map((number) => String(Math.round(number * 10) / 10));
    const stroke = strokes.at(-1);
    const last = stroke.at(-1);
    if (strokes.flat().length >= most || (last && Math.hypot(point[0] - last[0], point[1] - last[1]) < NEAR)) return;
    stroke.push(point);
  };

  paper.addEventListener("pointerdown", (event) => {
    if (pointer !== null || event.button || strokes.flat().length >= most) return;
    pointer = event.pointerId;
    paper.setPointerCapture(pointer);
    strokes.push([]);
    add(event);
    show();
  });
  // A tap that follows at once would be swallowed as the second half of a gesture.
  paper.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
  paper.addEventListener("pointermove", (event) => {
    if (event.pointerId !== pointer) return;
    (event.getCoalescedEvents?.() ?? [event]).forEach(add);
    show();
  });
  for (const over of ["pointerup", "pointercancel"]) paper.addEventListener(over, (event) => { if (event.pointerId === pointer) pointer = null; });
  pad.querySelector("[data-clear]").addEventListener("click", () => {
    strokes = [];
    show();
  });
  pad.querySelector("[data-kept]")?.addEventListener("click", (event) => {
    strokes = JSON.parse(event.currentTarget.dataset.kept);
    show();
  });
  show();
}

for (const pad of document.querySelectorAll("[data-pad]")) startPad(pad);
