// A reading in words: what was read, how much of it is certain, and what to do where there is nothing.

import { sign } from "./digit.js";

// The text with its lines; what somebody said a digit is takes the place of what was read.
export function textOf(reading, saidOf) {
  const lines = [];
  for (const digit of reading.digits) {
    lines[digit.line] = (lines[digit.line] ?? "") + sign(digit, saidOf(digit));
  }
  return lines.filter((line) => line !== undefined).join("\n");
}

export function summaryOf(reading, saidOf) {
  const count = reading.digits.length;
  const certain = reading.digits.filter((digit) => digit.trusted || saidOf(digit) !== undefined).length;
  if (count === 1) return certain ? "The digit is certain." : "The digit is not certain.";
  if (certain === count) return `All ${count} digits are certain.`;
  const rest = count - certain;
  return `${certain} of ${count} digits are certain; ${rest === 1 ? "the other is" : `the other ${rest} are`} shown as “?”.`;
}

// For a screen reader: as short as can be, since it may be said often.
export function announcementOf(reading, saidOf) {
  const count = reading.digits.length;
  if (!count) return "No digits were found.";
  const certain = reading.digits.filter((digit) => digit.trusted || saidOf(digit) !== undefined).length;
  const text = textOf(reading, saidOf).replaceAll("\n", ", ");
  return `Read: ${text}; ${certain} of ${count} certain.`;
}

export function nothingFound(isPicture) {
  return isPicture
    ? "No digits were found in this picture. They are found best when they are dark on plain paper and not too small."
    : "No digits were found in what you drew. Write them larger, one beside the other.";
}
