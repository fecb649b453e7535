// Where pictures come from besides the pad: chosen, dropped or pasted.

export function takePictures(take) {
  const file = document.getElementById("file");
  const stage = document.getElementById("stage");

  document.getElementById("choose").addEventListener("click", () => file.click());
  file.addEventListener("change", () => {
    if (file.files.length) take(file.files[0]);
    file.value = ""; // so that the same one can be chosen again
  });

  // All of the page is a place to drop on: a picture dropped beside the pad would replace the page.
  addEventListener("dragover", (event) => {
    event.preventDefault();
    stage.classList.add("dropping");
  });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) stage.classList.remove("dropping");
  });
  addEventListener("drop", (event) => {
    event.preventDefault();
    stage.classList.remove("dropping");
    if (event.dataTransfer.files.length) take(event.dataTransfer.files[0]);
  });

  addEventListener("paste", (event) => {
    const pasted = event.clipboardData?.files ?? [];
    if (!pasted.length) return;
    event.preventDefault();
    take(pasted[0]);
  });
}
