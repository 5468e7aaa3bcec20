// The live picture: the newest frame on a canvas; one that comes while another is being decoded replaces what waits.
import { make } from "/static/look/dom.js";
import { drawn, on } from "./live.js";

export class Frames {
  constructor() {
    this.canvas = make("canvas", { width: 480, height: 240, role: "img",
      "aria-label": "Live picture of the arm over the table" });
    this.count = 0;
    this.times = [];
    this.next = null;
    this.drawing = false;
    this.first = null; // called at the first frame of a run
    this.of = 0; // counts runs: a frame that is decoded when the next one has begun is not drawn
    on("frame", (frame) => this.take(frame));
    on("event", (event) => { if (event.type === "starting") this.reset(); });
  }

  reset() {
    this.of += 1;
    this.count = 0;
    this.times = [];
    this.next = null;
    delete this.canvas.dataset.frames;
    this.canvas.getContext("2d").clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  /** Frames a second, over the last second. */
  get rate() {
    const since = performance.now() - 1000;
    this.times = this.times.filter((time) => time > since);
    return this.times.length;
  }

  async take(frame) {
    if (this.next) drawn(this.next.seq); // skipped is seen, too
    this.next = frame;
    if (this.drawing) return;
    this.drawing = true;
    try {
      while (this.next) {
        const taken = this.next;
        this.next = null;
        await this.draw(taken);
        drawn(taken.seq);
      }
    } finally {
      this.drawing = false;
    }
  }

  async draw(frame) {
    const { of } = this;
    let picture;
    try {
      picture = await createImageBitmap(frame.jpeg);
    } catch {
      return; // half a frame is no frame
    }
    if (of !== this.of) return void picture.close();
    if (this.canvas.width !== picture.width || this.canvas.height !== picture.height) {
      this.canvas.width = picture.width;
      this.canvas.height = picture.height;
    }
    this.canvas.getContext("2d").drawImage(picture, 0, 0);
    picture.close();
    this.count += 1;
    this.times.push(performance.now());
    this.canvas.dataset.frames = this.count;
    if (this.count === 1 && this.first) this.first();
  }
}
