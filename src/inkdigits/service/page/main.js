// The page: what is drawn or brought goes to the service, and what it reads is shown.

import { offerCamera } from "./camera.js";
import { correct } from "./correction.js";
import { Latest } from "./latest.js";
import { complain, notify, sayAtOnce, stopComplaining, stopNotifying } from "./messages.js";
import { drawByKeys } from "./nib.js";
import { Pad } from "./pad.js";
import { decode } from "./photo.js";
import { allowAsking, call } from "./server.js";
import { takePictures } from "./sources.js";
import { Stage } from "./stage.js";
import { Tools } from "./tools.js";
import { View } from "./view.js";

const NO_PAGE = /has no page \d/; // what the service says of a page behind the last one
const SLOW = 500; // ms after which it is said that reading goes on

const byId = (id) => document.getElementById(id);

let subject = 0; // counts what is read: an answer about something else comes too late
let asking = new AbortController(); // for what is being read
let corrections = false; // whether this service keeps any
let reachable = true;
let introduction = null; // of the model, under way or over; none while it has failed

const view = new View(chooseToCorrect);
const stage = new Stage();
const latest = new Latest(readStage);
const pad = new Pad(byId("pad"), drawn);
const tools = new Tools(pad);

drawByKeys(byId("pad"), byId("nib"), pad, sayAtOnce);
takePictures(bring);
offerCamera(bring, complain);
byId("back").addEventListener("click", backToPad);
byId("previous-page").addEventListener("click", () => turnBy(-1));
byId("next-page").addEventListener("click", () => turnBy(1));
byId("correcting").addEventListener("click", () => setCorrecting(!pad.locked));
addEventListener("online", () => !reachable && tryAgain());
introduceModel();

function drawn() {
  tools.update();
  byId("invitation").hidden = !pad.isEmpty || stage.picture !== null;
  if (stage.picture) return;
  if (pad.isEmpty) showNothing();
  else latest.soon();
}

function changeSubject() {
  subject += 1;
  asking.abort();
  asking = new AbortController();
  latest.never();
}

function showNothing() {
  changeSubject();
  view.showNothing();
  setCorrecting(false);
}

// Read what is on the stage now.
async function readStage() {
  const asked = subject;
  const isPicture = stage.picture !== null;
  if (!isPicture && pad.isEmpty) return;
  const slow = setTimeout(() => (byId("working").hidden = false), SLOW);
  try {
    const reading = await (isPicture ? readPicture() : readDrawing());
    reachable = true;
    introduceModel();
    if (asked !== subject) return;
    stopComplaining();
    if (reading.overlay) await stage.showDrawn(reading.overlay);
    if (asked !== subject) return;
    view.show(reading, isPicture, !stage.picture?.isDrawn);
    setCorrecting(pad.locked && !view.isEmpty);
  } catch (error) {
    if (asked !== subject) return; // it was given up, which says nothing about the service
    fail(error);
  } finally {
    clearTimeout(slow);
    byId("working").hidden = true;
  }
}

function readDrawing() {
  return call("/v1/read?details=true", {
    body: () => pad.toPicture(),
    type: "image/png",
    signal: asking.signal,
    waiting: complain,
  });
}

async function readPicture() {
  const { blob, page } = stage.picture;
  const { signal } = asking;
  const type = blob.type || "application/octet-stream";
  const ask = (overlay) =>
    call(`/v1/read?details=true&page=${page}&overlay=${overlay}`, { body: blob, type, signal, waiting: complain });
  const reading = await ask(stage.needsDrawing());
  if (signal.aborted || reading.overlay || !stage.needsDrawing(reading)) return reading;
  return ask(true);
}

function fail(error) {
  if (stage.picture) failPicture(error);
  complainOf(error);
}

// Stay on the last page where there is no other; of any other failure there may be a page behind.
function failPicture(error) {
  if (stage.picture.page > 0 && NO_PAGE.test(error.message)) {
    stage.refusePage();
    if (!stage.isUpToDate) latest.now();
  } else if (!stage.isUpToDate) {
    stage.showFailure();
    view.showNothing();
    setCorrecting(false);
  }
}

function complainOf(error) {
  reachable = error.status !== 0;
  if (error.status === 401) complain(error.message, ["Enter the key", tryAgain]);
  else if (!reachable) complain(error.message, ["Try again", tryAgain]);
  else complain(error.message);
}

function tryAgain() {
  stopComplaining();
  allowAsking();
  introduceModel();
  latest.now();
}

// Put a picture on the stage and have it read.
async function bring(blob, name = blob.name) {
  showNothing();
  stopComplaining();
  stopNotifying();
  const mine = subject;
  const bitmap = await decode(blob);
  if (mine !== subject) return;
  stage.show(blob, bitmap, name);
  drawn();
  latest.now();
}

function turnBy(pages) {
  changeSubject();
  stage.turnTo(stage.picture.page + pages);
  latest.now();
}

function backToPad() {
  stage.showPad();
  stopComplaining();
  showNothing();
  drawn();
  byId("pad").focus({ preventScroll: true });
}

// In this mode a tap on the pad is no writing.
function setCorrecting(on) {
  pad.locked = on;
  document.body.classList.toggle("correcting", on);
  byId("correcting").hidden = !corrections || view.isEmpty;
  byId("correcting").setAttribute("aria-pressed", on);
  byId("correcting").textContent = on ? "Done" : "Correct";
  byId("tap").hidden = !on;
}

async function chooseToCorrect(digit, model) {
  if (!pad.locked) return;
  const kept = await correct(digit, model);
  if (!kept) return;
  view.say(digit, kept.digit);
  notify(`Thank you. It is kept as a ${kept.digit}, with the number ${kept.id.slice(0, 12)}: name it to have it deleted.`);
}

function measuredOf({ test_accuracy: accuracy, quantisation }) {
  if (accuracy === null) return "";
  const before = quantisation === "none" ? "" : " before its weights were rounded";
  return `: ${(100 * accuracy).toFixed(2)}% of its test digits right${before}`;
}

// Say which model reads, and offer corrections only where they are kept: once, however often it takes.
function introduceModel() {
  introduction ??= call("/v1/model").then(showModel).catch((error) => {
    introduction = null;
    complainOf(error);
  });
}

function showModel(model) {
  byId("model").textContent = `Model ${model.version}${measuredOf(model.card)}.`;
  corrections = model.corrections;
  setCorrecting(pad.locked);
}
