// This session's runs, newest first; two of them side by side.
import { make, number } from "/static/look/dom.js";
import { hear, set, state } from "./store.js";
import { fetchRun, refreshHistory } from "./running.js";
import { compared } from "./compare.js";
import { keepsakes } from "./result.js";

const KINDS = { success: "good", "goal not reached": "bad", failed: "bad", infrastructure: "bad" };

/** Builds the page; `opened(run)` shows a run on the page to play. */
export function history(opened) {
  const host = document.getElementById("history");
  const chosen = new Set();
  let drawn = null;
  const list = make("div", { class: "past" });
  const compare = make("button", { type: "button", text: "Compare two", disabled: true, onclick: () =>
    side([...chosen]) });
  const sides = make("div", { id: "sides", class: "sides", "aria-live": "polite" });
  host.append(
    make("section", { class: "card", "aria-labelledby": "history-title" },
      make("div", { class: "head" }, make("h2", { id: "history-title", text: "Runs of this session" }), compare),
      make("p", { class: "note",
        text: "Only you see these; they go when the session does. Choose two to see them side by side." }), list),
        sides);

  function choose(id, is) {
    if (is) chosen.add(id);
    else chosen.delete(id);
    while (chosen.size > 2) chosen.delete(chosen.values().next().value);
    for (const box of list.querySelectorAll("input")) box.checked = chosen.has(box.value);
    compare.disabled = chosen.size !== 2;
  }

  async function side(ids) {
    const both = await Promise.all(ids.map((id) => fetchRun(id)));
    if (both.some((run) => !run)) return;
    sides.replaceChildren(compared(both[1], both[0])); // the one chosen last is the newer question
    sides.scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto"
      : "smooth" });
  }

  async function open(id) {
    const run = await fetchRun(id);
    if (!run) return;
    set({ run: id });
    opened(run);
  }

  /** What is kept of a run, fetched when somebody asks. */
  function kept(id) {
    const box = make("details", { ontoggle: async () => {
      if (!box.open || box.children.length > 1) return;
      const run = await fetchRun(id);
      if (run) box.append(keepsakes(run));
    } }, make("summary", { text: "Files, command, link" }));
    return box;
  }

  function rowOf(run) {
    const words = endOf(run);
    const when = run.at ? new Date(typeof run.at === "number" ? run.at * 1000 : run.at) : null;
    const box = make("input", { type: "checkbox", value: run.run, checked: chosen.has(run.run),
      "aria-label": `Compare: ${run.text || run.title}`, onchange: (event) => choose(run.run, event.target.checked) });
    return make("article", { class: "past-run", "aria-label": run.text || run.title },
      make("label", { class: "pick" }, box),
      make("div", { class: "what" }, make("b", { text: run.text || run.title || "run" }),
        make("span", { class: "note",
          text: ` ${[run.text ? run.title : "", when ? when.toLocaleTimeString() : "", run.seconds ? `${number(run.seconds, 1)} s` : ""].filter(Boolean).join(" · ")}` })),
      make("div", { class: "end" }, make("span", { class: `chip-end ${KINDS[words] || ""}`, text: words }),
        typeof run.reward === "number" ? make("span", { class: "note", text: `reward ${number(run.reward)}` }) : null,
        typeof run.progress === "number" ? make("span", { class: "note",
          text: `progress ${number(run.progress)}` }) : null),
      make("div", { class: "row" },
        make("button", { type: "button", text: "Open", onclick: () => open(run.run) }),
        kept(run.run)));
  }

  function draw() {
    list.replaceChildren(...state.history.map(rowOf));
    if (!state.history.length) list.append(make("p", { class: "note",
      text: "None yet. Go to Play and run a program." }));
  }

  hear(["history"], () => {
    const now = JSON.stringify(state.history);
    if (now !== drawn) draw();
    drawn = now;
  });
  return { shown: refreshHistory };
}

function endOf(run) {
  if (run.state && run.state !== "ended" && run.state !== "stopped") return run.state;
  if (run.status === "finished") return run.success === true ? "success" : run.success === false ? "goal not reached"
    : "finished";
  return run.status === "interrupted" ? "stopped" : run.status || "stopped";
}
