/* The toolbar above a Markdown field, by mouse and keyboard, and pasted text as Markdown. Every
   change goes through insertText, so that one undo of the browser takes it back. */
const insert = (field, text, start = field.selectionStart, end = field.selectionEnd) => {
  field.focus();
  field.setSelectionRange(start, end);
  document.execCommand(text ? "insertText" : "delete", false, text);
};

const lineOf = (field) => {
  const start = field.value.lastIndexOf("\n", field.selectionStart - 1) + 1;
  const end = field.value.indexOf("\n", field.selectionEnd);
  return [start, end < 0 ? field.value.length : end];
};

/* Put a mark on both sides of the selection, or take it away again. */
const around = (mark) => (field) => {
  let { selectionStart: start, selectionEnd: end } = field;
  const has = field.value.slice(start - mark.length, start) === mark && field.value.slice(end, end + mark.length) === mark;
  const words = field.value.slice(start, end);
  if (has) insert(field, words, start - mark.length, end + mark.length);
  else insert(field, mark + words + mark);
  start += has ? -mark.length : mark.length;
  field.setSelectionRange(start, start + words.length);
};

const heading = (field) => {
  const [start, end] = lineOf(field);
  const [, marks, words] = field.value.slice(start, end).match(/^(#*) ?([^]*)$/);
  const next = { "": "## ", "##": "### " }[marks] ?? "";
  insert(field, next + words, start, end);
};

const list = (field) => {
  const [start, end] = lineOf(field);
  const lines = field.value.slice(start, end).split("\n");
  const listed = lines.every((line) => line.startsWith("- "));
  insert(field, lines.map((line) => (listed ? line.slice(2) : `- ${line}`)).join("\n"), start, end);
};

const link = (field) => {
  const { selectionStart: start } = field;
  const words = field.value.slice(start, field.selectionEnd);
  insert(field, `[${words || "what is there"}](https://)`);
  const from = words ? start + words.length + 3 : start + 1;
  field.setSelectionRange(from, from + (words ? 8 : 13));
};

/* Lines of their own, with a free line before them, after them or both. */
const ownLine = (field, line, begins = true, ends = true) => {
  const before = field.value.slice(0, field.selectionStart);
  const after = field.value.slice(field.selectionEnd);
  const gap = (text, edge) => (text === "" || edge.test(text) ? "" : "\n");
  const above = begins ? gap(before, /\n$/) + gap(before, /\n\n$/) : "";
  const below = ends ? gap(after, /^\n/) + gap(after, /^\n\n/) : "";
  insert(field, above + line + below);
};

const placeable = async () => {
  const address = document.querySelector("[data-placeable]").dataset.placeable;
  return (await fetch(address)).json();
};

/* A list to choose from, by typing a part of a name. */
const choose = (title, rows, empty, more) => new Promise((resolve) => {
  const dialog = document.createElement("dialog");
  dialog.className = "choose";
  dialog.setAttribute("aria-labelledby", "choose-title");
  dialog.innerHTML = '<h2 id="choose-title"></h2><p><label for="choose-part">Part of the name</label> <input id="choose-part" autocomplete="off"></p><ul></ul><p class="none"></p><p><button type="button" class="close">Close</button></p>';
  dialog.querySelector("h2").textContent = title;
  const part = dialog.querySelector("input");
  const show = () => {
    const found = rows.filter((row) => `${row.words} ${row.line}`.toLowerCase().includes(part.value.trim().toLowerCase()));
    dialog.querySelector("ul").replaceChildren(...found.slice(0, 30).map((row) => {
      const item = document.createElement("li");
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: row.words });
      if (row.shown) button.prepend(Object.assign(document.createElement("img"), { src: row.shown, alt: "", loading: "lazy" }));
      button.append(Object.assign(document.createElement("code"), { textContent: row.line }));
      button.addEventListener("click", () => dialog.close(row.line));
      item.append(button);
      return item;
    }));
    dialog.querySelector(".none").textContent = rows.length ? (found.length ? "" : "Nothing has this in its name.") : empty;
  };
  part.addEventListener("input", show);
  part.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    dialog.querySelector("ul button")?.click();
  });
  dialog.querySelector(".close").addEventListener("click", () => dialog.close(""));
  if (more) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: more });
    button.addEventListener("click", () => dialog.close(ANOTHER));
    dialog.querySelector(".close").before(button, " ");
  }
  dialog.addEventListener("close", () => { dialog.remove(); resolve(dialog.returnValue); });
  document.body.append(dialog);
  show();
  dialog.showModal();
});

