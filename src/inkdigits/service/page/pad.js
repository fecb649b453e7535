// The pad: pointers become strokes, and strokes are shown as ink on paper.

import { HEIGHT, Strokes, WIDTH, drawPart, extend, finish } from "./strokes.js";

const SENT_WIDTH = 640; // pixels: digits stay larger than the 28 × 28 that the network sees
const ERASER = 2.4; // times as wide as the pen
const PEN_ERASES = 32; // the bit of `buttons` that says a pen is held upside down
const GESTURE = 250; // ms: a second finger that comes so soon means that the first one was no pen

export class Pad {
  #canvas;
  #strokes = new Strokes();
  #stroke = null;
  #pointer = null;
  #touched = 0;
  #changed;

  thickness = 28;
  erasing = false;
  locked = false;

  // `changed` is called whenever the drawing is another one.
  constructor(canvas, changed) {
    this.#canvas = canvas;
    this.#changed = changed;
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    canvas.addEventListener("pointerup", (event) => this.#up(event));
    canvas.addEventListener("pointercancel", (event) => this.#cancel(event));
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
    // Safari heeds touch-action for panning, and yet selects text under a resting finger.
    canvas.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
    new ResizeObserver(() => this.redraw()).observe(canvas);
    document.addEventListener("themechange", () => this.redraw());
  }

  get isEmpty() {
    return this.#strokes.isEmpty;
  }

  get canUndo() {
    return this.#strokes.canUndo;
  }

  get canRedo() {
    return this.#strokes.canRedo;
  }

  // The stroke that is being drawn, if any.
  get stroke() {
    return this.#stroke;
  }

  undo() {
    this.#change(() => this.#strokes.undo());
  }

  redo() {
    this.#change(() => this.#strokes.redo());
  }

  clear() {
    this.#change(() => this.#strokes.clear());
  }

  begin(x, y, pressure = 0.5, erases = this.erasing) {
    this.#stroke = this.#strokes.begin(this.#point(x, y, pressure, erases), erases);
    finish(...this.#inkFor(this.#stroke));
    this.#changed();
    return this.#stroke;
  }

  lengthen(x, y, pressure = 0.5) {
    const point = this.#point(x, y, pressure, this.#stroke.erases);
    if (!extend(this.#stroke, point)) return;
    const [context, stroke, scale, colour] = this.#inkFor(this.#stroke);
    drawPart(context, stroke, stroke.points.length - 1, scale, colour);
    this.#changed();
  }

  end() {
    finish(...this.#inkFor(this.#stroke));
    this.#stroke = null;
    this.#changed();
  }

  redraw() {
    const box = this.#canvas.getBoundingClientRect();
    if (!box.width) return;
    this.#canvas.width = Math.round(box.width * devicePixelRatio);
    this.#canvas.height = Math.round((this.#canvas.width * HEIGHT) / WIDTH);
    const [context, scale, colour] = this.#ink();
    this.#strokes.draw(context, scale, colour);
  }

  // The drawing as a PNG, dark ink on white whatever the theme.
  toPicture() {
    const scale = SENT_WIDTH / WIDTH;
    const canvas = document.createElement("canvas");
    canvas.width = SENT_WIDTH;
    canvas.height = HEIGHT * scale;
    const context = canvas.getContext("2d");
    this.#strokes.draw(context, scale, "#000");
    context.globalCompositeOperation = "destination-over"; // the eraser left holes
    context.fillStyle = "#fff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  }

  #down(event) {
    if (this.#pointer !== null) {
      // A pen takes over from the palm; two fingers that come together are no pens, neither of them.
      const together = event.timeStamp - this.#touched < GESTURE;
      if (event.pointerType !== "pen" && !together) return;
      this.#drop();
    }
    if (this.locked || !event.isPrimary || ![0, 5].includes(event.button)) return;
    event.preventDefault();
    this.#canvas.focus({ preventScroll: true, focusVisible: false });
    this.#canvas.setPointerCapture(event.pointerId);
    if (this.#stroke) this.end(); // one that was drawn by keys
    this.#pointer = event.pointerId;
    this.#touched = event.timeStamp;
    this.begin(...this.#place(event), this.erasing || (event.buttons & PEN_ERASES) > 0);
  }

  #move(event) {
    if (event.pointerId !== this.#pointer) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const one of events.length ? events : [event]) this.lengthen(...this.#place(one));
  }

  #up(event) {
    if (event.pointerId !== this.#pointer) return;
    this.lengthen(...this.#place(event));
    this.#pointer = null;
    this.end();
  }

  // The system took the pointer away, such as for a palm: it was no writing.
  #cancel(event) {
    if (event.pointerId === this.#pointer) this.#drop();
  }

  #drop() {
    this.#pointer = null;
    this.#strokes.drop(this.#stroke);
    this.#stroke = null;
    this.redraw();
    this.#changed();
  }

  #change(step) {
    if (this.#pointer !== null) return;
    this.#stroke = null;
    step();
    this.redraw();
    this.#changed();
  }

  #place(event) {
    const box = this.#canvas.getBoundingClientRect();
    const scale = WIDTH / box.width;
    // What mice and fingers report as pressure says nothing about it.
    const pressure = event.pointerType === "pen" && event.pressure ? event.pressure : 0.5;
    return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale, pressure];
  }

  #point(x, y, pressure, erases) {
    return { x, y, width: this.thickness * (erases ? ERASER : 0.5 + pressure) };
  }

  #inkFor(stroke) {
    const [context, scale, colour] = this.#ink();
    return [context, stroke, scale, colour];
  }

  #ink() {
    const colour = getComputedStyle(this.#canvas).color;
    return [this.#canvas.getContext("2d"), this.#canvas.width / WIDTH, colour];
  }
}
