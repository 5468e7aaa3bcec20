// A run as its events tell it. Nothing here knows of elements: live, reloaded and compared runs are folded the same way.

export const fresh = (id) => ({
  id, state: "queued", place: null, seen: 0, line: 0, phase: "", scene: "", inventory: [], items: [], calls: 0,
    planned: [],
  score: null, ended: null, request: null, files: [], command: "", began: 0,
});

const HANDLERS = {
  queued: (run, event) => ({ state: "queued", place: event.place }),
  starting: () => ({ state: "starting", place: null }),
  started: (run, event) => ({ state: "running", scene: event.scene, inventory: event.inventory || [] }),
  call: (run, event) => ({
    state: "running", line: event.line, phase: "", calls: run.calls + 1,
    items: [...run.items, { kind: "call", n: event.n, line: event.line, skill: event.skill, arguments: event.arguments
      || {}, open: true }],
  }),
  paused: (run, event) => ({ state: "paused", line: event.line || run.line, pausedAt: event.n }),
  resumed: () => ({ state: "running" }),
  returned: (run, event) => ({
    items: run.items.map((item) => (item.kind === "call" && item.n === event.n
      ? { ...item, ...event, kind: "call", open: false } : item)),
  }),
  phase: (run, event) => ({ state: run.state === "paused" ? "paused" : "running", phase: event.phase }),
  planned: (run, event) => ({ planned: [...run.planned, { pick: event.pick, place: event.place,
    primitive: event.primitive, done: false }] }),
  carried: (run, event) => ({
    phase: "",
    planned: markDone(run.planned, event.status),
    items: [...run.items, { kind: "carried", status: event.status, primitive: event.primitive, error: event.error,
      seconds: event.seconds }],
  }),
  printed: (run, event) => ({ items: [...run.items, { kind: "printed", text: event.text }] }),
  score: (run, event) => ({ score: event }),
  ended: (run, event) => ({
    state: "ended", phase: "", ended: event, files: event.files || [], command: event.command || "",
    line: event.error?.line || 0, items: run.items.map((item) => (item.open ? { ...item, open: false } : item)),
  }),
};

function markDone(planned, status) {
  const next = planned.findIndex((motion) => !motion.done);
  return planned.map((motion, index) => (index === next ? { ...motion, done: true, status } : motion));
}

/** The run after an event; an event that was heard before changes nothing. */
export function fold(run, event) {
  const seq = event.seq ?? run.seen + 1;
  if (seq <= run.seen) return run;
  const handler = HANDLERS[event.type];
  const began = run.began || Date.now();
  return { ...run, seen: seq, began, ...(handler ? handler(run, event) : {}) };
}

/** A run as GET /api/runs/{id} tells it. */
export function whole(id, told) {
  let run = fresh(id);
  for (const event of told.events || []) run = fold(run, event);
  if (told.state === "ended" || told.state === "stopped") run = { ...run, state: "ended" };
  else if (told.state) run = { ...run, state: told.state };
  return { ...run, request: told.request || null, files: filesOf(told.files ?? run.files), command: told.command
    || run.command,
    record: told.record || null };
}

/** Names of files, whether they come as a list or as kind -> name. */
export const filesOf = (files) => (Array.isArray(files) ? files : Object.values(files || {}));

/** What the program failed on, and what its reward function did: {message, line} or null each. */
export function errorsOf(run) {
  const error = run.ended?.error?.message && run.ended.status !== "interrupted" ? run.ended.error : null;
  const own = /^line (\d+): (.*)$/s.exec(error?.message || "");
  const scored = error && run.ended.status === "finished"; // a run that was through can only have failed to be scored
  return { program: scored ? null : error, reward: scored ? { message: own ? own[2] : error.message, line: own
    ? Number(own[1]) : 0 } : null };
}

/** One or two words for how a run ended, and "good", "bad" or "". */
export function verdict(run) {
  if (run.state !== "ended") return [run.state, ""];
  const end = run.ended;
  if (!end) return ["stopped", ""];
  if (end.status === "finished") {
    if (end.success === true) return ["success", "good"];
    if (end.success === false) return ["goal not reached", "bad"];
    return ["finished", ""];
  }
  if (end.status === "interrupted") return [end.error?.message === "the page was closed"
    ? "stopped: the page was closed" : "stopped", ""];
  return [end.status || "ended", "bad"];
}
