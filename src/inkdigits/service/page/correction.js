// Corrections: what a person says a digit is, sent only with consent.

import { open } from "./dialogs.js";
import { percent } from "./digit.js";
import { call } from "./server.js";
import { drawImage } from "./tint.js";

const dialog = document.getElementById("correction");
const form = document.getElementById("correction-form");
const consent = document.getElementById("consent");
const error = document.getElementById("correction-error");
const send = document.getElementById("send");
let current = null; // what the open dialog is about

for (let digit = 0; digit < 10; digit++) document.getElementById("choices").append(choice(digit));

// Ask what a digit is; answers {digit, id}, or null where it was not said.
export async function correct(digit, model) {
  const mine = { digit, model, kept: null, closing: new AbortController() };
  current = mine;
  drawImage(document.getElementById("specimen"), digit.image);
  const answer = digit.trusted ? `a ${digit.digit}` : `perhaps a ${digit.digit}`;
  document.getElementById("was-read").textContent = `It was read as ${answer}, ${percent(digit.confidence)} certain.`;
  for (const input of form.elements.digit) input.checked = false;
  error.textContent = "";
  send.disabled = false;
  const closed = open(dialog);
  form.elements.digit[0].focus();
  await closed;
  mine.closing.abort();
  current = null;
  return mine.kept;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const mine = current;
  const { digit, model } = mine;
  const said = Number(form.elements.digit.value);
  send.disabled = true;
  error.textContent = "";
  try {
    const { id } = await call("/v1/corrections", {
      type: "application/json",
      signal: mine.closing.signal, // what is cancelled while the service is busy is not sent later
      waiting: (sentence) => (error.textContent = sentence),
      body: JSON.stringify({
        consent: consent.checked,
        image: digit.image,
        digit: said,
        answer: digit.digit,
        confidence: digit.confidence,
        model,
      }),
    });
    mine.kept = { digit: said, id };
    if (current === mine) dialog.close();
  } catch (failure) {
    if (current !== mine) return;
    error.textContent = failure.message;
    send.disabled = false;
  }
});

// A digit's key chooses it, wherever in the dialog the focus is.
dialog.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !/^[0-9]$/.test(event.key)) return;
  const input = form.elements.digit[Number(event.key)];
  input.checked = true;
  input.focus();
  event.preventDefault();
});

function choice(digit) {
  const label = document.createElement("label");
  const input = document.createElement("input");
  const name = document.createElement("span");
  label.className = "choice";
  input.type = "radio";
  input.name = "digit";
  input.value = digit;
  input.required = true;
  name.textContent = digit;
  label.append(input, name);
  return label;
}
