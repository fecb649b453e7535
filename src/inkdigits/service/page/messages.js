// What is said to people: errors and notices in sight, readings for screen readers, too.

const RESTS = 700; // ms: a reading that changes while somebody draws is not worth saying

const alertBar = document.getElementById("alert");
const noticeBar = document.getElementById("notice");
const announcement = document.getElementById("announcement");
let announcing = null;

// Show an error until it is done with; `action` is [words, what to do].
export function complain(sentence, action) {
  if (sayingNow(alertBar) === sentence) return;
  fill(alertBar, sentence, action);
}

export function stopComplaining() {
  alertBar.replaceChildren();
}

export function notify(sentence) {
  fill(noticeBar, sentence);
}

export function stopNotifying() {
  noticeBar.replaceChildren();
}

// Say something to a screen reader only.
export function announce(sentence) {
  clearTimeout(announcing);
  announcing = setTimeout(() => (announcement.textContent = sentence), RESTS);
}

export function sayAtOnce(sentence) {
  clearTimeout(announcing);
  announcement.textContent = sentence;
}

function sayingNow(bar) {
  return bar.querySelector("p")?.textContent;
}

function fill(bar, sentence, action) {
  const words = document.createElement("p");
  words.textContent = sentence;
  const buttons = action ? [button(...action)] : [];
  const close = button("Dismiss", () => bar.replaceChildren());
  bar.replaceChildren(words, ...buttons, close);
}

function button(words, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "link";
  made.textContent = words;
  made.addEventListener("click", act);
  return made;
}
