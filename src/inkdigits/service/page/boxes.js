// Boxes around the digits, laid over the pad or the picture. They are for eyes and fingers: to screen
// readers and keyboards the cards say and do the same.

import { sign } from "./digit.js";

const LEGIBLE = 18; // CSS pixels: over narrower digits, labels would hide each other
const ROOM = 26; // CSS pixels that a label takes above its box

export class Boxes {
  #layer;
  #boxes = [];

  // `choose` is called with a box's number when it is tapped.
  constructor(layer, choose) {
    this.#layer = layer;
    layer.addEventListener("click", (event) => {
      const index = this.#boxes.indexOf(event.target.closest(".box"));
      if (index >= 0) choose(index);
    });
  }

  // Show boxes of digits of a picture of this size, which fills the layer.
  show(digits, width, height, saidOf) {
    const scale = this.#layer.clientWidth / width;
    const widths = digits.map((digit) => digit.box[2] * scale).sort((a, b) => a - b);
    this.#layer.classList.toggle("crowded", widths[widths.length >> 1] < LEGIBLE);
    this.#boxes = digits.map((digit) => {
      const [x, y, w, h] = digit.box;
      const said = saidOf(digit);
      const box = document.createElement("div");
      box.className = "box";
      box.dataset.sign = sign(digit, said);
      box.classList.toggle("doubtful", !digit.trusted && said === undefined);
      box.classList.toggle("low", y * scale < ROOM);
      box.style.left = `${(100 * x) / width}%`;
      box.style.top = `${(100 * y) / height}%`;
      box.style.width = `${(100 * w) / width}%`;
      box.style.height = `${(100 * h) / height}%`;
      return box;
    });
    this.#layer.replaceChildren(...this.#boxes);
  }

  // Point out one box, or none.
  point(index) {
    this.#boxes.forEach((box, place) => box.classList.toggle("pointed", place === index));
  }
}
