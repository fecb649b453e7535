// Explanations of digits: asked for one at a time, for those in sight, and remembered.

import { call } from "./server.js";

const MOST_KEPT = 500;

const known = new Map(); // model and image → explanation
const wanted = new Map(); // element → what it wishes: an image, its key here, what to do then
let running = false;

const inSight = new IntersectionObserver((entries) => {
  for (const entry of entries) entry.target.inSight = entry.isIntersecting;
  work();
});

// Have `done` called with the explanation of what this version of the model said of an image, once there
// is one and the element is seen. A later wish for the same element takes the place of the earlier one.
export function explain(element, image, model, done) {
  const key = `${model} ${image}`;
  if (known.has(key)) {
    wanted.delete(element);
    done(known.get(key));
    return;
  }
  wanted.set(element, { image, key, done });
  inSight.observe(element);
  work();
}

export function forget(element) {
  wanted.delete(element);
  inSight.unobserve(element);
}

// Answering matters more than explaining: what is not explained just stays plain.
async function work() {
  if (running) return;
  running = true;
  for (let next; (next = [...wanted].find(([element]) => element.inSight)); ) {
    const [element, wish] = next;
    try {
      if (!known.has(wish.key)) await ask(wish);
    } catch {}
    if (wanted.get(element) !== wish) continue; // it wishes for another one by now
    wanted.delete(element);
    if (known.has(wish.key)) wish.done(known.get(wish.key));
  }
  running = false;
}

async function ask({ image, key }) {
  const body = JSON.stringify({ image });
  const { explanation } = await call("/v1/explain", { body, type: "application/json" });
  known.set(key, explanation);
  if (known.size > MOST_KEPT) known.delete(known.keys().next().value);
}
