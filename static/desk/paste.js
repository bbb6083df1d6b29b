/* Converts formatted text from the clipboard (Word, Google Docs, WordPress, web pages) to Markdown.
   Uses nothing of the page, only a DOMParser: tests/static/test_paste.py calls it by itself. */

const BLOCK_TAGS = `address, article, aside, blockquote, div, dl, dt, dd, figure, h1, h2, h3, h4, h5, h6,
  li, main, ol, p, section, table, tr, ul`;
const HEADING_MARKS = { H1: "## ", H2: "## ", H3: "### ", H4: "#### ", H5: "#### ", H6: "#### " };
const FORMATTING = /<(?:h[1-6]|b|strong|i|em|ul|ol|li|a|p|table)\b|mso-list|font-weight/i;

/** True for HTML with formatting that Markdown can express; other text is pasted by the browser. */
export const isFormatted = (html) => FORMATTING.test(html);

/** The Markdown of an HTML text. Links keep only http, https, mailto and tel addresses. */
export function toMarkdown(html) {
  // The site's content security policy forbids style attributes, even in a document that is only
  // parsed; as data attributes they can be read.
  const source = html.replace(/(<[^>]*?)\sstyle\s*=/gi, "$1 data-style=");
  const { body } = new DOMParser().parseFromString(source, "text/html");
  const markdown = joinBlocks(blocksOf(body));
  return markdown.replace(/(?<!\*)(?:\*{4}|\*{6})(?!\*)/g, ""); // "**Hip****s**": one word in two elements
}

/* A block of Markdown. The items of a list follow each other without an empty line. */
const paragraph = (text) => ({ text, isItem: false });
const listItem = (text) => ({ text, isItem: true });

function joinBlocks(blocks) {
  const gap = (block, i) => (i === 0 ? "" : block.isItem && blocks[i - 1].isItem ? "\n" : "\n\n");
  return blocks.map((block, i) => gap(block, i) + block.text).join("");
}

/** The blocks inside a node. Text and inline elements between two block elements are a paragraph. */
function blocksOf(node, indent = "") {
  const blocks = [];
  const wordMarks = []; // the marks of the Word list items that the current one is nested in
  let text = "";
  const endParagraph = () => {
    if (text.trim()) blocks.push(paragraph(indent + text.trim().replace(/ *\n */g, "\n")));
    text = "";
  };
  for (const child of node.childNodes) {
    if (isBlock(child)) {
      endParagraph();
      blocks.push(...blocksOfElement(child, indent, wordMarks));
    } else text += inlineMarkdown(child);
  }
  endParagraph();
  return blocks;
}

function isBlock(node) {
  return node.nodeType === Node.ELEMENT_NODE && (node.matches(BLOCK_TAGS) || node.querySelector(BLOCK_TAGS) !== null);
}

function blocksOfElement(element, indent, wordMarks) {
  if (/mso-list/.test(element.dataset.style)) return [listItem(wordListItem(element, wordMarks))];
  if (element.matches("ul, ol")) return listBlocks(element, indent);
  if (element.matches("blockquote")) return quoteBlocks(element);
  if (isDataTable(element)) return [paragraph(tableMarkdown(element))];
  if (element.tagName in HEADING_MARKS && !element.querySelector("p, div, ul, ol")) return headingBlocks(element);
  return blocksOf(element, indent);
}

function headingBlocks(heading) {
  const text = inlineMarkdown(heading).trim().replace(/^\*\*([^*]*)\*\*$/, "$1"); // a heading is bold by itself
  return text ? [paragraph(HEADING_MARKS[heading.tagName] + text.replace(/\n/g, " "))] : [];
}

function quoteBlocks(quote) {
  const blocks = blocksOf(quote);
  return blocks.length ? [paragraph(joinBlocks(blocks).replace(/^/gm, "> "))] : [];
}

/** The items of a list, nested lists indented below their item. Google Docs nests a list beside its
    item instead of inside it. */
