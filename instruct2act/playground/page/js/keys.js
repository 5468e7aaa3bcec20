// Keys: Escape always stops the arm; single letters work outside of fields, and can be turned off.
import { make } from "/static/look/dom.js";
import * as dialog from "./dialog.js";
import { going, tell } from "./running.js";

const kept = {
  get off() {
    try {
      return localStorage.getItem("letters") === "off";
    } catch {
      return false;
    }
  },
  set off(is) {
    try {
      localStorage.setItem("letters", is ? "off" : "on");
    } catch {
      // A browser that keeps nothing leaves them on.
    }
  },
};

/** `letters` maps a key to [words, action]. */
export function keys(letters) {
  const rows = [
    ["Enter", "in the sentence: write and run"],
    ["Ctrl Enter", "in the program: run it"],
    ["Escape", "stop the arm at once"],
    ...Object.entries(letters).map(([key, [words]]) => [key.toUpperCase(), words]),
    ["Arrows", "on the table: move the cross; Page Down: the next thing"],
    ["Enter", "on the table: pick what is under the cross; of a box, set a corner"],
    ["[ ]", "on the table: another mask of what was picked"],
    ["Escape Tab", "in an editor: leave it (Tab alone indents)"],
    ["?", "these keys"],
  ];
  const help = () => {
    const box = make("input", { type: "checkbox", checked: !kept.off, onchange: () => { kept.off = !box.checked; } });
    dialog.show("Keys", make("dl", { class: "keys" }, ...rows.flatMap(([key, words]) =>
      [make("dt", {}, ...key.split(" ").map((each) => make("kbd", { text: each }))), make("dd", { text: words })])),
      make("label", { class: "radio" }, box, make("span", { text: "Single letters are keys" })));
  };
  document.getElementById("help").addEventListener("click", help);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !dialog.isOpen() && going()) {
      event.preventDefault();
      tell("stop");
      return;
    }
    const typing = event.target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || dialog.isOpen() || event.isComposing) return;
    if (event.key === "?") return void help();
    const found = kept.off ? null : letters[event.key.toLowerCase()];
    if (!found || event.target.closest?.("[role=tablist]")) return;
    event.preventDefault();
    found[1]();
  });
}
