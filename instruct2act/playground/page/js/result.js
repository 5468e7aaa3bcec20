// How a run stands and how it ended: state, verdict, progress, score with its parts, files, the command that repeats it.
import { make, number } from "/static/look/dom.js";
import { hear, shownRun } from "./store.js";
import { errorsOf, verdict } from "./fold.js";
import { bar } from "./bars.js";
import { copy, linkOf } from "./links.js";
import { say } from "./notice.js";

const WORDS = { "program.py": "program", "reward.py": "reward function", "record.jsonl": "record",
  "video.webm": "video", "strip.png": "picture strip" };

/** One sentence for people: where the run is. */
export function standing(run) {
  if (!run) return "Nothing has run yet. Press “Write and run”.";
  if (run.state === "queued") return run.place ? `Waiting: place ${run.place} in the queue.` : "Waiting for a worker.";
  if (run.state === "starting") return "Setting up the table in a worker of its own.";
  if (run.state === "ended") return endingOf(run);
  const last = run.items.findLast((item) => item.kind === "call");
  const where = last ? `${last.skill}${run.line ? `, line ${run.line}` : ""}` : "the program starts";
  if (run.state === "paused") return `Paused before ${where}. Step, resume or stop.`;
  return `Running: ${where}${run.phase ? ` (${run.phase})` : ""}.`;
}

function endingOf(run) {
  const [words] = verdict(run);
  const { message, line } = errorsOf(run).program || {};
  const why = message ? `: ${line ? `line ${line}, ` : ""}${message}` : "";
  return `${words[0].toUpperCase()}${words.slice(1)}${why}${why && /[.!?]$/.test(why) ? "" : "."}`;
}

export function result() {
  const host = document.getElementById("result");
  const line = document.getElementById("state");
  const name = document.getElementById("run-name");
  let last = "";
  hear(["runs", "run"], () => {
    const run = shownRun();
    const text = standing(run);
    if (line.textContent !== text) line.textContent = text;
    line.dataset.state = run?.state || "none";
    line.dataset.run = run?.id || "";
    line.dataset.kind = run ? verdict(run)[1] : "";
    name.textContent = run?.scene || "";
    const key = run ? `${run.id} ${run.state} ${JSON.stringify(run.score)} ${run.files.length} ${run.command}` : "";
    if (key === last) return;
    last = key;
    host.replaceChildren(...(run && (run.ended || run.score) ? [scores(run)] : []),
      ...(run?.state === "ended" ? [keepsakes(run)] : []));
  });
}

/** Progress, the reward and its parts, as bars. */
export function scores(run) {
  const end = run.ended || {};
  const reward = end.reward ?? run.score?.score ?? null;
  const parts = Object.entries(end.parts || run.score?.parts || {});
  const box = make("div", { class: "bars" });
  if (typeof end.progress === "number") box.append(bar("progress to the goal", end.progress, end.success ? "good"
    : ""));
  if (typeof reward === "number") box.append(bar("reward", reward, "whole"));
  for (const [part, value] of parts) box.append(bar(part, value, "part"));
  const unscored = errorsOf(run).reward;
  if (unscored) box.append(make("p", { class: "bad",
    text: `No reward: ${unscored.line ? `line ${unscored.line} of its function: ` : ""}${unscored.message}` }));
  if (end.seconds) box.append(make("p", { class: "note", text: secondsOf(end.seconds) }));
  return box;
}

const secondsOf = (seconds) => (typeof seconds === "number" ? `${number(seconds, 1)} s` :
  `seconds: ${Object.entries(seconds).map(([stage, value]) => `${stage} ${number(value, 1)}`).join(", ")}`);

/** Files, the command, the link. */
export function keepsakes(run) {
  const files = make("span", { class: "files" }, ...run.files.map((file) => make("a", {
    href: `/api/runs/${run.id}/files/${encodeURIComponent(file)}`, download: file, text: WORDS[file] || file })));
  const box = make("div", { class: "keep" });
  if (run.files.length) box.append(make("p", {}, make("span", { class: "note", text: "Download " }), files));
  const command = run.command;
  if (command) box.append(make("p", { class: "command" }, make("code", { text: command, tabindex: "0" }),
    copier("Copy the command", command)));
  const { link, lacks } = linkOf(run);
  if (link) box.append(make("p", {}, copier("Copy a link to this table, sentence and program", link, true),
    lacks.length ? make("span", { class: "note", text: ` without ${lacks.join(", ")}: a link holds no picture from elsewhere` }) : ""));
  return box;
}

export function copier(label, text, wide = false) {
  return make("button", { type: "button", class: wide ? "linklike" : "quiet", text: wide ? label : "Copy",
    title: label, "aria-label": label,
    onclick: () => copy(text).then(() => say("Copied.", "", true)) });
}
