// How digits and probabilities are written, wherever they are.

export function percent(probability) {
  return probability >= 0.9995 ? "100%" : `${Math.min(99, Math.round(100 * probability))}%`;
}

// What stands for a digit: what somebody said it is, or what was read, if that can be trusted.
export function sign(digit, said) {
  return String(said ?? (digit.trusted ? digit.digit : "?"));
}

// The pixels of a digit's image: 784 numbers from 0 to 255, row by row, bright ink on black.
export function pixelsOf(image) {
  return Uint8Array.from(atob(image), (character) => character.charCodeAt(0));
}

// The probabilities that are worth saying, most probable first.
export function inWords(probabilities) {
  const ranked = probabilities.map((probability, digit) => ({ digit, probability }));
  ranked.sort((a, b) => b.probability - a.probability);
  const worth = ranked.filter((one, rank) => rank === 0 || one.probability >= 0.01);
  return worth.map((one) => `${one.digit}: ${percent(one.probability)}`).join(", ");
}
