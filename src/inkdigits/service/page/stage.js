// The stage: the pad, or a picture in its place with the tools that belong to it.

import { decodeBase64, isTurnedAlike, showOn } from "./photo.js";

const TINY = 200; // pixels: a smaller picture is shown as the pixels it is made of
const HAS_PAGES = /pdf|tiff/; // of types
const NAMED_SO = /\.(pdf|tiff?)$/i; // where the system knows no type

const byId = (id) => document.getElementById(id);

export class Stage {
  // What somebody brought: its blob, what the browser made of it, or null, whether the service has drawn
  // what is shown, and the numbers of the page that is wanted and of the one that is shown, or null.
  picture = null;

  show(blob, bitmap, name) {
    this.picture = { blob, bitmap, page: 0, shown: null, isDrawn: false };
    this.#swap(true);
    byId("file-name").textContent = name || "Picture";
    byId("page-tools").hidden = !HAS_PAGES.test(blob.type) && !NAMED_SO.test(name);
    if (bitmap) this.#show(bitmap);
    this.turnTo(0);
  }

  showPad() {
    this.picture = null;
    this.#swap(false);
  }

  // Whether the service has to draw the picture: the browser cannot, turns it in another way, or knows
  // of no page but the first.
  needsDrawing(reading) {
    const { bitmap, page, isDrawn } = this.picture;
    if (!bitmap || page > 0 || isDrawn) return true;
    return reading !== undefined && !isTurnedAlike(bitmap, reading.width, reading.height);
  }

  async showDrawn(overlay) {
    const { picture } = this;
    const { page } = picture;
    const bitmap = await decodeBase64(overlay);
    if (this.picture !== picture || picture.page !== page) return;
    picture.isDrawn = true;
    this.#show(bitmap);
  }

  // Whether the page that is wanted is the one that is shown.
  get isUpToDate() {
    return this.picture.shown === this.picture.page;
  }

  showFailure() {
    byId("picture").hidden = true;
    byId("unshown").hidden = false;
  }

  // Only the service can tell how many pages there are: it refuses one that is not.
  turnTo(page) {
    this.picture.page = page;
    byId("page-number").textContent = `Page ${page + 1}`;
    byId("previous-page").disabled = page === 0;
    byId("next-page").disabled = false;
  }

  refusePage() {
    this.turnTo(this.picture.page - 1);
    byId("next-page").disabled = true;
  }

  #show(bitmap) {
    this.picture.shown = this.picture.page;
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
