// The service's key: the dialog that asks for it, and where it is kept.

import { open } from "./dialogs.js";

const KEY = "inkdigits-key"; // in the storage of the tab, which forgets it when it is closed

const dialog = document.getElementById("key-dialog");
const input = document.getElementById("key");
const reason = document.getElementById("key-reason");

// A browser may forbid to keep anything; then the key holds for this page.
let kept = null;
try {
  kept = sessionStorage.getItem(KEY);
} catch {}

// The key, or null where none is known.
export function knownKey() {
  return kept;
}

export function keepKey(key) {
  kept = key;
  try {
    sessionStorage.setItem(KEY, key);
  } catch {}
}

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
