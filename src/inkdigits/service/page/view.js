// What is shown of a reading: its text, its boxes and its cards, and which of them is pointed at.

import { Boxes } from "./boxes.js";
import { Cards } from "./cards.js";
import { announce } from "./messages.js";
import { announcementOf, nothingFound, summaryOf, textOf } from "./reading.js";

const byId = (id) => document.getElementById(id);

export class View {
  #boxes;
  #cards;
  #said = new Map(); // image → what somebody said it is
  #reading = null;
  #isPicture = false;
  #hasBoxes = true;

  // `choose(digit, model)` is called when somebody wants to correct a digit.
  constructor(choose) {
    const chooseAt = (index) => choose(this.#reading.digits[index], this.#reading.model);
    this.#boxes = new Boxes(byId("boxes"), chooseAt);
    this.#cards = new Cards(byId("cards"), {
      choose: chooseAt,
      point: (index) => this.#boxes.point(index),
    });
    this.showNothing();
  }

  get isEmpty() {
    return !this.#reading?.digits.length;
  }

  showNothing() {
    this.#reading = null;
    this.#show([]);
    byId("summary").textContent = "";
    announce("");
  }

  // `hasBoxes`: not where the service has drawn them already.
  show(reading, isPicture, hasBoxes = true) {
    this.#reading = reading;
    this.#isPicture = isPicture;
    this.#hasBoxes = hasBoxes;
    this.#refresh();
  }

  // Take in what somebody said a digit is.
  say(digit, said) {
    this.#said.set(digit.image, said);
    if (this.#reading) this.#refresh();
  }

  #refresh() {
    const reading = this.#reading;
    const saidOf = (digit) => this.#said.get(digit.image);
    this.#show(reading.digits, saidOf);
    byId("text").textContent = textOf(reading, saidOf);
    byId("summary").textContent = reading.digits.length ? summaryOf(reading, saidOf) : nothingFound(this.#isPicture);
    announce(announcementOf(reading, saidOf));
  }

  #show(digits, saidOf) {
    const { width, height, model } = this.#reading ?? {};
    this.#cards.show(digits, model, saidOf);
    this.#boxes.show(this.#hasBoxes ? digits : [], width, height, saidOf);
    byId("text").hidden = byId("legend").hidden = !digits.length;
    byId("welcome").hidden = this.#reading !== null;
    byId("text").classList.toggle("long", digits.length > 8);
    byId("text").classList.toggle("very-long", digits.length > 30);
  }
}
