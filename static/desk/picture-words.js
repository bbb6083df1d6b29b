// A picture dropped on, pasted into or chosen for a text goes into the library; its line is put
// where she was writing, and its words are asked for at once. Without this she adds it at Pictures.
// The toolbar in editor.js opens the chooser with the event choose-picture and places the line at
// the event place-line.

const token = () => document.querySelector("[name=csrfmiddlewaretoken]").value;

function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Send a picture: {image_code, words} of the one now in the library. Throws the server's sentence. */
async function send(file, address) {
  const body = new FormData();
  body.append("image", file);
  let response;
  try {
    response = await fetch(address, { method: "POST", body, headers: { "X-CSRFToken": token() } });
  } catch {
    throw new Error("The server cannot be reached. The picture was not added.");
  }
  if (response.redirected) throw new Error("You are signed out. Sign in again in another tab.");
  if (response.status === 413) throw new Error("The file is larger than 20 MB. Save it smaller.");
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  throw new Error(answer.image?.join(" ") ?? "The picture could not be added. Try again.");
}

/** Ask for the words of the picture in a dialog; ends when they are kept or left for later. */
async function askForWords(address) {
  const dialog = make("dialog", { class: "picture-words", "aria-labelledby": "picture-words" });
  const show = (html) => {
    dialog.innerHTML = html; // our own template
    (dialog.querySelector("[aria-invalid=true]") ?? dialog.querySelector("textarea")).focus();
  };
  dialog.addEventListener("click", (event) => {
    if (event.target.closest("[data-later]")) dialog.close();
  });
  dialog.addEventListener("submit", async (event) => {
    event.preventDefault();
    const body = new FormData(event.target);
    const response = await fetch(address, { method: "POST", body }).catch(() => null);
    if (response?.status === 204) dialog.close();
    else if (response?.ok && !response.redirected) show(await response.text());
    else {
      const sorry = "The words could not be kept. Copy them, and sign in again in another tab.";
      dialog.querySelector(".buttons").before(make("p", { class: "errornote", role: "alert" }, sorry));
    }
  });
  const response = await fetch(address).catch(() => null);
  if (!response?.ok || response.redirected) return;
  document.body.append(dialog);
  const closed = new Promise((resolve) => dialog.addEventListener("close", resolve));
  dialog.showModal();
  show(await response.text());
  await closed;
  dialog.remove();
}

for (const editor of document.querySelectorAll("textarea.markdownx-editor")) {
  const area = editor.parentElement;
  const address = editor.dataset.markdownxUploadUrlsPath;
  const chooser = make("input", { type: "file", accept: "image/*,.heic,.heif", multiple: "", hidden: "" });
  const status = make("p", { class: "picture-status", role: "status" });
  area.after(chooser, status);

  const add = async (files) => {
    const refused = [];
    for (const file of files) {
      status.className = "picture-status";
      status.textContent = `Adding ${file.name}…`;
      try {
        const picture = await send(file, address);
        editor.dispatchEvent(new CustomEvent("place-line", { detail: picture.image_code.trim() }));
        status.textContent = `${file.name} is in your library and placed in the text.`;
        await askForWords(picture.words);
        editor.focus();
        editor.dispatchEvent(new Event("input", { bubbles: true })); // the preview knows the words now
      } catch (error) {
        refused.push(`${file.name}: ${error.message}`);
      }
    }
    if (!refused.length) return;
    status.className = "picture-status refused";
    status.textContent = refused.join(" ");
  };

  // While the event is on its way down, before django-markdownx's own handlers: they write
  // "Invalid response" into the text when a picture is refused.
  const take = (event) => {
    const data = event.clipboardData ?? event.dataTransfer;
    const words = data?.getData("text/html").replace(/<[^>]*>/g, "").trim();
    const files = [...(data?.files ?? [])];
    if (!files.length || words) return; // Word sends a picture of its text along with it
    event.preventDefault();
    event.stopPropagation();
    add(files);
  };
  area.addEventListener("paste", take, { capture: true });
  area.addEventListener("drop", take, { capture: true });
  editor.addEventListener("choose-picture", () => chooser.click());
  chooser.addEventListener("change", async () => {
    const files = [...chooser.files];
    chooser.value = ""; // so that the same file may be chosen again
    await add(files);
  });
}

/* A picture dropped beside a text would open in place of the page. */
for (const kind of ["dragover", "drop"]) {
  addEventListener(kind, (event) => {
    if (!event.dataTransfer?.types.includes("Files") || event.defaultPrevented || event.target.closest?.(".markdownx, .editor, input[type=file]")) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "none";
  });
}
