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
let current = null; // the digit, and the version of the model that read it

for (let digit = 0; digit < 10; digit++) document.getElementById("choices").append(choice(digit));

// Ask what a digit is; answers {digit, id}, or null where it was not said.
export async function correct(digit, model) {
  current = { digit, model, kept: null };
  drawImage(document.getElementById("specimen"), digit.image);
  const answer = digit.trusted ? `a ${digit.digit}` : `perhaps a ${digit.digit}`;
  document.getElementById("was-read").textContent = `It was read as ${answer}, ${percent(digit.confidence)} certain.`;
  for (const input of form.elements.digit) input.checked = false;
  error.textContent = "";
  const closed = open(dialog);
  form.elements.digit[0].focus();
  await closed;
  return current.kept;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { digit, model } = current;
  const said = Number(form.elements.digit.value);
  send.disabled = true;
  error.textContent = "";
  try {
    const { id } = await call("/v1/corrections", {
      type: "application/json",
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
    current.kept = { digit: said, id };
    dialog.close();
  } catch (failure) {
    error.textContent = failure.message;
  } finally {
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
