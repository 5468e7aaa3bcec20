// Pointing at things on the table: a click becomes a picture in the sentence, or a "click" that it speaks of; a box a crop.
import { make } from "/static/look/dom.js";
import { state, set } from "./store.js";
import { Boxing } from "./boxing.js";
import { Cross, boxed, outlined, under } from "./masks.js";
import { candidates, crop, cropped, everything } from "./scenes.js";
import { trying } from "./notice.js";

const MODES = { picture: "put its picture into the sentence", point: "point at it", box: "draw a box" };

export class Picker {
  constructor(overlay, bar, { put, point }) {
    Object.assign(this, { overlay, put, point });
    this.mode = "picture";
    this.status = make("p", { id: "picking-status", class: "note", "aria-live": "polite" });
    this.choices = make("span", { class: "choices", role: "group", "aria-label": "Masks of what was picked" });
    const radios = Object.entries(MODES).map(([name, text]) => make("label", { class: "radio" },
      make("input", { type: "radio", name: "picking", value: name, checked: name === this.mode,
        onchange: () => this.setMode(name) }), make("span", { text })));
    bar.append(make("fieldset", { class: "segments" }, make("legend", { text: "Click a thing to" }), ...radios),
      make("div", { class: "picked" }, this.status, this.choices));
    const frame = overlay.frame;
    this.cross = new Cross(overlay, (at) => this.hover(at));
    this.boxing = new Boxing(overlay, (box) => this.drew(box));
    frame.addEventListener("pointermove", (event) => this.hover(overlay.at(event), event));
    frame.addEventListener("pointerleave", () => overlay.layer("hover"));
    frame.addEventListener("pointerdown", (event) => this.down(event));
    frame.addEventListener("pointerup", (event) => this.up(event));
    frame.addEventListener("pointercancel", () => { this.from = null; this.boxing.drop(); });
    frame.addEventListener("keydown", (event) => this.key(event));
    this.reset();
  }

  reset() {
    this.masks = null;
    delete this.overlay.frame.dataset.things;
    this.asked = null;
    this.from = null;
    this.index = null;
    this.cross.clear();
    this.picked = null;
    this.boxing.drop();
    for (const name of ["hover", "picked"]) this.overlay.layer(name);
    this.choices.replaceChildren();
    this.status.textContent = "";
    this.usable(state.scene?.playable !== false);
    clearTimeout(this.soon);
    this.soon = setTimeout(() => this.look(), 200);
  }

  usable(can) {
    this.overlay.frame.classList.toggle("pickable", can);
  }

  setMode(mode) {
    this.mode = mode;
    this.boxing.drop();
    this.overlay.frame.classList.toggle("boxing", mode === "box");
  }

  /** Segments a table once, when it is set: outlines then follow the pointer at once. */
  async look() {
    const scene = state.scene?.scene;
    if (!scene || this.asked === scene) return;
    this.asked = scene;
    try {
      const found = await everything(scene);
      if (state.scene?.scene === scene) this.masks = found;
    } catch {
      // An outline under the pointer is a nicety: a click says what is wrong. Later it may be there.
      if (state.scene?.scene === scene) this.soon = setTimeout(() => { this.asked = null; this.look(); }, 3000);
    }
    if (this.masks) this.overlay.frame.dataset.things = this.masks.length;
  }

  hover(at, event) {
    if (this.mode === "box") return void this.boxing.move(at);
    if (event && event.pointerType === "touch") return;
    const mask = this.masks && under(this.masks, at);
    this.overlay.layer("hover", ...(mask ? [outlined(mask, "hover")] : []));
  }

  down(event) {
    if (event.button !== 0) return;
    this.from = this.overlay.at(event);
    if (this.mode !== "box") return;
    this.boxing.begin(this.from);
    this.overlay.frame.setPointerCapture(event.pointerId);
  }

  up(event) {
    if (!this.from) return;
    const at = this.overlay.at(event);
    this.from = null;
    if (this.mode === "box") this.boxing.end(at);
    else this.pick(at);
  }

  /** A box was drawn: its picture goes into the sentence. */
  drew(box) {
    if (!box) this.tell("Draw the box from corner to corner, around one thing.");
    else trying(async () => this.named(await cropped({ box })));
  }

  /** Enter in box mode: one corner, then the other. */
  corner(event) {
    const { from } = this.boxing;
    if (!this.boxing.key(event, this.cross.at)) return false;
    if (!from) this.tell(`One corner is at ${this.cross.at.map(Math.round).join(", ")}. Move to the other one and press Enter; Backspace takes it back.`);
    else if (event.key === "Backspace") this.tell("The corner was taken back.");
    return true;
  }

