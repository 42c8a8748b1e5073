const canvas = SVG().addTo(glass).size(580, 820).viewbox(0, 0, 240, 345);
for (const { d, fill, stroke, width } of paths()) canvas.path(d).fill(fill).stroke({ color: stroke, width });
const layer = canvas.group().addClass("sites-layer");
const mark = ([x, y]) => {
  const group = layer.group().addClass("site");
  group.circle(8).center(0, 0).addClass("site__dot");
  group.plain("5").attr({ dy: 2, fill: "#fff" });
  group.transform({ translate: [x, y] });
};
glass.addEventListener("pointerup", (event) => add(toMap(event)));
