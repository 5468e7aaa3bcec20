// This session's runs, newest first; two of them side by side.
import { make, number } from "/static/look/dom.js";
import { hear, set, state } from "./store.js";
import { fetchRun, refreshHistory } from "./running.js";
import { compared } from "./compare.js";
import { copier } from "./result.js";
import { filesOf } from "./fold.js";
import { copy, linkTo } from "./links.js";
import { say } from "./notice.js";

const KINDS = { success: "good", "goal not reached": "bad", failed: "bad", infrastructure: "bad" };

/** Builds the page; `opened(run)` shows a run on the page to play. */
export function history(opened) {
  const host = document.getElementById("history");
  const chosen = new Set();
  const list = make("div", { class: "past" });
  const compare = make("button", { type: "button", text: "Compare two", disabled: true, onclick: () => side([...chosen]) });
  const sides = make("div", { id: "sides", class: "sides", "aria-live": "polite" });
  host.append(
    make("section", { class: "card", "aria-labelledby": "history-title" },
      make("div", { class: "head" }, make("h2", { id: "history-title", text: "Runs of this session" }), compare),
      make("p", { class: "note", text: "Only you see these; they go when the session does. Choose two to see them side by side." }), list), sides);

  function choose(id, is) {
    if (is) chosen.add(id);
    else chosen.delete(id);
    while (chosen.size > 2) chosen.delete(chosen.values().next().value);
    draw();
  }

  async function side(ids) {
    const both = await Promise.all(ids.map((id) => fetchRun(id)));
    if (both.some((run) => !run)) return;
    sides.replaceChildren(compared(both[1], both[0])); // the one chosen last is the newer question
    sides.scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  }

  async function open(id) {
    const run = await fetchRun(id);
    if (!run) return;
    set({ run: id });
    opened(run);
  }

  async function link(id) {
    const run = await fetchRun(id);
    const example = run && exampleOf(run);
    if (!example) return void say("This run's table can't go into a link.", "Use its command instead.");
    const made = linkTo(example);
    window.history.replaceState(null, "", made);
    await copy(made);
    say("The link is copied.", "", true);
  }

  function rowOf(run) {
    const words = endOf(run);
    const when = run.at ? new Date(typeof run.at === "number" ? run.at * 1000 : run.at) : null;
    const box = make("input", { type: "checkbox", checked: chosen.has(run.run), "aria-label": `Compare: ${run.text || run.title}`, onchange: (event) => choose(run.run, event.target.checked) });
    return make("article", { class: "past-run", "aria-label": run.text || run.title },
      make("label", { class: "pick" }, box),
      make("div", { class: "what" }, make("b", { text: run.text || run.title || "run" }),
        make("span", { class: "note", text: ` ${[run.text ? run.title : "", when ? when.toLocaleTimeString() : "", run.seconds ? `${number(run.seconds, 1)} s` : ""].filter(Boolean).join(" · ")}` })),
      make("div", { class: "end" }, make("span", { class: `chip-end ${KINDS[words] || ""}`, text: words }),
        typeof run.reward === "number" ? make("span", { class: "note", text: `reward ${number(run.reward)}` }) : null,
        typeof run.progress === "number" ? make("span", { class: "note", text: `progress ${number(run.progress)}` }) : null),
      make("div", { class: "row" },
        make("button", { type: "button", text: "Open", onclick: () => open(run.run) }),
        make("button", { type: "button", text: "Link", title: "Copy a link to this table, sentence and program", onclick: () => link(run.run) }),
        run.command ? copier("Copy the command that repeats it", run.command, true) : null,
        ...filesOf(run.files).map((file) => make("a", { href: `/api/runs/${run.run}/files/${encodeURIComponent(file)}`, download: file, text: file }))));
  }

  function draw() {
    compare.disabled = chosen.size !== 2;
    list.replaceChildren(...state.history.map(rowOf));
    if (!state.history.length) list.append(make("p", { class: "note", text: "None yet. Go to Play and run a program." }));
  }

  hear(["history"], draw);
  return { shown: refreshHistory };
}

function endOf(run) {
  if (run.state && run.state !== "ended" && run.state !== "stopped") return run.state;
  if (run.status === "finished") return run.success === true ? "success" : run.success === false ? "goal not reached" : "finished";
  return run.status === "interrupted" ? "stopped" : run.status || "stopped";
}

/** A run as an example, where its table can be set again. */
export function exampleOf(run) {
  const asked = run.request || {};
  const scene = recipeOf(asked.spec);
  return scene && { scene, text: asked.text ?? undefined, clicks: asked.clicks || [], program: asked.program, reward: asked.reward || "" };
}

/** What POST /api/scenes takes, of what GET /api/runs/{id} says of a scene. */
function recipeOf(spec) {
  if (!spec) return null;
  if (spec.task) return { task: spec.task, level: spec.level, seed: spec.seed };
  if (spec.objects) return { objects: spec.objects, seed: spec.seed ?? 0 };
  return Number.isInteger(spec.scene_seed) ? { scene_seed: spec.scene_seed } : null;
}
