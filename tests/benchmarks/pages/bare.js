// The least page that can do it: the drawing, its sites, a row for each, one listener.
const shape = (name, attributes) => {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
};
const layer = document.querySelector(".sites-layer");
const mark = ([x, y]) => {
  const node = shape("g", { class: "site", transform: `translate(${x} ${y})` });
  const label = shape("text", { dy: 2 });
  label.textContent = "5";
  node.append(shape("circle", { r: 4, class: "site__dot" }), label);
  layer.append(node);
};
// A finger that moves draws all sites with it, in one transform.
let from = null;
glass.addEventListener("pointerdown", (event) => {
  from = toMap(event);
});
glass.addEventListener("pointermove", (event) => {
  const [x, y] = toMap(event);
  if (from) layer.setAttribute("transform", `translate(${x - from[0]} ${y - from[1]})`);
});
glass.addEventListener("pointerup", (event) => {
  const [x, y] = toMap(event);
  if (Math.hypot(x - from[0], y - from[1]) < 4) add([x, y]);
  from = null;
});
