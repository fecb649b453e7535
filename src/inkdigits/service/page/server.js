// Calls of the service: with the key if it wants one, again when it is busy, and with a sentence for
// people when nothing comes of it.

import { askForKey, keepKey, knownKey } from "./key.js";

const MOST_WAITS = 3;
const LONGEST_WAIT = 60; // seconds: a person does not wait longer, and is told instead
const TIMEOUT = 90_000; // ms

export class CallError extends Error {
  constructor(sentence, status = 0) {
    super(sentence);
    this.status = status;
  }
}

let asking = null;
let declined = false;

// Ask for the key again, though somebody did not want to give it before.
export function allowAsking() {
  declined = false;
}

// Call the service and return what it answers. A body that is a function is asked for the body at
// each attempt, so that the newest is sent. `waiting` is called with a sentence before a pause. Once
// `signal` is aborted nothing more is sent, and the promise fails with its reason.
export async function call(path, { body, type, signal, waiting } = {}) {
  for (let waits = 0; ; ) {
    signal?.throwIfAborted();
    const key = knownKey();
    const content = typeof body === "function" ? await body() : body;
    const { response, text } = await send(path, content, type, key, signal);
    if (response.ok) return contentOf(text);
    if (response.status === 401 && (await haveOtherKey(key))) continue;
    const seconds = Number(response.headers.get("Retry-After") || 1);
    if (response.status === 429 && waits < MOST_WAITS && seconds <= LONGEST_WAIT) {
      waits += 1;
      waiting?.(`The service is busy. Trying again in ${seconds} s.`);
      await pause(seconds, signal);
      continue;
    }
    throw new CallError(sentenceOf(response, text), response.status);
  }
}

function pause(seconds, signal) {
  return new Promise((resolve) => {
    setTimeout(resolve, 1000 * seconds);
    signal?.addEventListener("abort", resolve);
  });
}

async function send(path, body, type, key, signal) {
  const headers = {};
  const controller = new AbortController();
  const stop = () => controller.abort();
  const timer = setTimeout(stop, TIMEOUT);
  signal?.addEventListener("abort", stop);
  if (signal?.aborted) stop();
  if (type) headers["Content-Type"] = type;
  if (key) headers["X-API-Key"] = key;
  try {
    const method = body === undefined ? "GET" : "POST";
    const response = await fetch(path, { method, body, headers, signal: controller.signal });
    return { response, text: await response.text() }; // a connection can stall after the headers, too
  } catch {
    signal?.throwIfAborted();
    if (!navigator.onLine) throw new CallError("You are offline. Nothing is read until you are back online.");
    if (controller.signal.aborted) throw new CallError("The service did not answer in time.");
    throw new CallError("The service cannot be reached.");
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
}

function contentOf(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new CallError("The service's answer did not arrive whole.");
  }
}

// Whether there is another key to try than the one that was refused; one dialog for all calls.
async function haveOtherKey(refused) {
  if (knownKey() !== refused) return true;
  if (declined) return false;
  asking ??= askForKey(refused !== null).then((key) => {
    asking = null;
    declined = key === null;
    if (key !== null) keepKey(key);
    return key !== null;
  });
  return asking;
}

// An error of the service says in `detail` what is wrong; one of a proxy before it may say anything.
function sentenceOf(response, text) {
  let detail;
  try {
    ({ detail } = JSON.parse(text));
  } catch {}
  if (typeof detail !== "string" || !detail) return `The service answered with an error (${response.status}).`;
  const sentence = detail[0].toUpperCase() + detail.slice(1);
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}
