// One place for what went wrong: a sentence, and what to do about it.
import { make } from "/static/look/dom.js";

const box = document.getElementById("notice");
let timer = 0;

export function say(message, todo = "", good = false) {
  clearTimeout(timer);
  box.classList.toggle("fine", good);
  box.replaceChildren(
    make("div", {}, make("b", { text: message }), todo ? make("span", { text: " " + todo }) : null),
    make("button", { type: "button", class: "quiet", "aria-label": "Close this message", text: "✕", onclick: hush }),
  );
  box.hidden = false;
  if (good) timer = setTimeout(hush, 4000);
}

export function hush() {
  box.hidden = true;
  box.replaceChildren();
}

/** Runs something that may be refused; says why where it is. Returns undefined then. */
export async function trying(work) {
  try {
    return await work();
  } catch (error) {
    if (error.status === 401) document.dispatchEvent(new CustomEvent("locked", { detail: error }));
    else say(error.message || String(error), error.todo || "");
    return undefined;
  }
}
