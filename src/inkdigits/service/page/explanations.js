// Explanations of digits: asked for one at a time, for those in sight, and remembered.

import { call } from "./server.js";

const MOST_KEPT = 500;

const known = new Map(); // image → explanation
const wanted = new Map(); // element → [image, what to do with its explanation]
let running = false;

const inSight = new IntersectionObserver((entries) => {
  for (const entry of entries) entry.target.inSight = entry.isIntersecting;
  work();
});

// Have `done` called with the explanation of an image once there is one and the element is seen. A
// later wish for the same element takes the place of the earlier one.
export function explain(element, image, done) {
  if (known.has(image)) {
    wanted.delete(element);
    done(known.get(image));
    return;
  }
  wanted.set(element, [image, done]);
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
    const [image, done] = wish;
    try {
      if (!known.has(image)) await ask(image);
    } catch {
      wanted.delete(element);
      continue;
    }
    if (wanted.get(element) !== wish) continue;
    wanted.delete(element);
    done(known.get(image));
  }
  running = false;
}

async function ask(image) {
  const body = JSON.stringify({ image });
  const { explanation } = await call("/v1/explain", { body, type: "application/json" });
  known.set(image, explanation);
  if (known.size > MOST_KEPT) known.delete(known.keys().next().value);
}
