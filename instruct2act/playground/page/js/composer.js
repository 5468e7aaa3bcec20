// The instruction: its sentence, crops dropped or pasted into it, and the clicks that it speaks of.
import { make } from "/static/look/dom.js";
import { hear, set, state } from "./store.js";
import { Sentence } from "./sentence.js";
import { clickPhrase, freeName, uploaded } from "./scenes.js";
import { trying } from "./notice.js";
import { enlarge } from "./dialog.js";

/** Builds the composer; `entered` is called on Enter. Returns what puts things into the sentence. */
export function composer(entered) {
  const host = document.getElementById("composer");
  const sentence = new Sentence({
    look: pictureOf, entered, opened: (name) => enlarge(name, pictureOf(name)?.urls || []),
      changed: (text) => set({ text }),
  });
  const file = make("input", { type: "file", accept: "image/png,image/jpeg,image/webp", multiple: true, hidden: true,
    tabindex: "-1",
    onchange: () => { take(file.files); file.value = ""; } });
  const clicks = make("ul", { class: "clicks", "aria-label": "Clicks" });
  const things = document.getElementById("things");
  host.append(
    sentence.field, clicks,
    make("p", { id: "sentence-hint", class: "note hint" },
      "Click objects on the table to put them in; drop or paste pictures, or ",
      make("button", { type: "button", class: "linklike", text: "add a picture", onclick: () => file.click() }),
        ". Enter writes and runs."),
    file);

  async function take(files) {
    for (const each of files) {
      await trying(async () => {
        const made = await uploaded(each);
        put(made);
      });
    }
  }

  /** Puts a picture into the sentence under a new name, which it returns. */
  function put(made) {
    const name = freeName();
    set({ pictures: { ...state.pictures, [name]: made } });
    sentence.insert(`{${name}}`);
    return name;
  }

  function point(xy) {
    set({ clicks: [...state.clicks, xy] });
    sentence.insert(clickPhrase(state.clicks.length - 1));
    return state.clicks.length - 1;
  }

  host.addEventListener("dragover", (event) => {
    event.preventDefault();
    host.classList.add("over");
  });
  host.addEventListener("dragleave", () => host.classList.remove("over"));
  host.addEventListener("drop", (event) => {
    event.preventDefault();
    host.classList.remove("over");
    take(event.dataTransfer.files);
  });
  document.addEventListener("paste", (event) => {
    const pictures = [...event.clipboardData.files].filter((each) => each.type.startsWith("image/"));
    if (!pictures.length || document.getElementById("play").hidden) return;
    event.preventDefault();
    take(pictures);
  });

  hear(["text", "pictures", "scene"], () => sentence.set(state.text));
  hear(["clicks"], () => {
    clicks.hidden = !state.clicks.length;
    clicks.replaceChildren(...state.clicks.map(([x, y], index) => make("li", {},
      `click ${index + 1} at ${Math.round(x)}, ${Math.round(y)}`,
      make("button", { type: "button", class: "quiet", "aria-label": `Remove click ${index + 1}`, text: "✕",
        onclick: () => set({ clicks: state.clicks.filter((_, other) => other !== index) }) }))));
  });
  hear(["scene"], () => {
    const inventory = state.scene?.inventory || [];
    things.hidden = !inventory.length;
    things.replaceChildren(make("span", { class: "note", text: "On the table: " }),
      ...inventory.map((thing) => make("button", { type: "button", class: "thing", text: thing,
        title: "Put its name into the sentence",
        onclick: () => sentence.insert(`the ${thing}`) })));
  });
  return { put, point, sentence };
}

/** The pictures of a name in the sentence: the person's own, else the task's. */
function pictureOf(name) {
  const own = state.pictures[name];
  if (own) return { urls: [own.url], kind: "object" };
  const slot = state.scene?.slots?.[name];
  return slot && slot.pictures?.length ? { urls: slot.pictures, kind: slot.kind === "object" ? "object" : "scene" }
    : null;
}