function listBlocks(list, indent) {
  const blocks = [];
  let mark = "- ";
  [...list.children].forEach((entry, i) => {
    if (entry.matches("ul, ol")) {
      blocks.push(...blocksOfElement(entry, indent + " ".repeat(mark.length), []));
      return;
    }
    mark = list.tagName === "OL" ? `${i + 1}. ` : "- ";
    const below = indent + " ".repeat(mark.length);
    const ownContent = entry.cloneNode(true);
    for (const nested of ownContent.querySelectorAll("ul, ol")) nested.remove();
    const text = inlineMarkdown(ownContent).trim().replace(/\s*\n\s*/g, `\n${below}`);
    if (text) blocks.push(listItem(indent + mark + text));
    for (const nested of entry.children) {
      if (nested.matches("ul, ol")) blocks.push(...blocksOfElement(nested, below, []));
    }
  });
  return blocks;
}

/** Word writes each list item as a paragraph that holds its mark as text. */
function wordListItem(item, marks) {
  const content = item.cloneNode(true);
  for (const part of content.querySelectorAll("[data-style*='mso-list']")) part.remove();
  const level = Number(item.dataset.style.match(/level(\d)/)?.[1] ?? 1) - 1;
  const mark = /^\s*\d+[.)]/.test(item.textContent) ? "1." : "-";
  while (marks.length < level) marks.push("-");
  marks.length = level;
  const indent = marks.map((outer) => " ".repeat(outer.length + 1)).join("");
  marks.push(mark);
  const text = inlineMarkdown(content).replace(/^\s*(?:[·•o§-]|\d+[.)])\s+/, "").trim();
  return `${indent}${mark} ${text}`;
}

/** False for tables of one column and for nested tables, which only lay out a page. */
function isDataTable(element) {
  return element.matches("table") && element.rows[0]?.cells.length > 1 && !element.querySelector("table");
}

function tableMarkdown(table) {
  const cellText = (cell) => inlineMarkdown(cell).replace(/\s+/g, " ").trim().replaceAll("|", "\\|");
  const rows = [...table.rows].map((row) => [...row.cells].map(cellText));
  rows.splice(1, 0, rows[0].map(() => "---"));
  return rows.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function inlineMarkdown(node) {
  if (node.nodeType === Node.TEXT_NODE) return node.data.replace(/[\s\u00a0]+/g, " ").replace(/([*_\[\]`])/g, "\\$1");
  if (node.nodeType !== Node.ELEMENT_NODE || node.matches("style, script, meta, title")) return "";
  if (node.tagName === "BR") return "\n";
  const text = [...node.childNodes].map(inlineMarkdown).join("");
  const href = safeHref(node);
  if (href && node.textContent.trim() === href) return `<${href}>`;
  if (href) return text.trim() ? wrap(text, "[", `](${href.trim().replace(/\s/g, "%20")})`) : "";
  if (node.matches(BLOCK_TAGS)) return `\n${text}\n`;
  return wrap(wrap(text, isItalic(node) ? "*" : ""), isBold(node) ? "**" : "");
}

function safeHref(node) {
  return node.tagName === "A" && /^(https?|mailto|tel):/.test(node.href) ? node.getAttribute("href") : "";
}

/* Google Docs puts a whole text into <b style="font-weight:normal">, so the style decides. */
function isBold(node) {
  const weight = (node.dataset.style ?? "").match(/font-weight:\s*(\w+)/)?.[1];
  return weight ? weight === "bold" || Number(weight) >= 600 : node.matches("b, strong");
}

function isItalic(node) {
  const style = node.dataset.style ?? "";
  return /font-style:\s*italic/.test(style) || (node.matches("i, em") && !/font-style:\s*normal/.test(style));
}

/** Put marks around a text, inside its leading and trailing white space. */
function wrap(text, open, close = open) {
  const [, before, middle, after] = text.match(/^(\s*)([^]*?)(\s*)$/);
  return middle ? before + open + middle + close + after : text;
}
