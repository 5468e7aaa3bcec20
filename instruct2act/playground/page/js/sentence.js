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
    // The browser tells of a caret that moved a while later: when the person has left already, and never again.
    this.field.addEventListener("blur", () => this.remember());
    document.addEventListener("selectionchange", () => {
      // A selection that moved because its text was replaced, while something else has the focus, is nobody's caret.
      if (document.activeElement === this.field) this.remember();
    });
  }

  get text() {
    return textOf(this.field).replace(/\u00a0/g, " ");
  }

  /** Shows a sentence; the caret of one that is the same in words stays where it was. */
  set(text) {
    const same = text === this.text;
    if (same && !this.stale(text)) return;
    this.show(text, same ? this.caret : null);
  }

  /** Draws a sentence anew, and puts the caret as many characters into it as it was before. */
  show(text, caret) {
    const count = caret && this.field.contains(caret.startContainer) ? this.upTo(caret).length : null;
    this.field.replaceChildren(...this.parts(text));
    this.field.classList.toggle("empty", !text.trim());
    this.caret = count === null ? null : this.at(count);
    this.follow();
  }

  /** Where a person is typing, what they type next stands where the caret was put. */
  follow() {
    if (document.activeElement !== this.field) return;
    getSelection().removeAllRanges();
    getSelection().addRange(this.caret?.cloneRange() ?? this.atEnd());
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
    const head = this.upTo(range);
    const space = head && !/\s$/.test(head) ? " " : "";
    const nodes = this.parts(`${space}${text} `);
    const last = nodes[nodes.length - 1];
    const part = document.createDocumentFragment();
    part.append(...nodes);
    range.insertNode(part);
    range.setStartAfter(last);
    range.collapse(true);
    this.caret = range.cloneRange();
    this.follow();
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
    this.remember();
    if (this.stale(text)) this.show(text, this.caret);
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
    const selection = getSelection();
    if (selection.rangeCount && this.field.contains(selection.anchorNode)) this.caret = selection.getRangeAt(0).cloneRange();
  }

  atEnd() {
    const range = document.createRange();
    range.selectNodeContents(this.field);
    range.collapse(false);
    return range;
  }

  /** Takes the keyboard to where the caret was last. */
  focus() {
    const { caret } = this; // that the field is given the keyboard moves it
    this.field.focus();
    this.caret = caret && this.field.contains(caret.startContainer) ? caret : null;
    this.follow();
  }

  /** What stands before a range. */
  upTo(range) {
    const before = range.cloneRange();
    before.collapse(true);
    before.setStart(this.field, 0);
    return textOf(before.cloneContents());
  }

  /** The place so many characters into a sentence that was just drawn; never inside of a picture. */
  at(count) {
    const range = this.atEnd();
    let left = count;
    for (const child of this.field.childNodes) {
      const isText = child.nodeType === Node.TEXT_NODE;
      const { length } = wordsOf(child);
      if (isText && left <= length) range.setStart(child, left);
      else if (!isText && left < length) range.setStartBefore(child);
      else {
        left -= length;
        continue;
      }
      break;
    }
    range.collapse(true);
    return range;
  }
}

const textOf = (node) => [...node.childNodes].map(wordsOf).join("");

function wordsOf(node) {
  if (node.nodeType === Node.TEXT_NODE) return node.textContent;
  if (node.dataset?.name) return `{${node.dataset.name}}`;
  if (node.tagName === "BR") return node.nextSibling ? "\n" : "";
  return textOf(node);
}
