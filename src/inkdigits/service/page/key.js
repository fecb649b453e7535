// The dialog that asks for the service's key.

import { open } from "./dialogs.js";

const dialog = document.getElementById("key-dialog");
const input = document.getElementById("key");
const reason = document.getElementById("key-reason");

export async function askForKey(refused) {
  reason.textContent = refused
    ? "The service does not know this key. Try another one."
    : "This service answers only those who have its key.";
  input.value = "";
  const closed = open(dialog);
  input.focus();
  return closed;
}

document.getElementById("key-form").addEventListener("submit", (event) => {
  event.preventDefault();
  dialog.close(input.value.trim());
});
