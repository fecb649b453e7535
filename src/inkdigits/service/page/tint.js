// The 28 × 28 pixels that the network saw, and what of them speaks for its answer.

import { pixelsOf } from "./digit.js";

const SIDE = 28;
// Blue and orange look different to every kind of colour vision.
const FOR = [64, 148, 255];
const AGAINST = [255, 122, 36];
const PLAIN_INK = [148, 152, 160];
const PAPER_TINT = 0.5; // of the full colour: paper stays darker than ink
const FULL = 1.0; // nats: no less than this gets the full colour, so that next to nothing stays pale

export function drawImage(canvas, image) {
  const pixels = pixelsOf(image);
  paint(canvas, (place) => [pixels[place], pixels[place], pixels[place]]);
}

// Colour ink and paper by what they say: `explanation` is 28 × 28 numbers, in nats, above 0 where
// the image speaks for the answer.
export function drawExplanation(canvas, image, explanation) {
  const pixels = pixelsOf(image);
  const evidence = explanation.flat();
  const sizes = evidence.map(Math.abs).sort((a, b) => a - b);
  const full = Math.max(FULL, sizes[Math.floor(0.99 * (sizes.length - 1))]);
  paint(canvas, (place) => {
    const ink = pixels[place] / 255;
    const amount = Math.min(1, Math.abs(evidence[place]) / full);
    const colour = evidence[place] > 0 ? FOR : AGAINST;
    return colour.map((full, channel) => {
      // The root lets weaker evidence be seen on a thin stroke, too.
      const stroke = mix(PLAIN_INK[channel], full, Math.sqrt(amount));
      const paper = full * PAPER_TINT * amount;
      return mix(paper, stroke, ink);
    });
  });
}

export function drawNothing(canvas) {
  paint(canvas, () => [0, 0, 0]);
}

function paint(canvas, colourAt) {
  canvas.width = canvas.height = SIDE;
  const context = canvas.getContext("2d");
  const shown = context.createImageData(SIDE, SIDE);
  for (let place = 0; place < SIDE * SIDE; place++) {
    shown.data.set([...colourAt(place), 255], 4 * place);
  }
  context.putImageData(shown, 0, 0);
}

function mix(none, full, amount) {
  return none * (1 - amount) + full * amount;
}
