// Sets a picture's focal point by a click. Without this script, its two number fields do.
const RATIO = 16 / 9;

for (const figure of document.querySelectorAll("[data-focal]")) {
  const stage = figure.querySelector(".stage");
  const image = stage.querySelector("img");
  const fields = [document.getElementById("id_focal_x"), document.getElementById("id_focal_y")];
  if (fields.includes(null)) continue; // this user may view the picture, not change it

  const cut = document.createElement("span");
  const point = document.createElement("span");
  cut.className = "cut";
  point.className = "point";
  stage.append(cut, point);
  stage.classList.add("pick");
  figure.querySelector("[data-focal-click]").hidden = false;

  // Shows the part that pictures/encoding.py would cut out. Lengths are fractions of the picture.
  const update = () => {
    const [x, y] = fields.map((field) => Math.min(100, Math.max(0, Number(field.value))) / 100);
    const ratio = image.width / image.height;
    const width = Math.min(1, RATIO / ratio);
    const height = Math.min(1, ratio / RATIO);
    const start = (focus, length) => Math.min(Math.max(focus - length / 2, 0), 1 - length);
    cut.style.inset = `${100 * start(y, height)}% auto auto ${100 * start(x, width)}%`;
    cut.style.width = `${100 * width}%`;
    cut.style.height = `${100 * height}%`;
    point.style.inset = `${100 * y}% auto auto ${100 * x}%`;
  };

  stage.addEventListener("click", (event) => {
    const box = stage.getBoundingClientRect();
    fields[0].value = Math.round((100 * (event.clientX - box.left)) / box.width);
    fields[1].value = Math.round((100 * (event.clientY - box.top)) / box.height);
    update();
  });
  for (const field of fields) field.addEventListener("input", update);
  update();
}
