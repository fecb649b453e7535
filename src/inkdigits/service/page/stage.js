// The stage: the pad, or a picture in its place with the tools that belong to it.

import { decodeBase64, isTurnedAlike, showOn } from "./photo.js";

const TINY = 200; // pixels: a smaller picture is shown as the pixels it is made of
const HAS_PAGES = /pdf|tiff/;

const byId = (id) => document.getElementById(id);

export class Stage {
  // What somebody brought: its blob, what the browser made of it, or null, and which page is shown.
  picture = null;

  show(blob, bitmap, name) {
    this.picture = { blob, bitmap, page: 0, isDrawn: false };
    this.#swap(true);
    byId("file-name").textContent = name || "Picture";
    if (bitmap) this.#show(bitmap);
    this.turnTo(0);
  }

  showPad() {
    this.picture = null;
    this.#swap(false);
  }

  // Whether the service has to draw the picture: the browser cannot, or turns it in another way.
  needsDrawing(reading) {
    const { bitmap } = this.picture;
    return !bitmap || (reading !== undefined && !isTurnedAlike(bitmap, reading.width, reading.height));
  }

  async showDrawn(overlay) {
    const picture = this.picture;
    const bitmap = await decodeBase64(overlay);
    if (this.picture !== picture) return;
    picture.isDrawn = true;
    this.#show(bitmap);
  }

  showFailure() {
    byId("unshown").hidden = !this.picture || !byId("picture").hidden;
  }

  // Only the service can tell how many pages there are: it refuses one that is not.
  turnTo(page) {
    this.picture.page = page;
    byId("page-tools").hidden = !HAS_PAGES.test(this.picture.blob.type);
    byId("page-number").textContent = `Page ${page + 1}`;
    byId("previous-page").disabled = page === 0;
    byId("next-page").disabled = false;
  }

  refusePage() {
    this.turnTo(this.picture.page - 1);
    byId("next-page").disabled = true;
  }

  #show(bitmap) {
    showOn(byId("picture"), bitmap);
    byId("stage").style.setProperty("--ratio", (bitmap.width / bitmap.height).toFixed(4));
    byId("picture").classList.toggle("tiny", Math.max(bitmap.width, bitmap.height) < TINY);
    byId("picture").hidden = false;
    byId("unshown").hidden = true;
  }

  #swap(isPicture) {
    byId("stage").classList.toggle("shows-picture", isPicture);
    byId("pad").hidden = byId("pen-tools").hidden = isPicture;
    byId("picture-tools").hidden = !isPicture;
    byId("picture").hidden = byId("unshown").hidden = byId("page-tools").hidden = true;
  }
}
