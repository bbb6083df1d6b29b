/* The toolbar above a Markdown field, for mouse and keyboard, and pasting formatted text as Markdown.
   Every change is made with execCommand, so that one undo of the browser reverts it. */
import { isFormatted, toMarkdown } from "./paste.js";

const insert = (field, text, start = field.selectionStart, end = field.selectionEnd) => {
  field.focus();
  field.setSelectionRange(start, end);
  document.execCommand(text ? "insertText" : "delete", false, text);
};

/* The start and end of the lines that the selection touches. */
const selectedLines = (field) => {
  const start = field.value.lastIndexOf("\n", field.selectionStart - 1) + 1;
  const end = field.value.indexOf("\n", field.selectionEnd);
  return [start, end < 0 ? field.value.length : end];
};

/* Put a mark on both sides of the selection, or remove it again. */
const toggleMark = (mark) => (field) => {
  let { selectionStart: start, selectionEnd: end } = field;
  const before = field.value.slice(start - mark.length, start);
  const after = field.value.slice(end, end + mark.length);
  const isMarked = before === mark && after === mark;
  const text = field.value.slice(start, end);
  if (isMarked) insert(field, text, start - mark.length, end + mark.length);
  else insert(field, mark + text + mark);
  start += isMarked ? -mark.length : mark.length;
  field.setSelectionRange(start, start + text.length);
};

/* Plain text becomes "## ", then "### ", then plain text again. */
const cycleHeading = (field) => {
  const [start, end] = selectedLines(field);
  const [, marks, text] = field.value.slice(start, end).match(/^(#*) ?([^]*)$/);
  const next = { "": "## ", "##": "### " }[marks] ?? "";
  insert(field, next + text, start, end);
};

const toggleList = (field) => {
  const [start, end] = selectedLines(field);
  const lines = field.value.slice(start, end).split("\n");
  const isList = lines.every((line) => line.startsWith("- "));
  insert(field, lines.map((line) => (isList ? line.slice(2) : `- ${line}`)).join("\n"), start, end);
};

/* The selection becomes the text of the link; what is still to be typed is then selected. */
const insertLink = (field) => {
  const { selectionStart: start } = field;
  const text = field.value.slice(start, field.selectionEnd);
  insert(field, `[${text || "what is there"}](https://)`);
  const from = text ? start + text.length + 3 : start + 1;
  field.setSelectionRange(from, from + (text ? "https://" : "what is there").length);
};

/* Insert a text with an empty line before it, after it, or both. */
const insertBlock = (field, text, gapBefore = true, gapAfter = true) => {
  const before = field.value.slice(0, field.selectionStart);
  const after = field.value.slice(field.selectionEnd);
  const lineBreak = (neighbor, edge) => (neighbor === "" || edge.test(neighbor) ? "" : "\n");
  const above = gapBefore ? lineBreak(before, /\n$/) + lineBreak(before, /\n\n$/) : "";
  const below = gapAfter ? lineBreak(after, /^\n/) + lineBreak(after, /^\n\n/) : "";
  insert(field, above + text + below);
};

/* Pictures, exercise cards and sources that can be placed in this article. */
const fetchPlaceable = async () => {
  const address = document.querySelector("[data-placeable]").dataset.placeable;
  return (await fetch(address)).json();
};

const element = (tag, properties) => Object.assign(document.createElement(tag), properties);

const CHOOSER = `
  <h2 id="choose-title"></h2>
  <p><label for="choose-part">Part of the name</label> <input id="choose-part" autocomplete="off"></p>
  <ul></ul>
  <p class="none"></p>
  <p><button type="button" class="close">Close</button></p>`;
const ADD_NEW = "another"; // what the dialog returns for its additional button

/* A dialog that lists rows, filtered by a part of their name. Resolves to the Markdown of the chosen
   row, ADD_NEW or "". */
const choose = (title, rows, textIfEmpty, addLabel) => new Promise((resolve) => {
  const dialog = element("dialog", { className: "choose", innerHTML: CHOOSER });
  dialog.setAttribute("aria-labelledby", "choose-title");
  dialog.querySelector("h2").textContent = title;
  const filter = dialog.querySelector("input");
  const rowButton = (row) => {
    const button = element("button", { type: "button", textContent: row.words });
    if (row.shown) button.prepend(element("img", { src: row.shown, alt: "", loading: "lazy" }));
    button.append(element("code", { textContent: row.line }));
    button.addEventListener("click", () => dialog.close(row.line));
    return button;
  };
  const update = () => {
    const part = filter.value.trim().toLowerCase();
    const found = rows.filter((row) => `${row.words} ${row.line}`.toLowerCase().includes(part));
    dialog.querySelector("ul").replaceChildren(...found.slice(0, 30).map((row) => {
      const item = document.createElement("li");
      item.append(rowButton(row));
      return item;
    }));
    const textIfNoneFound = rows.length ? "No name contains this." : textIfEmpty;
    dialog.querySelector(".none").textContent = found.length ? "" : textIfNoneFound;
  };
  filter.addEventListener("input", update);
  filter.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    dialog.querySelector("ul button")?.click();
  });
  const closeButton = dialog.querySelector(".close");
  closeButton.addEventListener("click", () => dialog.close(""));
  if (addLabel) {
    const addButton = element("button", { type: "button", textContent: addLabel });
    addButton.addEventListener("click", () => dialog.close(ADD_NEW));
    closeButton.before(addButton, " ");
  }
  dialog.addEventListener("close", () => { dialog.remove(); resolve(dialog.returnValue); });
  document.body.append(dialog);
  update();
  dialog.showModal();
});

