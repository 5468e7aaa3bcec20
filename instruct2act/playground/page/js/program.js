// The program's card: two editors, checks as one types, and the bar that runs and stops.
import { make } from "/static/look/dom.js";
import { post } from "./api.js";
import { hear, set, shownRun, state } from "./store.js";
import { Editor } from "./editor.js";
import { errorsOf } from "./fold.js";
import { said } from "./scenes.js";
import { tabs } from "./tabs.js";
import { going, run, tell } from "./running.js";

const QUIET_MS = 350;

export function program(skills, { watched }) {
  const host = document.getElementById("editors");
  const places = {
    program: make("div", { id: "source-program", role: "tabpanel", "aria-label": "Program" }),
    reward: make("div", { id: "source-reward", role: "tabpanel", "aria-label": "Reward function" }),
  };
  host.append(places.program, places.reward);
  const changed = (name) => (text) => set({ [name]: text });
  const editors = {
    program: new Editor(places.program, { id: "program", label: "Program. Tab indents; Escape, then Tab, leaves.",
      skills: skills.names, changed: changed("program"), moved: skills.caret,
      empty: "The program appears here, or type your own:\n\ndef main():\n    image = GetImage()\n    …" }),
    reward: new Editor(places.reward, { id: "reward", label: "Reward function. Tab indents; Escape, then Tab, leaves.",
      skills: () => new Set(["inside", "overall", "undisturbed"]), changed: changed("reward"),
      empty: "The author writes this from the instruction alone.\nLeave it empty to have it written when the run is over." }),
  };
  const sources = tabs(document.getElementById("sources"), [["program", "Program", "source-program"],
    ["reward", "Reward", "source-reward"]],
    (name) => { for (const [each, place] of Object.entries(places)) place.hidden = each !== name; });
  sources.select("program");

  let timer = 0;
  let asked = 0;
  let failed = []; // what the shown run failed on, until the program changes

  function checkSoon() {
    clearTimeout(timer);
    if (failed.length) {
      failed = [];
      marks();
    }
    timer = setTimeout(check, QUIET_MS);
  }

  async function check() {
    asked += 1;
    const mine = asked;
    if (!state.scene || !state.program.trim()) return set({ problems: [] });
    const told = await post("/api/check", { ...said(), program: state.program }).catch(() => null);
    if (told && mine === asked) set({ problems: told.problems || [] });
    return undefined;
  }

  function marks() {
    const wrong = state.problems.map((problem) => ({ ...problem, kind: "wrong" }));
    editors.program.mark([...wrong, ...failed]);
  }

  hear(["program", "plan"], () => {
    editors.program.value = state.program;
    editors.program.busy = state.plan?.status === "writing";
  });
  hear(["program", "text", "pictures", "clicks"], checkSoon);
  hear(["reward"], () => {
    editors.reward.value = state.reward;
    editors.reward.mark([]);
    sources.buttons.get("reward").classList.toggle("has", Boolean(state.reward));
  });
  hear(["problems"], marks);
  hear(["runs", "run"], () => {
    const shown = shownRun();
    const same = shown?.request?.program === state.program;
    editors.program.run(same && shown.state !== "ended" ? shown.line : 0);
    const errors = shown ? errorsOf(shown) : {};
    const problems = same ? problemOf(errors.program) : [];
    if (JSON.stringify(failed) !== JSON.stringify(problems)) {
      failed = problems;
      marks();
    }
    editors.reward.mark((shown?.request?.reward ?? "") === state.reward.trim() ? problemOf(errors.reward) : []);
  });

  return { editors, sources, check, bar: bar(watched) };
}

const problemOf = (error) => (error ? [{ line: error.line || 0, message: error.message, hint: "", kind: "failed" }]
  : []);

function bar(watched) {
  const host = document.getElementById("runbar");
  const speed = make("select", { "aria-label": "Speed of the arm" },
    make("option", { value: "real", text: "watchable speed" }), make("option", { value: "fast", text: "top speed" }));
  const start = async (stepping) => {
    const id = await run({ stepping, speed: speed.value });
    if (id) watched();
    return id;
  };
  const button = (name, text, title, onclick, more = {}) => make("button",
    { type: "button", "data-act": name, title, onclick, ...more },
    make("span", { class: `glyph ${name}`, "aria-hidden": "true" }), make("span", { text }));
  const go = button("run", "Run", "Run the program as it stands, on the same table with the same seed (R)",
    () => start(false));
  const step = button("step", "Step", "Run up to the next skill call (S)",
    () => (going() ? tell("step") : start(true)));
  const pause = button("pause", "Pause", "Pause at the next skill call (P)", () => tell("pause"));
  const resume = button("resume", "Resume", "Go on (P)", () => tell("resume"));
  const stop = button("stop", "Stop", "Stop the arm now (Escape)", () => tell("stop"), { class: "danger" });
  host.append(go, step, pause, resume, stop, speed);

  hear(["runs", "run", "program", "plan", "setting"], () => {
    const now = going();
    const writing = state.plan?.status === "writing" || state.setting > 0;
    go.disabled = Boolean(now) || writing || !state.program.trim() || state.scene?.playable === false;
    const again = shownRun()?.state === "ended";
    go.lastChild.textContent = again ? "Run again" : "Run";
    step.disabled = writing || !state.program.trim() || (Boolean(now) && now.state !== "paused");
    pause.hidden = now?.state === "paused";
    pause.disabled = now?.state !== "running";
    resume.hidden = now?.state !== "paused";
    stop.disabled = !now;
    host.classList.toggle("going", Boolean(now));
  });
  return { start };
}
