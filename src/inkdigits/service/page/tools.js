// The tools of the pad: what they do, and which of them can do anything now.

const byId = (id) => document.getElementById(id);

export class Tools {
  #pad;

  constructor(pad) {
    this.#pad = pad;
    byId("pen").addEventListener("click", () => this.#take(false));
    byId("eraser").addEventListener("click", () => this.#take(true));
    byId("undo").addEventListener("click", () => pad.undo());
    byId("redo").addEventListener("click", () => pad.redo());
    byId("clear").addEventListener("click", () => pad.clear());
    byId("thickness").addEventListener("input", (event) => (pad.thickness = event.target.valueAsNumber));
    pad.thickness = byId("thickness").valueAsNumber; // browsers remember it when a page is loaded again
    document.addEventListener("keydown", (event) => this.#byKey(event));
  }

  update() {
    const pad = this.#pad;
    const [undo, redo, clear] = ["undo", "redo", "clear"].map(byId);
    const focused = document.activeElement;
    undo.disabled = !pad.canUndo;
    redo.disabled = !pad.canRedo;
    clear.disabled = pad.isEmpty;
    // A button that can do nothing more would take the keyboard's focus with it.
    if ([undo, redo, clear].includes(focused) && focused.disabled) byId("pad").focus();
  }

  #take(erasing) {
    this.#pad.erasing = erasing;
    byId("pen").setAttribute("aria-pressed", !erasing);
    byId("eraser").setAttribute("aria-pressed", erasing);
  }

  #byKey(event) {
    if (this.#pad.locked || !(event.ctrlKey || event.metaKey) || event.target.matches("input:not([type=range])")) return;
    const key = event.key.toLowerCase();
    if (key === "z") event.shiftKey ? this.#pad.redo() : this.#pad.undo();
    else if (key === "y") this.#pad.redo();
    else return;
    event.preventDefault();
  }
}
