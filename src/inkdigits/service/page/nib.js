// Drawing by keyboard: arrow keys move a nib over the pad, Space puts it down and lifts it.

import { HEIGHT, WIDTH } from "./strokes.js";

const STEP = 25; // units of the pad
const SMALL_STEP = 5;
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export function drawByKeys(canvas, nib, pad, say) {
  let [x, y] = [WIDTH / 2, HEIGHT / 4];
  let stroke = null;

  // It may have been undone, or a pointer may have taken over.
  const isDown = () => stroke !== null && pad.stroke === stroke;

  const show = () => {
    nib.hidden = false;
    nib.classList.toggle("down", isDown());
    nib.style.left = `${(100 * x) / WIDTH}%`;
    nib.style.top = `${(100 * y) / HEIGHT}%`;
  };

  const lift = () => {
    if (isDown()) pad.end();
    stroke = null;
  };

  canvas.addEventListener("keydown", (event) => {
    if (pad.locked || event.ctrlKey || event.metaKey || event.altKey) return;
    const move = MOVES[event.key];
    if (move) {
      const step = event.shiftKey ? SMALL_STEP : STEP;
      x = Math.min(WIDTH, Math.max(0, x + step * move[0]));
      y = Math.min(HEIGHT, Math.max(0, y + step * move[1]));
      if (isDown()) pad.lengthen(x, y);
    } else if (event.key === " ") {
      if (isDown()) lift();
      else stroke = pad.begin(x, y);
      say(isDown() ? "Pen down" : "Pen up");
    } else return;
    event.preventDefault();
    show();
  });

  canvas.addEventListener("pointerdown", () => {
    nib.hidden = true;
  });
  canvas.addEventListener("focus", () => {
    if (canvas.matches(":focus-visible")) show();
  });
  canvas.addEventListener("blur", () => {
    lift();
    nib.hidden = true;
  });
}
