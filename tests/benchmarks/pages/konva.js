const scale = 580 / 240;
const stage = new Konva.Stage({ container: "glass", width: 580, height: 820, scaleX: scale, scaleY: scale });
const art = new Konva.Layer({ listening: false });
stage.add(art);
for (const { d, fill, stroke, width } of paths()) {
  art.add(new Konva.Path({ data: d, fill: fill === "none" ? null : fill, stroke: stroke === "none" ? null : stroke, strokeWidth: width }));
}
const layer = new Konva.Layer();
stage.add(layer);
let drawn = 0;
window.many = () => drawn;
const mark = ([x, y]) => {
  const group = new Konva.Group({ x, y });
  group.add(new Konva.Circle({ radius: 4, fill: "#16181d" }), new Konva.Text({ text: "5", fontSize: 5, fill: "#fff", x: -4, y: -2.5, width: 8, align: "center" }));
  layer.add(group);
  drawn += 1;
};
glass.addEventListener("pointerup", (event) => {
  add(toMap(event));
  layer.draw();
});
