// A picture that is dropped on, pasted into or chosen for a text is uploaded to the library and placed
// at the cursor, and a dialog asks for its text alternative. Without this script, pictures are added
// under Pictures. The event choose-picture, from toolbar.js, opens the file chooser; the event
// place-line asks toolbar.js to insert the line of a picture.

const csrfToken = () => document.querySelector("[name=csrfmiddlewaretoken]").value;

function createElement(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Upload a picture. Returns its {image_code, words}: the line that places it and the address of its
    text alternative. Throws an error with a sentence for the trainer. */
async function upload(file, address) {
  const body = new FormData();
  body.append("image", file);
  let response;
  try {
    response = await fetch(address, { method: "POST", body, headers: { "X-CSRFToken": csrfToken() } });
  } catch {
    throw new Error("The server cannot be reached. The picture was not added.");
  }
  if (response.redirected) throw new Error("You are signed out. Sign in again in another tab.");
  if (response.status === 413) throw new Error("The file is larger than 20 MB. Save it smaller.");
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  throw new Error(answer.image?.join(" ") ?? "The picture could not be added. Try again.");
}

/** Ask for the text alternative in a dialog. Resolves when the dialog is closed. */
async function askForWords(address) {
  const dialog = createElement("dialog", { class: "picture-words", "aria-labelledby": "picture-words" });
  const show = (html) => {
    dialog.innerHTML = html; // a template of this site
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
      const problem = "The words could not be saved. Copy them, and sign in again in another tab.";
      dialog.querySelector(".buttons").before(createElement("p", { class: "errornote", role: "alert" }, problem));
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
  const chooser = createElement("input", { type: "file", accept: "image/*,.heic,.heif", multiple: "", hidden: "" });
  const status = createElement("p", { class: "picture-status", role: "status" });
  area.after(chooser, status);

  const add = async (files) => {
    const problems = [];
    for (const file of files) {
      status.className = "picture-status";
      status.textContent = `Adding ${file.name}…`;
      try {
        const picture = await upload(file, address);
        editor.dispatchEvent(new CustomEvent("place-line", { detail: picture.image_code.trim() }));
        status.textContent = `${file.name} is in your library and placed in the text.`;
        await askForWords(picture.words);
        editor.focus();
        editor.dispatchEvent(new Event("input", { bubbles: true })); // updates the preview
      } catch (error) {
        problems.push(`${file.name}: ${error.message}`);
      }
    }
    if (!problems.length) return;
    status.className = "picture-status refused";
    status.textContent = problems.join(" ");
  };

  // In the capture phase, before django-markdownx's own handlers: they would write "Invalid response"
  // into the text when the server refuses a picture.
  const addFromEvent = (event) => {
    const data = event.clipboardData ?? event.dataTransfer;
    const text = data?.getData("text/html").replace(/<[^>]*>/g, "").trim();
    const files = [...(data?.files ?? [])];
    if (!files.length || text) return; // Word adds a picture of the copied text
    event.preventDefault();
    event.stopPropagation();
    add(files);
  };
  area.addEventListener("paste", addFromEvent, { capture: true });
  area.addEventListener("drop", addFromEvent, { capture: true });
  editor.addEventListener("choose-picture", () => chooser.click());
  chooser.addEventListener("change", async () => {
    const files = [...chooser.files];
    chooser.value = ""; // so that the same file may be chosen again
    await add(files);
  });
}

/* Without this, the browser would leave the page to open a picture that was dropped beside a text. */
for (const kind of ["dragover", "drop"]) {
  addEventListener(kind, (event) => {
    const isHandled = event.defaultPrevented || event.target.closest?.(".markdownx, .editor, input[type=file]");
    if (!event.dataTransfer?.types.includes("Files") || isHandled) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "none";
  });
}
