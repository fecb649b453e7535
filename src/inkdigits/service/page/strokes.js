// What was drawn: strokes of pen and eraser, in the order they were made.

// A stroke's points are in units of the pad, which is WIDTH wide however large it is shown.
export const WIDTH = 1000;
export const HEIGHT = 800;

const LEAST_STEP = 1.5; // closer points add nothing but work

export class Strokes {
  #done = [];
  #undone = [];

  get canUndo() {
    return this.#done.length > 0;
  }

  get canRedo() {
    return this.#undone.length > 0;
  }

  // Whether there is no ink. What an eraser has left of a stroke is for the reader to say.
  get isEmpty() {
    return !this.#shown().some((stroke) => !stroke.erases);
  }

  begin(point, erases) {
    const stroke = { points: [point], erases };
    this.#done.push(stroke);
    this.#undone = [];
    return stroke;
  }

  drop(stroke) {
    this.#done = this.#done.filter((one) => one !== stroke);
  }

  undo() {
    if (this.canUndo) this.#undone.push(this.#done.pop());
  }

  redo() {
    if (this.canRedo) this.#done.push(this.#undone.pop());
  }

  // A step like any other, so that it can be undone.
  clear() {
    if (this.isEmpty) return;
    this.#done.push({ points: [], clears: true });
    this.#undone = [];
  }

  draw(context, scale, colour) {
    for (const stroke of this.#shown()) {
      for (let end = 0; end < stroke.points.length; end++) drawPart(context, stroke, end, scale, colour);
      finish(context, stroke, scale, colour);
    }
  }

  #shown() {
    return this.#done.slice(this.#done.findLastIndex((stroke) => stroke.clears) + 1);
  }
}

// Lengthen a stroke; false where the point is too close to matter.
export function extend(stroke, point) {
  const last = stroke.points.at(-1);
  if (Math.hypot(point.x - last.x, point.y - last.y) < LEAST_STEP) return false;
  stroke.points.push(point);
  return true;
}

// Draw what a stroke's point number `end` adds: a curve from the middle of one step to that of the
// next, which has no corners however far apart the points are.
export function drawPart(context, stroke, end, scale, colour) {
  if (end === 0) return;
  const points = stroke.points;
  const [a, b, c] = [points[end - 2] ?? points[0], points[end - 1], points[end]];
  prepare(context, stroke, c.width * scale, colour);
  context.moveTo(((a.x + b.x) / 2) * scale, ((a.y + b.y) / 2) * scale);
  context.quadraticCurveTo(b.x * scale, b.y * scale, ((b.x + c.x) / 2) * scale, ((b.y + c.y) / 2) * scale);
  context.stroke();
}

// Draw the last half step, up to where the pen was lifted; of a single point, a dot.
export function finish(context, stroke, scale, colour) {
  const last = stroke.points.at(-1);
  const before = stroke.points.at(-2);
  prepare(context, stroke, last.width * scale, colour);
  if (!before) {
    context.arc(last.x * scale, last.y * scale, (last.width * scale) / 2, 0, 2 * Math.PI);
    context.fill();
    return;
  }
  context.moveTo(((before.x + last.x) / 2) * scale, ((before.y + last.y) / 2) * scale);
  context.lineTo(last.x * scale, last.y * scale);
  context.stroke();
}

function prepare(context, stroke, width, colour) {
  context.globalCompositeOperation = stroke.erases ? "destination-out" : "source-over";
  context.strokeStyle = context.fillStyle = stroke.erases ? "#000" : colour;
  context.lineWidth = width;
  context.lineCap = "round";
  context.lineJoin = "round";
  context.beginPath();
}
