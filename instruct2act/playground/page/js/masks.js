// Outlines, boxes, clicks and motions on a picture, in the picture's own pixels whatever size it is shown at.

const SVG = "http://www.w3.org/2000/svg";
const COLORS = 8;
const probe = document.createElement("canvas").getContext("2d");

export function shape(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null
    && value !== false) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Rings along the edges of pixels as a path; inner rings are holes under the even-odd rule. */
export const pathOf = (outline) =>
  outline.map((ring) => `M${ring.map(([x, y]) => `${x} ${y}`).join("L")}Z`).join("");

export const colorClass = (index) => `m${index % COLORS}`;

/** Whether a mask holds a pixel. */
export function holds(mask, [x, y]) {
  const [x0, y0, x1, y1] = mask.box;
  if (x < x0 - 1 || y < y0 - 1 || x > x1 + 1 || y > y1 + 1) return false;
  return probe.isPointInPath(new Path2D(pathOf(mask.outline)), x, y, "evenodd");
}

/** The smallest mask under a pixel, or null. */
export function under(masks, point) {
  return masks.filter((mask) => holds(mask, point)).sort((one, other) => one.area - other.area)[0] ?? null;
}

/** A pixel inside of a mask, near its middle: a ring has nothing in its middle. */
export function inside(mask) {
  const [x0, y0, x1, y1] = mask.box;
  const middle = [(x0 + x1) / 2, (y0 + y1) / 2];
  let best = middle;
  let nearest = Infinity;
  for (let x = Math.floor(x0) + 0.5; x < x1; x += 1)
    for (let y = Math.floor(y0) + 0.5; y < y1; y += 1) {
      const away = (x - middle[0]) ** 2 + (y - middle[1]) ** 2;
      if (away < nearest && holds(mask, [x, y])) [best, nearest] = [[x, y], away];
    }
  return best;
}

/** A place on a picture to a tenth of a pixel, inside of it. */
const bounded = (value, size) => Math.max(0, Math.min(size - 0.1, Math.round(value * 10) / 10));

/** A picture with things drawn over it; `frame` is what goes into the page. */
export class Overlay {
  constructor(frame, label) {
    this.frame = frame;
    this.frame.classList.add("picture");
    this.image = document.createElement("img");
    this.image.alt = label;
    this.image.draggable = false;
    this.svg = shape("svg", { "aria-hidden": "true", preserveAspectRatio: "none" });
    this.frame.append(this.image, this.svg);
    this.layers = new Map();
    this.width = 256;
    this.height = 128;
  }

  show(url, width, height, alt) {
    this.width = width;
    this.height = height;
    this.frame.style.aspectRatio = `${width} / ${height}`;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.image.alt = alt;
    if (url) this.image.src = url;
    this.image.hidden = !url;
  }

  /** The pixel under a pointer. */
  at(event) {
    const box = this.frame.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * this.width;
    const y = ((event.clientY - box.top) / box.height) * this.height;
    return [bounded(x, this.width), bounded(y, this.height)];
  }

  /** Replaces all shapes of a named layer. */
  layer(name, ...shapes) {
    if (!this.layers.has(name)) {
      this.layers.set(name, shape("g", { class: `layer-${name}` }));
      this.svg.append(this.layers.get(name));
    }
    this.layers.get(name).replaceChildren(...shapes);
  }
}

export const outlined = (mask, className) => shape("path", { d: pathOf(mask.outline), class: `mask ${className}` });

export function boxed([x0, y0, x1, y1], className = "box") {
  return shape("rect", { x: x0, y: y0, width: Math.max(0, x1 - x0), height: Math.max(0, y1 - y0), class: className });
}

/** A cross that arrow keys move over a picture; `moved` hears where it is. */
export class Cross {
  constructor(overlay, moved = () => {}) {
    Object.assign(this, { overlay, moved });
    this.clear();
  }

  clear() {
    this.at = [this.overlay.width / 2, this.overlay.height / 2];
    this.overlay.layer("cursor");
  }

  /** Whether a key was one of its own. */
  key(event) {
    const step = (event.shiftKey ? 1 : 4) * (this.overlay.width / 256);
    const by = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key];
    if (by) this.move([this.at[0] + by[0], this.at[1] + by[1]]);
    return Boolean(by);
  }

  move([x, y]) {
    this.at = [bounded(x, this.overlay.width), bounded(y, this.overlay.height)];
    const size = this.overlay.width / 32;
    const d = `M${this.at[0] - size} ${this.at[1]}H${this.at[0] + size}M${this.at[0]} ${this.at[1] - size}V${this.at[1] + size}`;
    this.overlay.layer("cursor", shape("path", { d, class: "halo" }), shape("path", { d, class: "line" }));
    this.moved(this.at);
  }
}

/** The box between two corners, whichever they are. */
export const corners = ([ax, ay], [bx, by]) => [Math.min(ax, bx), Math.min(ay, by), Math.max(ax, bx), Math.max(ay, by)];

/** A numbered cross; `unit` is how many of the picture's pixels a mark of size one takes. */
export function crossed([cx, cy], text, unit) {
  const arm = 5 * unit;
  const d = `M${cx - arm} ${cy}H${cx + arm}M${cx} ${cy - arm}V${cy + arm}`;
  const mark = shape("text", { x: cx + arm * 0.7, y: cy - arm * 0.7, "font-size": 8 * unit, class: "mark-text" });
  mark.textContent = text;
  return shape("g", { class: "cross" }, shape("path", { d, class: "halo" }), shape("path", { d, class: "line" }), mark);
}

/** An arrow from where a thing is picked to where it is placed. */
export function arrow(motion, index, unit) {
  const [[x0, y0], [x1, y1]] = [motion.pick, motion.place];
  const length = Math.hypot(x1 - x0, y1 - y0) || 1;
  const [ux, uy] = [(x1 - x0) / length, (y1 - y0) / length];
  const head = Math.min(8 * unit, length);
  const neck = [x1 - ux * head, y1 - uy * head];
  const wing = head * 0.55;
  const points = [[x1, y1], [neck[0] - uy * wing, neck[1] + ux * wing], [neck[0] + uy * wing, neck[1] - ux * wing]];
  const line = { x1: x0, y1: y0, x2: neck[0], y2: neck[1] };
  const label = shape("text", { x: x0, y: y0 + 2.4 * unit, "font-size": 7 * unit, class: "badge-text" });
  label.textContent = String(index + 1);
  return shape("g", { class: `motion ${motion.done ? "done" : ""}` },
    shape("line", { ...line, class: "halo" }), shape("line", { ...line, class: "line" }),
    shape("polygon", { points: points.map((point) => point.join(",")).join(" "), class: "head" }),
    shape("circle", { cx: x0, cy: y0, r: 5 * unit, class: "badge" }), label);
}
