// The camera, where the device has one and the page may use it.

import { open } from "./dialogs.js";

const QUALITY = 0.92; // of JPEG: thin strokes stay clean

const button = document.getElementById("camera");
const dialog = document.getElementById("camera-dialog");
const video = document.getElementById("viewfinder");
const shoot = document.getElementById("shoot");

// Browsers give no camera to pages that came over plain HTTP from another machine.
export async function offerCamera(take, complain) {
  if (!navigator.mediaDevices?.getUserMedia) return;
  const look = async () => {
    const devices = await navigator.mediaDevices.enumerateDevices().catch(() => []);
    button.hidden = !devices.some((device) => device.kind === "videoinput");
  };
  button.addEventListener("click", () => photograph(take, complain));
  navigator.mediaDevices.addEventListener("devicechange", look);
  await look();
}

async function photograph(take, complain) {
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      video: { facingMode: "environment", width: { ideal: 1920 }, height: { ideal: 1080 } },
    });
  } catch (error) {
    complain(
      error.name === "NotAllowedError"
        ? "The camera may not be used here. Allow it in the browser's settings, or choose a picture."
        : "The camera gives no picture. Is another program using it?",
    );
    return;
  }
  video.srcObject = stream;
  const closed = await open(dialog);
  stream.getTracks().forEach((track) => track.stop());
  video.srcObject = null;
  shoot.disabled = true;
  if (closed) take(shot, "Photo");
  shot = null;
}

let shot = null;

video.addEventListener("playing", () => (shoot.disabled = false));

shoot.addEventListener("click", async () => {
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext("2d").drawImage(video, 0, 0);
  shot = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
  dialog.close("taken");
});