const addPicture = (field) => field.dispatchEvent(new Event("choose-picture")); // to picture-words.js

const placing = (kind, title, textIfEmpty, addLabel) => async (field) => {
  const line = await choose(title, (await fetchPlaceable())[kind], textIfEmpty, addLabel);
  field.focus();
  if (line === ADD_NEW) addPicture(field);
  else if (line && kind === "source") insert(field, line);
  else if (line) insertBlock(field, line);
};

/* Label, action, and the key that calls it together with Control or Command. */
const FORMATTING_TOOLS = [
  ["Heading", cycleHeading], ["Bold", toggleMark("**"), "b"], ["Italic", toggleMark("*"), "i"],
  ["List", toggleList], ["Link", insertLink, "k"],
];
const PLACING_TOOLS = [
  ["Picture", placing("picture", "Place a picture", "There is no picture yet.", "Add one from this device")],
  ["Exercise card", placing("card", "Place an exercise card", "There is no exercise yet.")],
  ["Source", placing("source", "Cite a source", "Add the source below the text first.")],
];

const addToolbar = (field) => {
  const canPlace = document.querySelector("[data-placeable]") !== null;
  const tools = [...FORMATTING_TOOLS, ...(canPlace ? PLACING_TOOLS : [["Picture", addPicture]])];
  const toolbar = element("div", { className: "toolbar" });
  toolbar.setAttribute("role", "group");
  toolbar.setAttribute("aria-label", "Formatting");
  for (const [name, act, key] of tools) {
    const button = element("button", { type: "button", textContent: name });
    if (key) button.setAttribute("aria-keyshortcuts", `Control+${key.toUpperCase()}`);
    button.addEventListener("click", () => act(field));
    toolbar.append(button);
  }
  field.before(toolbar);
};

const onShortcut = (event) => {
  if (!event.ctrlKey && !event.metaKey) return;
  const tool = FORMATTING_TOOLS.find(([, , key]) => key === event.key.toLowerCase());
  if (!tool) return;
  event.preventDefault();
  tool[1](event.target);
};

const onPaste = (event) => {
  const html = event.clipboardData.getData("text/html");
  if (!isFormatted(html)) return;
  event.preventDefault();
  const text = toMarkdown(html);
  const startsLine = /^(?:#|> |\| |- |\d+\. )/.test(text); // marks that count only at the start of a line
  insertBlock(event.target, text, startsLine, startsLine || text.includes("\n\n"));
};

for (const field of document.querySelectorAll("textarea.markdownx-editor")) {
  addToolbar(field);
  field.addEventListener("keydown", onShortcut);
  field.addEventListener("paste", onPaste);
  field.addEventListener("place-line", (event) => insertBlock(field, event.detail)); // from picture-words.js
}

/* django-markdownx makes Tab indent, which traps keyboard users in the field. Let Tab move on. */
addEventListener("keydown", (event) => {
  const isTab = event.key === "Tab" && event.target.matches?.("textarea.markdownx-editor");
  if (isTab) event.stopImmediatePropagation();
}, true);