const ANOTHER = "another";
const addPicture = (field) => field.dispatchEvent(new Event("choose-picture")); // to picture-words.js

const place = (kind, title, empty, more) => async (field) => {
  const line = await choose(title, (await placeable())[kind], empty, more);
  field.focus();
  if (line === ANOTHER) addPicture(field);
  else if (line && kind === "source") insert(field, line);
  else if (line) ownLine(field, line);
};

const TOOLS = [
  ["Heading", heading], ["Bold", around("**"), "b"], ["Italic", around("*"), "i"],
  ["List", list], ["Link", link, "k"],
];
const PLACING = [
  ["Picture", place("picture", "Place a picture", "There is no picture yet.", "Add one from this device")],
  ["Exercise card", place("card", "Place an exercise card", "There is no exercise yet.")],
  ["Source", place("source", "Cite a source", "Add the source below the text first.")],
];

/* Text from Word, Google Docs or WordPress as Markdown. */
const block = { H1: "## ", H2: "## ", H3: "### ", H4: "#### ", H5: "#### ", H6: "#### " };
const wrapped = (words, open, close = open) => {
  const [, before, middle, after] = words.match(/^(\s*)([^]*?)(\s*)$/);
  return middle ? before + open + middle + close + after : words;
};
const inline = (node) => {
  if (node.nodeType === Node.TEXT_NODE) return node.data.replace(/[\s\u00a0]+/g, " ").replace(/([*_\[\]`])/g, "\\$1");
  if (node.nodeType !== Node.ELEMENT_NODE || node.matches("style, script, meta, title")) return "";
  if (node.tagName === "BR") return "\n";
  const words = [...node.childNodes].map(inline).join("");
  const style = node.dataset.style ?? "";
  const weight = style.match(/font-weight:\s*(\w+)/)?.[1];
  const bold = weight ? weight === "bold" || Number(weight) >= 600 : node.matches("b, strong");
  const italic = /font-style:\s*italic/.test(style) || (node.matches("i, em") && !/font-style:\s*normal/.test(style));
  const href = node.tagName === "A" && /^(https?|mailto|tel):/.test(node.href) ? node.getAttribute("href") : "";
  if (href && node.textContent.trim() === href) return `<${href}>`;
  if (href) return words.trim() ? wrapped(words, "[", `](${href.trim().replace(/\s/g, "%20")})`) : "";
  if (node.matches(BLOCKS)) return `\n${words}\n`;
  return wrapped(wrapped(words, italic ? "*" : ""), bold ? "**" : "");
};
const BLOCKS = "address, article, aside, blockquote, div, dl, dt, dd, figure, h1, h2, h3, h4, h5, h6, li, main, ol, p, section, table, tr, ul";
/* Word writes a list as paragraphs with the mark in them; marks holds those that this one is below. */
const wordList = (node, marks) => {
  const style = node.dataset.style ?? "";
  if (!/mso-list/.test(style)) return null;
  const copy = node.cloneNode(true);
  for (const part of copy.querySelectorAll("[data-style*='mso-list']")) part.remove();
  const level = Number(style.match(/level(\d)/)?.[1] ?? 1) - 1;
  const mark = /^\s*\d+[.)]/.test(node.textContent) ? "1." : "-";
  while (marks.length < level) marks.push("-");
  marks.length = level;
  const indent = marks.map((above) => " ".repeat(above.length + 1)).join("");
  marks.push(mark);
  return `${indent}${mark} ${inline(copy).replace(/^\s*(?:[·•o§-]|\d+[.)])\s+/, "").trim()}`;
};
const table = (node) => {
  const rows = [...node.rows].map((row) => [...row.cells].map((cell) => inline(cell).replace(/\s+/g, " ").trim().replaceAll("|", "\\|")));
  rows.splice(1, 0, rows[0].map(() => "---"));
  return rows.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
};
const joined = (out) => out.map(([kind, line], i) => (i ? (kind === "list" && out[i - 1][0] === "list" ? "\n" : "\n\n") : "") + line).join("");
const blocks = (node, out, indent = "") => {
  const marks = [];
  let words = "";
  const flush = () => {
    if (words.trim()) out.push(["", indent + words.trim().replace(/ *\n */g, "\n")]);
    words = "";
  };
  for (const child of node.childNodes) {
    const element = child.nodeType === Node.ELEMENT_NODE;
    if (!element || !(child.matches(BLOCKS) || child.querySelector(BLOCKS))) { words += inline(child); continue; }
    flush();
    const item = wordList(child, marks);
    if (item) out.push(["list", item]);
    else if (child.matches("ul, ol")) {
      let mark = "- ";
      [...child.children].forEach((entry, i) => {
        const nested = [...entry.children].filter((part) => part.matches("ul, ol"));
        const copy = entry.cloneNode(true);
        for (const part of copy.querySelectorAll("ul, ol")) part.remove();
        if (!entry.matches("ul, ol")) mark = child.tagName === "OL" ? `${i + 1}. ` : "- ";
        const below = indent + " ".repeat(mark.length);
        const own = inline(copy).trim().replace(/\s*\n\s*/g, `\n${below}`);
        if (entry.matches("ul, ol")) blocks({ childNodes: [entry] }, out, below);
        else if (own) out.push(["list", indent + mark + own]);
        for (const part of nested) blocks({ childNodes: [part] }, out, below);
      });
    } else if (child.matches("blockquote")) {
      const quoted = [];
      blocks(child, quoted);
      if (quoted.length) out.push(["", joined(quoted).replace(/^/gm, "> ")]);
    } else if (child.matches("table") && child.rows[0]?.cells.length > 1 && !child.querySelector("table")) {
      out.push(["", table(child)]);
    } else if (child.tagName in block && !child.querySelector("p, div, ul, ol")) {
      const own = inline(child).trim().replace(/^\*\*([^*]*)\*\*$/, "$1");
      if (own) out.push(["", block[child.tagName] + own.replace(/\n/g, " ")]);
    } else blocks(child, out, indent);
  }
  flush();
};
const markdown = (html) => {
  const out = [];
  // As data: the policy of the site forbids style attributes, also in a text that is only read.
  const plain = html.replace(/(<[^>]*?)\sstyle\s*=/gi, "$1 data-style=");
  blocks(new DOMParser().parseFromString(plain, "text/html").body, out);
  return joined(out).replace(/(?<!\*)(?:\*{4}|\*{6})(?!\*)/g, ""); // one bold word in two pieces
};
const FORMATTED = /<(?:h[1-6]|b|strong|i|em|ul|ol|li|a|p|table)\b|mso-list|font-weight/i;

for (const field of document.querySelectorAll("textarea.markdownx-editor")) {
  const placing = document.querySelector("[data-placeable]");
  const bar = document.createElement("div");
  bar.className = "toolbar";
  bar.setAttribute("role", "group");
  bar.setAttribute("aria-label", "Form of the text");
  for (const [name, act, letter] of [...TOOLS, ...(placing ? PLACING : [["Picture", addPicture]])]) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: name });
    if (letter) button.setAttribute("aria-keyshortcuts", `Control+${letter.toUpperCase()}`);
    button.addEventListener("click", () => act(field));
    bar.append(button);
  }
  field.before(bar);

  field.addEventListener("keydown", (event) => {
    const tool = (event.ctrlKey || event.metaKey) && TOOLS.find(([, , letter]) => letter && letter === event.key.toLowerCase());
    if (!tool) return;
    event.preventDefault();
    tool[1](field);
  });
  field.addEventListener("paste", (event) => {
    const html = event.clipboardData.getData("text/html");
    if (!FORMATTED.test(html)) return;
    event.preventDefault();
    const text = markdown(html);
    const begins = /^(?:#|> |\| |- |\d+\. )/.test(text); // what counts only at the start of a line
    ownLine(field, text, begins, begins || text.includes("\n\n"));
  });
  field.addEventListener("place-line", (event) => ownLine(field, event.detail)); // picture-words.js
}

/* django-markdownx indents with Tab, which locks the keyboard in; here Tab goes on. */
addEventListener("keydown", (event) => {
  if (event.key === "Tab" && event.target.matches?.("textarea.markdownx-editor")) event.stopImmediatePropagation();
}, true);
