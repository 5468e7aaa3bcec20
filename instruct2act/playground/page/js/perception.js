// Perception alone, on any picture: everything, points, boxes, words; masks with their scores, to take away as COCO.
import { make, number } from "/static/look/dom.js";
import { post } from "./api.js";
import { hear, state } from "./store.js";
import { Boxing } from "./boxing.js";
import { Cross, Overlay, boxed, colorClass, crossed, outlined, pathOf, shape } from "./masks.js";
import { uploaded } from "./scenes.js";
import { trying } from "./notice.js";
import { tabs } from "./tabs.js";

const HINTS = {
  everything: "Every thing in the picture, one mask each.",
  points: "Click things: one mask a point, three candidates for each. Arrow keys and Enter do, too.",
  boxes: "Draw boxes around things: one mask a box. Arrow keys, and Enter at two corners, do, too.",
  words: "Name what you look for, such as “red heart” or “bowl. block”.",
};

export function perception() {
  const host = document.getElementById("perception");
  const local = { scene: null, own: false, masks: [], points: [], boxes: [], mode: "everything", seconds: 0 };
  const frame = make("div", { class: "picture", tabindex: "0", role: "group", "aria-label": "The picture" });
  const overlay = new Overlay(frame, "");
  const boxing = new Boxing(overlay, (box) => { if (box) ask(null, box); });
  const cross = new Cross(overlay, (at) => boxing.move(at));
  const modes = make("div", { class: "tabs", role: "tablist", "aria-label": "What is asked" });
  const hint = make("p", { class: "note", id: "asking", role: "tabpanel" });
  const words = make("input", { type: "search", placeholder: "red heart", "aria-label": "Words to look for",
    onkeydown: (event) => { if (event.key === "Enter") find(); } });
  const go = make("button", { type: "button", class: "primary", text: "Find", onclick: () => find() });
  const clear = make("button", { type: "button", text: "Clear", onclick: () => reset() });
  const coco = make("button", { type: "button", text: "Export as COCO", disabled: true, onclick: () => take() });
  const file = make("input", { type: "file", accept: "image/png,image/jpeg,image/webp", hidden: true, tabindex: "-1",
    onchange: () => { if (file.files[0]) use(file.files[0]); file.value = ""; } });
  const results = make("div", { class: "found" });
  const status = make("p", { class: "state", role: "status", text: "" });
  host.append(
    make("p", { class: "lead-line" }, make("b", { text: "What does the robot see?" }),
      " Segment any picture, of your own table too. It stays on this server and goes with your session."),
    make("div", { class: "bench" },
      make("div", { class: "left" }, make("section", { class: "card", "aria-label": "Picture" },
        make("div", { class: "head" }, make("h2", { text: "Picture" }), make("div", { class: "row" },
          make("button", { type: "button", text: "Use my picture", onclick: () => file.click() }),
          make("button", { type: "button", text: "Use the table", onclick: () => { local.own = false; useTable(); } }),
            file)),
        frame, make("p", { class: "note", text: "Or drop or paste a picture here (PNG, JPEG, WebP; up to 5 MB)." }))),
      make("div", { class: "right" }, make("section", { class: "card asking", "aria-label": "Masks" },
        make("div", { class: "head" }, make("h2", { text: "Find" }), modes), hint,
        make("div", { class: "row" }, words, go, clear, coco), status, results))));

  const asked = tabs(modes, [["everything", "Everything", "asking"], ["points", "Points", "asking"],
    ["boxes", "Boxes", "asking"], ["words", "Words", "asking"]], (mode) => {
    local.mode = mode;
    hint.textContent = HINTS[mode];
    words.hidden = mode !== "words";
    frame.classList.toggle("pickable", mode === "points");
    frame.classList.toggle("boxing", mode === "boxes");
    boxing.drop();
    if (local.scene) draw();
  });

  function useScene(scene, title) {
    local.scene = scene;
    overlay.show(scene.top, scene.width, scene.height, title);
    reset();
  }

  function useTable() {
    if (state.scene && !local.own) useScene(state.scene, "The table from above");
  }

  /** Takes a picture of the person's own. */
  function use(blob) {
    return trying(async () => {
      status.textContent = "Reading the picture …";
      try {
        const { picture } = await uploaded(blob);
        const scene = await post("/api/scenes", { picture });
        local.own = true;
        useScene(scene, "Your picture");
        await find("everything");
      } finally {
        if (status.textContent.startsWith("Reading")) status.textContent = "";
      }
    });
  }

  function reset() {
    Object.assign(local, { masks: [], points: [], boxes: [] });
    boxing.drop();
    status.textContent = "";
    cross.clear();
    draw();
  }

  function question(mode) {
    if (mode === "points") return local.points.length ? { points: local.points } : null;
    if (mode === "boxes") return local.boxes.length ? { boxes: local.boxes } : null;
    if (mode === "words") return words.value.trim() ? { words: words.value.trim() } : null;
    return { everything: true };
  }

  function find(mode = local.mode) {
    if (!local.scene) return undefined;
    const body = question(mode);
    if (!body) return void (status.textContent = { points: "Click on the picture first.", boxes: "Draw a box first.",
      words: "Type what to look for first." }[mode]);
    status.textContent = "Looking …";
    go.disabled = true;
    return trying(async () => {
      const told = await post(`/api/scenes/${local.scene.scene}/masks`, body);
      local.masks = told.masks.map((mask) => ({ ...mask, choice: 0 }));
      local.seconds = told.seconds;
      status.textContent = `${local.masks.length} ${local.masks.length === 1 ? "mask" : "masks"}${told.seconds ? ` in ${number(told.seconds)} s` : ""}.`;
      draw();
    }).finally(() => {
      go.disabled = false;
      if (status.textContent === "Looking …") status.textContent = "";
    });
  }

  const chosen = (mask) => mask.candidates?.[mask.choice] ?? mask;

  function draw(lit = -1) {
    const unit = overlay.width / 256;
    overlay.layer("masks", ...local.masks.map((mask, index) => {
      const path = outlined(chosen(mask), `${colorClass(index)} ${lit === index ? "lit" : ""}`);
      path.addEventListener("pointerenter", () => light(index));
      return path;
    }));
    overlay.layer("numbers", ...local.masks.map((mask, index) => numberAt(chosen(mask), index, unit)));
    overlay.layer("boxes", ...(local.mode === "boxes" ? local.boxes : []).map((box) => boxed(box)));
    overlay.layer("points", ...(local.mode === "points" ? local.points
      : []).map((point, index) => crossed(point, String(index + 1), unit)));
    coco.disabled = !local.masks.length;
    clear.disabled = !local.masks.length && !local.points.length && !local.boxes.length;
    if (lit < 0) rows();
  }

  function light(index) {
    [...results.querySelectorAll(".mask-row")].forEach((row, at) => row.classList.toggle("lit", at === index));
    [...overlay.svg.querySelectorAll(".layer-masks path")].forEach((path, at) =>
      path.classList.toggle("lit", at === index));
  }

  function rows() {
    results.replaceChildren(...local.masks.map((mask, index) => {
      const now = chosen(mask);
      const label = mask.label ? `${mask.label}` : "";
      return make("div", { class: "mask-row", tabindex: "0", role: "group",
        "aria-label": `Mask ${index + 1}${label ? `, ${label}` : ""}`,
        onpointerenter: () => light(index), onpointerleave: () => light(-1), onfocus: () => light(index) },
      make("span", { class: `swatch ${colorClass(index)}`, text: String(index + 1) }), thumb(now),
      make("div", {}, make("b", { text: label
        || `mask ${index + 1}` }), make("span", { class: "note",
        text: ` score ${number(now.score)} · ${now.area} px` }),
        mask.candidates?.length > 1 ? make("span", { class: "choices", role: "group", "aria-label": "Candidates" },
          ...mask.candidates.map((each, at) => make("button", {
          type: "button", text: `${at + 1} · ${number(each.score)}`, "aria-pressed": String(at === mask.choice),
            onclick: () => { mask.choice = at; draw(); } }))) : "",
        mask.label_scores?.length ? make("span", { class: "note labels",
          text: mask.label_scores.slice(0, 3).map(([name, score]) => `${name} ${number(score)}`).join(", ") }) : ""));
    }));
  }

  /** The mask alone, as a small drawing of its outline. */
  function thumb(mask) {
    const [x0, y0, x1, y1] = mask.box;
    const side = Math.max(x1 - x0, y1 - y0, 1) * 1.1;
    const corner = [(x0 + x1 - side) / 2, (y0 + y1 - side) / 2];
    return shape("svg", { class: "thumb",
      viewBox: `${corner[0]} ${corner[1]} ${side} ${side}`, "aria-hidden": "true" },
      shape("path", { d: pathOf(mask.outline), "fill-rule": "evenodd" }));
  }

  async function take() {
    await trying(async () => {
      const told = await post(`/api/scenes/${local.scene.scene}/coco`);
      const link = make("a", { href: URL.createObjectURL(new Blob([JSON.stringify(told, null, 1)],
        { type: "application/json" })), download: "masks.coco.json" });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    });
  }

  frame.addEventListener("keydown", (event) => {
    const mine = { boxes: corner, points: entered }[local.mode];
    if (local.scene && mine && (mine(event) || cross.key(event))) event.preventDefault();
  });
  let down = false;
  frame.addEventListener("pointerdown", (event) => {
    down = event.button === 0 && Boolean(local.scene);
    if (!down || local.mode !== "boxes") return;
    boxing.begin(overlay.at(event));
    frame.setPointerCapture(event.pointerId);
  });
  frame.addEventListener("pointermove", (event) => boxing.move(overlay.at(event)));
  frame.addEventListener("pointerup", (event) => {
    if (!down) return;
    down = false;
    if (local.mode === "points") ask(overlay.at(event));
    else if (local.mode === "boxes") boxing.end(overlay.at(event));
  });

  function entered(event) {
    if (event.key !== "Enter" && event.key !== " ") return false;
    ask(cross.at);
    return true;
  }

  /** Enter at a corner of a box. */
  function corner(event) {
    const { from } = boxing;
    if (!boxing.key(event, cross.at)) return false;
    if (!from) status.textContent = "One corner is set. Move to the other one and press Enter; Backspace takes it back.";
    return true;
  }

  /** Adds a point or a box to what is asked, and asks. */
  function ask(point, box = null) {
    if (point) local.points.push(point);
    if (box) local.boxes.push(box);
    local.masks = [];
    draw();
    find();
  }

  host.addEventListener("dragover", (event) => event.preventDefault());
  host.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files[0]) use(event.dataTransfer.files[0]);
  });
  document.addEventListener("paste", (event) => {
    const picture = [...event.clipboardData.files].find((each) => each.type.startsWith("image/"));
    if (picture && !host.hidden) use(picture);
  });

  asked.select("everything");
  hear(["scene"], useTable);
  return { use };
}

function numberAt(mask, index, unit) {
  const [x0, y0] = mask.box;
  const size = 8 * unit;
  const text = shape("text", { x: x0, y: Math.max(size, y0 - unit), "font-size": size, class: "mark-text" });
  text.textContent = String(index + 1);
  return text;
}
