// The picture on the stage, instead of the pad: as the browser shows it, or as the service draws it
// where the browser cannot (HEIC, PDF, TIFF).

const MOST_SHOWN = 1600; // pixels: no screen has room for more here

// A picture that somebody brought: decoded, if the browser can, upright.
export async function decode(blob) {
  try {
    return await createImageBitmap(blob, { imageOrientation: "from-image" });
  } catch {
    return null;
  }
}

export async function decodeBase64(base64) {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return decode(new Blob([bytes], { type: "image/png" }));
}

export function showOn(canvas, bitmap) {
  const scale = Math.min(1, MOST_SHOWN / Math.max(bitmap.width, bitmap.height));
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
}

// Whether what the browser shows is turned as what the service read: both may know of different ways
// to say how a picture is to be turned.
export function isTurnedAlike(bitmap, width, height) {
  return Math.abs(Math.log((bitmap.width * height) / (bitmap.height * width))) < 0.02;
}
