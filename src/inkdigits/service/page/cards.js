// The cards: for each digit what it is, how probable each of the ten is, what the network saw and why.

import { inWords, percent, sign } from "./digit.js";
import { explain, forget } from "./explanations.js";
import { drawExplanation, drawImage, drawNothing } from "./tint.js";

const RESTS = 400; // ms: an image that changes while somebody draws is not worth explaining
const NOTABLE = 0.01; // a probability of "no digit" that is worth saying

export class Cards {
  #list;
  #cards = [];
  #act;

  // `act.choose(index)` is called when a card is tapped or its button pressed, `act.point(index)`
  // when a card is pointed at, with null when it no longer is.
  constructor(list, act) {
    this.#list = list;
    this.#act = act;
  }

  // Show these digits, which this version of the model read; `saidOf(digit)` is what somebody said one
  // is. Cards are used again, so that focus stays where it is while somebody draws on.
  show(digits, model, saidOf) {
    while (this.#cards.length > digits.length) this.#cards.pop().remove();
    while (this.#cards.length < digits.length) this.#add();
    digits.forEach((digit, index) => this.#cards[index].show(digit, model, saidOf(digit)));
  }

  #add() {
    const card = new Card(this.#cards.length, this.#act);
    this.#cards.push(card);
    this.#list.append(card.element);
  }
}

class Card {
  #image = null;
  #model = null;
  #resting = null;
  #fills = [];

  constructor(index, act) {
    this.element = make("li", "card");
    this.sign = make("span", "card-sign");
    this.words = make("span", "card-words");
    this.seen = picture();
    this.why = picture();
    this.bars = make("div", "bars");
    this.bars.setAttribute("role", "img");
    this.noDigit = make("p", "card-no-digit");
    this.button = make("button", "card-correct");
    this.button.type = "button";
    this.which = make("span", "unseen"); // a screen reader says which digit a button belongs to
    this.button.append("Correct", this.which);
    const head = make("p", "card-head");
    head.append(this.sign, this.words);
    const pictures = make("div", "card-pictures");
    pictures.append(captioned(this.seen, "Seen"), captioned(this.why, "Why"));
    for (let digit = 0; digit < 10; digit++) this.#addBar(digit);
    this.element.append(head, pictures, this.bars, this.noDigit, this.button);
    this.button.addEventListener("click", () => act.choose(index));
    this.element.addEventListener("pointerenter", () => act.point(index));
    this.element.addEventListener("pointerleave", () => act.point(null));
    this.element.addEventListener("focusin", () => act.point(index));
    this.element.addEventListener("focusout", () => act.point(null));
  }

  show(digit, model, said) {
    const shown = sign(digit, said);
    this.sign.textContent = shown;
    this.words.textContent = wordsFor(digit, said);
    this.element.classList.toggle("doubtful", !digit.trusted && said === undefined);
    this.element.classList.toggle("said", said !== undefined);
    this.which.textContent = ` ${shown === "?" ? "the digit that is not trusted" : `this ${shown}`}`;
    this.#showBars(digit);
    if (digit.image !== this.#image || model !== this.#model) this.#showImage(digit.image, model);
  }

  remove() {
    clearTimeout(this.#resting);
    forget(this.element);
    this.element.remove();
  }

  #addBar(digit) {
    const bar = make("span", "bar");
    const fill = make("span", "fill");
    const name = make("span", "bar-name");
    name.textContent = digit;
    bar.append(fill, name);
    this.bars.append(bar);
    this.#fills.push(fill);
  }

  #showBars(digit) {
    digit.probabilities.forEach((probability, place) => {
      this.#fills[place].style.setProperty("--probability", probability.toFixed(4));
      this.#fills[place].parentElement.classList.toggle("best", place === digit.digit);
    });
    this.bars.setAttribute("aria-label", `Probabilities: ${inWords(digit.probabilities)}`);
    const none = 1 - digit.probabilities.reduce((sum, one) => sum + one, 0);
    this.noDigit.textContent = none >= NOTABLE ? `No digit at all: ${percent(none)}` : "";
  }

  #showImage(image, model) {
    this.#image = image;
    this.#model = model;
    drawImage(this.seen, image);
    drawNothing(this.why);
    this.seen.setAttribute("aria-label", "What the network saw");
    this.why.setAttribute("aria-label", "The explanation is not there yet");
    clearTimeout(this.#resting);
    this.#resting = setTimeout(() => {
      explain(this.element, image, model, (explanation) => {
        drawExplanation(this.why, image, explanation);
        this.why.setAttribute("aria-label", "What speaks for the answer, in blue, and against it, in orange");
      });
    }, RESTS);
  }
}

function wordsFor(digit, said) {
  if (said !== undefined) return `You said so; read as ${digit.digit}`;
  const sure = percent(digit.confidence);
  return digit.trusted ? `${sure} certain` : `Not trusted: like a ${digit.digit}, ${sure}`;
}

function picture() {
  const canvas = document.createElement("canvas");
  canvas.setAttribute("role", "img");
  return canvas;
}

function captioned(canvas, words) {
  const figure = document.createElement("figure");
  const caption = document.createElement("figcaption");
  caption.textContent = words;
  figure.append(canvas, caption);
  return figure;
}

function make(tag, name) {
  const element = document.createElement(tag);
  element.className = name;
  return element;
}