  /** Picks what is at a pixel. */
  pick(at) {
    if (!state.scene) return undefined;
    const known = this.masks && under(this.masks, at);
    this.overlay.layer("picked", ...(known ? [outlined(known, "picked")] : []));
    this.tell("Looking at what you clicked …");
    const mode = this.mode;
    return trying(async () => {
      const began = performance.now();
      const { found } = await candidates(at);
      this.overlay.frame.dataset.outlined = Math.round(performance.now() - began);
      if (!found.length) return this.tell("Nothing was found there. Click on an object.");
      this.picked = { at, found, choice: 0, name: null, mode };
      this.draw();
      if (mode === "point") {
        const index = this.point(at);
        this.tell(`Click ${index + 1}. These are the masks that the segmenter offers for it:`);
      } else {
        const made = this.picked;
        made.name = this.put(await crop(found[0], { point: at, choice: 0 }));
        if (this.picked !== made) return undefined; // something else was picked meanwhile
        this.tell(`${made.name} is in the sentence. Its mask:`);
        if (made.choice) await this.recut(made); // another mask was chosen before there was a name
      }
      this.offer();
      return undefined;
    });
  }

  named(made) {
    const name = this.put(made);
    this.picked = null;
    this.choices.replaceChildren();
    this.overlay.layer("picked", boxed(made.from.box, "box kept"));
    this.tell(`${name} is in the sentence.`);
  }

  /** The candidate masks as buttons; the brackets go through them. */
  offer() {
    const { found, choice } = this.picked;
    this.choices.replaceChildren(...found.map((mask, index) => make("button", {
      type: "button", "aria-pressed": String(index === choice), title: `${mask.area} pixels`,
        text: `${index + 1} · ${mask.score.toFixed(2)}`,
      "aria-label": `Mask ${index + 1} of ${found.length}, score ${mask.score.toFixed(2)}`,
      onclick: () => this.choose(index), onpointerenter: () => this.draw(index), onpointerleave: () => this.draw(),
    })));
  }

  async choose(index) {
    const picked = this.picked;
    if (!picked || index === picked.choice) return;
    picked.choice = index;
    this.draw();
    this.offer();
    this.choices.children[index].focus();
    if (picked.name) await trying(() => this.recut(picked));
  }

  /** Cuts a picture that is in the sentence out anew, by the mask that is chosen now. */
  async recut(picked) {
    const { choice } = picked;
    const made = await crop(picked.found[choice], { point: picked.at, choice });
    if (picked.choice !== choice) return; // another one was chosen meanwhile
    set({ pictures: { ...state.pictures, [picked.name]: made } });
    if (this.picked === picked) this.tell(`${picked.name} now is mask ${choice + 1} of ${picked.found.length}:`);
  }

  draw(index = this.picked?.choice ?? 0) {
    const mask = this.picked?.found[index];
    this.overlay.layer("hover");
    this.overlay.layer("picked", ...(mask ? [outlined(mask, "picked")] : []));
  }

  tell(text) {
    this.status.textContent = text;
    if (!text.endsWith(":")) this.choices.replaceChildren();
  }

  key(event) {
    const step = { PageDown: 1, PageUp: -1 }[event.key];
    const turn = { "]": 1, "[": -1 }[event.key];
    if (step) this.next(step);
    else if (turn) this.cycle(turn);
    else if (!(this.mode === "box" ? this.corner(event) : this.entered(event)) && !this.cross.key(event)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  entered(event) {
    if (event.key !== "Enter" && event.key !== " ") return false;
    this.pick(this.cross.at);
    return true;
  }

  cycle(by) {
    if (!this.picked) return;
    const count = this.picked.found.length;
    this.choose((this.picked.choice + by + count) % count);
    this.overlay.frame.focus(); // at once: when the picture has been cut out, the person may be elsewhere
  }

  next(by) {
    if (!this.masks?.length) return void this.tell("The things on the table are still being looked for.");
    this.index = ((this.index ?? (by > 0 ? -1 : 0)) + by + this.masks.length) % this.masks.length;
    this.cross.move(this.masks[this.index].inside);
    const name = this.masks[this.index].label;
    this.tell(`Thing ${this.index + 1} of ${this.masks.length}${name ? `, ${name}` : ""}. Enter ${this.mode === "box" ? "sets a corner there" : "picks it"}.`);
  }
}
