// A small editor: a textarea that keeps what browsers do well (undo, selection, input methods, screen readers), laid over its
// own text in colours. Lines carry marks: the one that runs, and what is wrong on them.
import { make } from "/static/look/dom.js";
import { lines } from "./python.js";

const INDENT = "    ";

export class Editor {
  constructor(host, { id, label, skills, changed, moved, empty }) {
    Object.assign(this, { skills, changed, moved });
    this.marks = new Map(); // line -> {text, kind: "wrong" | "failed"}
    this.now = 0;
    this.free = false; // whether Tab leaves
    this.gutter = make("div", { class: "gutter", "aria-hidden": "true" });
    this.paint = make("pre", { class: "paint", "aria-hidden": "true" });
    this.area = make("textarea", {
      id, "aria-label": label, spellcheck: "false", autocapitalize: "off", autocomplete: "off", wrap: "off",
        placeholder: empty,
      "aria-describedby": `${id}-problems`,
      oninput: () => { this.draw(); this.changed(this.area.value); },
      onkeydown: (event) => this.key(event),
      onfocus: () => { this.free = false; },
      onkeyup: () => this.moved?.(this.word()), onclick: () => this.moved?.(this.word()),
    });
    this.scroller = make("div", { class: "editor" }, this.gutter, make("div", { class: "pane" }, this.paint,
      this.area));
    this.problems = make("ul", { class: "problems", id: `${id}-problems`, "aria-live": "polite" });
    host.append(this.scroller, this.problems);
    this.draw();
  }

  get value() { return this.area.value; }

  set value(text) {
    if (text === this.area.value) return;
    this.area.value = text;
    this.draw();
  }

  set busy(is) {
    this.area.readOnly = is;
    this.scroller.classList.toggle("busy", is);
  }

  /** Marks lines: [{line, message, kind}]. Messages stand at their line and in a list below. */
  mark(problems) {
    this.marks = new Map();
    for (const problem of problems)
      if (problem.line && !this.marks.has(problem.line)) this.marks.set(problem.line, problem);
    this.area.setAttribute("aria-invalid", String(problems.length > 0));
    this.problems.replaceChildren(...problems.map((problem) => make("li", { class: problem.kind },
      problem.line ? make("button", { type: "button", class: "linklike",
        text: `line ${problem.line}`, onclick: () => this.go(problem.line) }) : null,
      make("span", { text: `${problem.line ? ": " : ""}${problem.message}${problem.hint ? ` ${problem.hint}` : ""}` }))));
    this.draw();
  }

  /** Marks the line that runs (0: none) and keeps it in sight. */
  run(line) {
    if (line === this.now) return;
    this.now = line;
    this.draw();
    const row = line && this.paint.children[line - 1];
    if (!row) return;
    const { offsetTop, offsetHeight } = row;
    const { scrollTop, clientHeight } = this.scroller;
    if (offsetTop < scrollTop
      || offsetTop + offsetHeight > scrollTop + clientHeight) this.scroller.scrollTop = offsetTop - clientHeight / 3;
  }

  /** Puts the caret on a line. */
  go(line) {
    const start = this.area.value.split("\n").slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    this.area.focus();
    this.area.setSelectionRange(start, start);
    this.scroller.scrollTop = Math.max(0, (this.paint.children[line - 1]?.offsetTop
      ?? 0) - this.scroller.clientHeight / 3);
  }

  /** The name that the caret stands on. */
  word() {
    const { value, selectionStart: at } = this.area;
    const head = /\w*$/.exec(value.slice(0, at))[0];
    return head + /^\w*/.exec(value.slice(at))[0];
  }

  draw() {
    const source = lines(this.area.value, this.skills());
    this.paint.replaceChildren(...source.map((parts, index) => {
      const mark = this.marks.get(index + 1);
      const row = make("div", { class: `line${index + 1 === this.now ? " now" : ""}${mark ? ` ${mark.kind}` : ""}` });
      for (const [text, kind] of parts) row.append(kind ? make("span", { class: `k-${kind}`, text }) : text);
      if (!parts.length) row.append("\u200b");
      if (mark) row.append(make("span", { class: "said", text: mark.message }));
      return row;
    }));
    this.gutter.replaceChildren(...source.map((_, index) => {
      const mark = this.marks.get(index + 1);
      return make("div", { class: `${index + 1 === this.now ? "now" : ""} ${mark ? mark.kind : ""}`, text: String(index + 1) });
    }));
  }

  key(event) {
    if (event.key === "Escape") this.free = true;
    else if (event.key === "Tab" && !this.free && !this.area.readOnly) this.tab(event);
    else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) this.newline(event);
  }

  tab(event) {
    event.preventDefault();
    const { value, selectionStart, selectionEnd } = this.area;
    const from = value.lastIndexOf("\n", selectionStart - 1) + 1;
    if (selectionStart === selectionEnd && !event.shiftKey) return void document.execCommand("insertText", false,
      INDENT);
    const block = value.slice(from, Math.max(selectionEnd, from));
    const moved = event.shiftKey ? block.replace(/^ {1,4}/gm, "") : block.replace(/^/gm, INDENT);
    this.area.setSelectionRange(from, Math.max(selectionEnd, from));
    document.execCommand("insertText", false, moved);
    this.area.setSelectionRange(from, from + moved.length);
  }

  newline(event) {
    event.preventDefault();
    const { value, selectionStart } = this.area;
    const line = value.slice(value.lastIndexOf("\n", selectionStart - 1) + 1, selectionStart);
    const indent = /^ */.exec(line)[0] + (/:\s*(#.*)?$/.test(line) ? INDENT : "");
    document.execCommand("insertText", false, `\n${indent}`);
  }
}
