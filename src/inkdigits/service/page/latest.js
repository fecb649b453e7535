// Ask again and again about something that changes: once it rests, one question at a time, and of
// the questions that come up meanwhile only the last.

const QUIET = 150; // ms without a change before it is asked
const PATIENCE = 450; // ms after which it is asked in any case

export class Latest {
  #ask;
  #timer = null;
  #since = 0;
  #running = false;
  #again = false;

  // `ask` answers a promise that never fails, and looks itself at what is newest.
  constructor(ask) {
    this.#ask = ask;
  }

  soon() {
    const now = performance.now();
    if (this.#timer === null) this.#since = now;
    clearTimeout(this.#timer);
    const wait = Math.max(0, Math.min(QUIET, this.#since + PATIENCE - now));
    this.#timer = setTimeout(() => this.now(), wait);
  }

  async now() {
    this.never();
    if (this.#running) {
      this.#again = true;
      return;
    }
    this.#running = true;
    do {
      this.#again = false;
      await this.#ask();
    } while (this.#again);
    this.#running = false;
  }

  never() {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#again = false;
  }
}
