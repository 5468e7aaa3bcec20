// The sentence as people see it: words, with the pictures that it names standing among them.
import { make } from "/static/look/dom.js";

const NAMES = /\{([^{}\s]+)\}/g;

export class Sentence {
  /** `look(name)` gives {urls, kind} of a picture or null; `changed(text)`, `entered()` and `opened(name)` are told. */
  constructor({ look, changed, entered, opened }) {
    Object.assign(this, { look, changed, entered, opened });
    this.caret = null;
    this.field = make("div", {
      id: "sentence", class: "sentence", contenteditable: "true", role: "textbox", "aria-multiline": "true",
        spellcheck: "false",
      "aria-label": "What to do", "aria-describedby": "sentence-hint",
      "data-placeholder": "For instance: put the red star into the olive container",
      oninput: () => this.typed(),
      onkeydown: (event) => this.key(event),
      onpaste: (event) => this.pasted(event),
    });
    document.addEventListener("selectionchange", () => this.remember());
  }

  get text() {
    return textOf(this.field).replace(/\u00a0/g, " ");
  }

  /** Shows a sentence. */
  set(text) {
    if (text === this.text && !this.stale(text)) return;
    this.field.replaceChildren(...this.parts(text));
    this.caret = null;
    this.field.classList.toggle("empty", !text);
  }

  /** Whether a name of the text now has a picture, or another one, than is shown. */
  stale(text) {
    const shown = [...this.field.querySelectorAll(".chip")].map((chip) => `${chip.dataset.name} ${chip.dataset.urls}`);
    const wanted = [...text.matchAll(NAMES)].map(([, name]) => [name, this.look(name)]).filter(([, held]) => held)
      .map(([name, held]) => `${name} ${held.urls.join(" ")}`);
    return shown.join("|") !== wanted.join("|");
  }

  /** Puts text in where the caret was last, a space around it where one is missing. */
  insert(text) {
    const range = this.caret && this.field.contains(this.caret.startContainer) ? this.caret : this.atEnd();
    range.deleteContents();
    const before = range.cloneRange();
    before.setStart(this.field, 0);
    const head = textOf(before.cloneContents());
    const space = head && !/\s$/.test(head) ? " " : "";
    const nodes = this.parts(`${space}${text} `);
    const last = nodes[nodes.length - 1];
    const part = document.createDocumentFragment();
    part.append(...nodes);
    range.insertNode(part);
    range.setStartAfter(last);
    range.collapse(true);
    this.caret = range.cloneRange();
    this.field.classList.remove("empty");
    this.changed(this.text);
  }

  parts(text) {
    const nodes = [];
    let from = 0;
    for (const match of text.matchAll(NAMES)) {
      const held = this.look(match[1]);
      if (!held) continue;
      if (match.index > from) nodes.push(document.createTextNode(text.slice(from, match.index)));
      nodes.push(this.chip(match[1], held));
      from = match.index + match[0].length;
    }
    if (from < text.length) nodes.push(document.createTextNode(text.slice(from)));
    else if (nodes.length) nodes.push(document.createTextNode(" "));
    return nodes;
  }

  chip(name, held) {
    const pictures = held.urls.map((url, index) => make("img", { src: url, alt: held.urls.length > 1
      ? `${name}, picture ${index + 1}` : name, draggable: "false" }));
    return make("span", { class: `chip ${held.kind}`, contenteditable: "false", "data-name": name, "data-urls": held.urls.join(" ") },
      make("button", { type: "button",
        title: `${name}: look closer`, "aria-label": `Picture ${name}: look closer`,
        onclick: () => this.opened(name) }, ...pictures),
      make("span", { class: "chip-name", text: name, "aria-hidden": "true" }));
  }

  typed() {
    const text = this.text;
    this.field.classList.toggle("empty", !text.trim());
    if (this.stale(text)) {
      this.field.replaceChildren(...this.parts(text));
      this.toEnd();
    }
    this.changed(text);
  }

  key(event) {
    if (event.key !== "Enter" || event.isComposing || event.target !== this.field) return;
    event.preventDefault();
    if (event.shiftKey) document.execCommand("insertText", false, "\n");
    else this.entered();
  }

  pasted(event) {
    if ([...event.clipboardData.files].some((file) => file.type.startsWith("image/"))) return; // the composer takes it
    event.preventDefault();
    document.execCommand("insertText", false, event.clipboardData.getData("text/plain"));
  }

  remember() {
    // A selection that moved because its text was replaced, while something else has the focus, is nobody's caret.
    if (document.activeElement !== this.field) return;
    const selection = getSelection();
    if (selection.rangeCount && this.field.contains(selection.anchorNode)) this.caret = selection.getRangeAt(0).cloneRange();
  }

  atEnd() {
    const range = document.createRange();
    range.selectNodeContents(this.field);
    range.collapse(false);
    return range;
  }

  toEnd() {
    const selection = getSelection();
    selection.removeAllRanges();
    selection.addRange(this.atEnd());
  }
}

function textOf(node) {
  let text = "";
  for (const child of node.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) text += child.textContent;
    else if (child.dataset?.name) text += `{${child.dataset.name}}`;
    else if (child.tagName === "BR") text += child.nextSibling ? "\n" : "";
    else text += textOf(child);
  }
  return text;
}
