// The table as it is seen: from above (to point at), from the front, and live.
import { make } from "/static/look/dom.js";
import { busy, hear, shownRun, state } from "./store.js";
import { Frames } from "./frames.js";
import { Overlay, arrow, crossed } from "./masks.js";
import { tabs } from "./tabs.js";
import { Picker } from "./picker.js";

const UNIT = 256; // marks are drawn for a picture of this many pixels across

export function stage({ put, point }) {
  const host = document.getElementById("stage");
  const top = new Overlay(make("div", { id: "view-top", role: "application", tabindex: "0",
    "aria-describedby": "picking-status",
    "aria-label": "The table from above. Arrow keys move a cross, Page Down goes to the next thing, Enter picks what is under it, [ and ] change its mask; to draw a box, Enter sets each of two corners." }), "");
  const front = make("img", { id: "view-front", class: "front", alt: "The table from the front" });
  const frames = new Frames();
  const inset = new Overlay(make("div", { class: "inset", role: "img",
    "aria-label": "The planned motions, on the table from above" }), "");
  const phase = make("span", { class: "phase" });
  const live = make("div", { id: "view-live", class: "live" }, frames.canvas, inset.frame,
    make("p", { class: "badge", "aria-hidden": "true" }, phase));
  host.append(top.frame, front, live);
  const panels = { top: top.frame, front, live };
  const views = tabs(document.getElementById("views"),
    [["top", "From above", "view-top"], ["front", "Front", "view-front"], ["live", "Live", "view-live"]], (name) => {
      for (const [each, panel] of Object.entries(panels)) panel.hidden = each !== name;
      document.getElementById("picking").hidden = name !== "top";
      host.parentElement.classList.toggle("live-on", name === "live");
    });
  frames.first = () => {
    live.classList.remove("waiting");
    inset.frame.hidden = !shownRun()?.planned.length;
  };
  views.select("top");
  const picker = new Picker(top, document.getElementById("picking"), { put, point });

  hear(["scene"], () => {
    const scene = state.scene;
    if (!scene) return;
    const things = scene.inventory?.length ? `: ${scene.inventory.join(", ")}` : "";
    top.show(scene.top, scene.width, scene.height, `The table from above${things}`);
    inset.show(scene.top, scene.width, scene.height, "");
    views.buttons.get("front").hidden = !scene.front;
    if (scene.front) front.src = scene.front;
    front.alt = `The table from the front${things}`;
    picker.reset();
    frames.reset();
    views.select("top");
  });
  hear(["setting"], () => host.classList.toggle("setting", state.setting > 0));
  hear(["clicks", "scene"], () => {
    if (!state.scene) return;
    top.layer("clicks", ...state.clicks.map((click, index) => crossed(click, String(index + 1), unitOf(top))));
  });
  hear(["runs", "run"], () => {
    const run = shownRun();
    const planned = run?.planned || [];
    for (const overlay of [top, inset]) {
      const unit = overlay === inset ? unitOf(overlay) * 2 : unitOf(overlay);
      overlay.layer("planned", ...planned.map((motion, index) => arrow(motion, index, unit)));
    }
    live.classList.toggle("waiting", !frames.count);
    inset.frame.hidden = Boolean(frames.count) && !planned.length;
    views.buttons.get("live").hidden = !run && !frames.count;
    if (!run && views.current === "live") views.select("top");
    phase.textContent = run && run.state !== "ended" ? [run.state === "running" ? "" : run.state,
      run.phase].filter(Boolean).join(" · ") || "live" : "last picture";
    live.classList.toggle("on", Boolean(run && run.state !== "ended"));
  });

  setInterval(() => {
    if (busy() && frames.rate) phase.dataset.rate = `${frames.rate}/s`;
    else delete phase.dataset.rate;
  }, 500);

  /** Shows the arm. Of a run that has a worker already, pictures may have come before the answer that names it. */
  function watch() {
    if (shownRun()?.state === "queued") frames.reset();
    views.buttons.get("live").hidden = false;
    views.select("live");
  }

  return { frames, picker, watch, views };
}

const unitOf = (overlay) => overlay.width / UNIT;
