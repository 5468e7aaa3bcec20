// Runs: asked for, stopped, stepped; their events folded into what the page shows.
import { get, post } from "./api.js";
import { set, shownRun, state } from "./store.js";
import { fold, fresh, whole } from "./fold.js";
import { here, on } from "./live.js";
import { remember } from "./links.js";
import { said } from "./scenes.js";
import { say, trying } from "./notice.js";

const SILENCE_MS = 4000;
const MOST_TIMES = 5;
const heardAt = new Map(); // run -> when something was heard of it

on("event", (event) => {
  if (!event.run) return;
  heardAt.set(event.run, Date.now());
  const before = state.runs.get(event.run) || fresh(event.run);
  keep(fold(before, event));
  if (event.type === "ended") refreshHistory();
});

function keep(run) {
  state.runs.set(run.id, run);
  set({ runs: state.runs });
}

/** Starts a run of the program in the editor. */
export async function run({ stepping = false, speed = "real" } = {}) {
  if (!state.scene) return say("There is no table yet.", "Choose one first."), null;
  if (!state.program.trim()) return say("There is no program yet.", "Press Write, or type one."), null;
  const request = { ...said(), program: state.program, reward: state.reward.trim() || null, stepping, speed,
    ...(state.plan?.model ? { plan_by: state.plan.model } : {}) };
  if (request.text === "") request.text = null;
  const made = await trying(() => post("/api/runs", { ...request, ...here() }));
  if (!made) return null;
  const known = state.runs.get(made.run) || fresh(made.run);
  keep({ ...known, place: known.seen ? known.place : made.place, request });
  remember(made.run);
  set({ run: made.run });
  return made.run;
}

/** Tells the run that is going on to stop, pause, step or resume. */
export function tell(what) {
  const current = going();
  return current ? trying(() => post(`/api/runs/${current.id}/${what}`)) : undefined; // events tell what came of it
}

/** The run that holds the arm or waits for it, the shown one first. */
export const going = () => [shownRun(), ...state.runs.values()].find((each) => each && each.state !== "ended") ?? null;

/** Fetches a run of this session and shows it. */
export async function fetchRun(id) {
  for (let times = 0; ; times += 1) {
    heardAt.set(id, Date.now());
    const told = await trying(() => get(`/api/runs/${id}`));
    if (!told) return null;
    const found = whole(id, told);
    if (times < MOST_TIMES && found.seen < (state.runs.get(id)?.seen ?? 0)) continue; // events overtook the answer
    keep(found);
    return found;
  }
}

export async function refreshHistory() {
  const told = await get("/api/history").catch(() => null);
  if (told) set({ history: Array.isArray(told) ? told : told.runs || told.history || [] });
}

/** After a silence what was going on may be over: a socket that was away hears nothing of it. */
function askAfter(silence) {
  for (const each of state.runs.values())
    if (each.state !== "ended" && Date.now() - (heardAt.get(each.id) || 0) > silence) fetchRun(each.id);
}

on("open", () => askAfter(0));
setInterval(() => askAfter(SILENCE_MS), SILENCE_MS / 2);
