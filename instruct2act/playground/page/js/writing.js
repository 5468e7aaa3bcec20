// Asking an author for a program: the request, and what streams back.
import { post } from "./api.js";
import { set, state } from "./store.js";
import { here, on } from "./live.js";
import { said } from "./scenes.js";
import { say, trying } from "./notice.js";

const early = new Map(); // events that were faster than the answer that names their plan
let written = null; // called once with the finished plan

on("event", (event) => {
  if (!event.plan) return;
  if (state.plan?.id === event.plan) hearPlan(event);
  else early.set(event.plan, [...(early.get(event.plan) || []), event]);
});

// A socket that is new hears nothing of what an earlier one asked for: the server ended that with it.
on("open", () => {
  if (state.plan?.status !== "writing") return;
  set({ plan: { ...state.plan, status: "failed", message: "the connection to the server was lost. Write it again" } });
  over();
});

/** Asks for a program. Resolves with the plan once the author is through; its status is "done", "refused" or "failed". */
export async function write() {
  if (!state.scene) return say("There is no table yet.", "Choose one first."), null;
  if (!state.text.trim()) return say("There is nothing to do yet.", "Say what the arm should do."), null;
  set({ plan: { id: "", status: "writing", streamed: "", model: "", message: "" } });
  const made = await trying(() => post("/api/plans", { ...said(), author: state.author, ...here() }));
  if (!made) {
    set({ plan: null });
    return null;
  }
  set({ plan: { ...state.plan, id: made.plan } });
  const done = new Promise((resolve) => { written = resolve; });
  for (const event of early.get(made.plan) || []) hearPlan(event);
  early.clear();
  return done;
}

function hearPlan(event) {
  const plan = state.plan;
  const seq = event.seq ?? 0;
  if (seq && seq <= (plan.seen || 0)) return;
  const heard = { ...plan, seen: seq };
  if (event.type === "delta") {
    if (event.what !== "program") return void set({ plan: heard });
    const streamed = (event.anew ? "" : plan.streamed) + event.text;
    set({ plan: { ...heard, streamed }, program: programIn(streamed) });
  } else if (event.type === "written") {
    const patch = event.what === "reward" ? { reward: event.source } : { program: event.source };
    const model = event.what === "program" ? event.model : plan.model;
    set({ ...patch, plan: { ...heard, model, streamed: "", [`${event.what}Seconds`]: event.seconds } });
  } else if (event.type === "sent_back") {
    set({ plan: { ...heard, streamed: "", message: event.trouble, sentBack: (plan.sentBack || 0) + 1 } });
  } else if (event.type === "no_reward") {
    set({ plan: { ...heard, unscored: event.message } });
  } else if (event.type === "refused" || event.type === "plan_failed") {
    set({ plan: { ...heard, status: event.type === "refused" ? "refused" : "failed", message: event.message } });
    over();
  } else if (event.type === "plan_done") {
    set({ plan: { ...heard, status: plan.status === "writing" ? "done" : plan.status, seconds: event.seconds } });
    over();
  }
}

function over() {
  written?.(state.plan);
  written = null;
}

/** What of a streaming answer is the program: what stands in its first fence, or all of it where there is none. */
function programIn(text) {
  const fence = /```(?:python|py)?\n([\s\S]*?)(?:```|$)/.exec(text);
  return fence ? fence[1] : text;
}
