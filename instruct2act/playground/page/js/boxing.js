// A box between two corners: dragged with a pointer, or Enter at one corner and Enter at the other.
import { boxed, corners } from "./masks.js";

export class Boxing {
  /** `drawn(box)` hears of every box, and of null for one that is too small to hold a thing. */
  constructor(overlay, drawn) {
    Object.assign(this, { overlay, drawn });
    this.from = null;
  }

  begin(at) {
    this.from = at;
  }

  /** Draws the box as it would be with its other corner here. */
  move(at) {
    if (this.from) this.overlay.layer("box", boxed(corners(this.from, at)));
  }

  end(at) {
    if (!this.from) return;
    const box = corners(this.from, at);
    this.drop();
    this.drawn(box[2] - box[0] < 4 || box[3] - box[1] < 4 ? null : box);
  }

  /** Forgets a corner that was set. */
  drop() {
    this.from = null;
    this.overlay.layer("box");
  }

  /** Whether a key was one of its own: Enter or the space bar at a corner, Backspace to take the first one back. */
  key(event, at) {
    if (event.key === "Backspace" && this.from) this.drop();
    else if (event.key !== "Enter" && event.key !== " ") return false;
    else if (this.from) this.end(at);
    else this.begin(at);
    return true;
  }
}
