// The page's one dialog: a picture closer, the keys, the token.
import { make } from "/static/look/dom.js";

const dialog = document.getElementById("dialog");

/** Shows content under a title; it closes by Escape, by its button, or by a click beside it. */
export function show(title, ...content) {
  dialog.replaceChildren(
    make("div", { class: "head" }, make("h2", { id: "dialog-title", text: title }),
      make("button", { type: "button", class: "quiet", "aria-label": "Close", text: "✕", onclick: close })),
    ...content);
  if (!dialog.open) dialog.showModal();
}

export function close() {
  dialog.close();
}

export const isOpen = () => dialog.open;

dialog.addEventListener("click", (event) => {
  if (event.target === dialog && !dialog.dataset.must) close();
});

// What is gone must not keep the focus: keys pressed next are meant for the page.
// The event comes late: by then the dialog may have been opened anew.
dialog.addEventListener("close", () => { if (!dialog.open) dialog.replaceChildren(); });

export function enlarge(name, urls) {
  show(name, make("div", { class: "closer" }, ...urls.map((url) => make("img", { src: url, alt: `Picture ${name}` }))));
}
