const sheet = document.createElement("canvas");
glass.append(sheet);
const canvas = new fabric.Canvas(sheet, { width: 580, height: 820, enablePointerEvents: true, renderOnAddRemove: false, selection: false });
canvas.setZoom(580 / 240);
for (const { d, fill, stroke, width } of paths()) {
  canvas.add(new fabric.Path(d, { fill: fill === "none" ? null : fill, stroke: stroke === "none" ? null : stroke, strokeWidth: width, selectable: false, evented: false }));
}
let drawn = 0;
window.many = () => drawn;
const centred = { originX: "center", originY: "center", left: 0, top: 0 };
const mark = ([x, y]) => {
  const dot = new fabric.Circle({ ...centred, radius: 4, fill: "#16181d" });
  const label = new fabric.FabricText("5", { ...centred, fontSize: 5, fill: "#fff" });
  canvas.add(new fabric.Group([dot, label], { ...centred, left: x, top: y }));
  drawn += 1;
};
canvas.renderAll();
glass.addEventListener("pointerup", (event) => {
  add(toMap(event));
  canvas.renderAll();
}, true);
