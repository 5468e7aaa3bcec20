// The page starts here: what there is, what was going on, and which part reacts to what.
import { get } from "./api.js";
import { calls } from "./calls.js";
import { composer } from "./composer.js";
import { keepDraft, restore } from "./draft.js";
import { examples } from "./examples.js";
import { history } from "./history.js";
import { keys } from "./keys.js";
import { linked, snapshot } from "./links.js";
import { connect, on } from "./live.js";
import { login } from "./login.js";
import { hush, say, trying } from "./notice.js";
import { perception } from "./perception.js";
import { program } from "./program.js";
import { result } from "./result.js";
import { fetchRun, going, refreshHistory, tell } from "./running.js";
import { sceneForm } from "./sceneform.js";
import { open, place } from "./scenes.js";
import { skills } from "./skills.js";
import { stage } from "./stage.js";
import { hear, set, state } from "./store.js";
import { themes } from "./themes.js";
import { write } from "./writing.js";

const PAGES = ["play", "perception", "history"];
const element = (id) => document.getElementById(id);
const still = matchMedia("(prefers-reduced-motion: reduce)");

themes();
const docs = skills();
const composed = composer(() => writeAndRun());
const table = stage({ put: composed.put, point: composed.point });
const watched = () => {
  table.watch();
  hush();
  // What is watched comes into sight: the table, the program beside it, and what happens below.
  element("table-title").closest(".card").scrollIntoView({ block: "start", behavior: still.matches ? "auto"
    : "smooth" });
};
const source = program(docs, { watched });
calls((line) => {
  source.sources.select("program");
  source.editors.program.go(line);
});
result();
const past = history(shownFromHistory);
const seen = perception();
const form = sceneForm(settled, (file) => {
  go("perception");
  seen.use(file);
});
examples(settled);
wire();
begin();

/** A table was set: nothing of the last one is shown any more. */
function settled() {
  hush();
  element("state").textContent = "Press “Write and run”, or Enter in the sentence.";
}

async function writeOnly() {
  if (state.plan?.status === "writing") return null;
  if (state.setting) return say("The table is being set.", "Try again in a moment."), null;
  const plan = await write();
  if (plan?.status === "done") source.sources.select("program");
  return plan;
}

async function writeAndRun() {
  if (going()) return void say("A run is going on.", "Stop it first (Escape), or wait for its end.");
  const plan = await writeOnly();
  if (plan?.status === "done" && state.program.trim()) await source.bar.start(false);
}

function shownFromHistory(run) {
  go("play");
  const asked = run.request || {};
  if (asked.program) set({ program: asked.program, reward: asked.reward || state.reward });
  element("run-card").scrollIntoView({ block: "start" });
}

function wire() {
  element("go").addEventListener("click", writeAndRun);
  element("write").addEventListener("click", writeOnly);
  element("author").addEventListener("change", (event) => set({ author: event.target.value }));
  element("program").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !going()) source.bar.start(false);
  });
  keys({
    w: ["write the program", writeOnly], g: ["write and run", writeAndRun],
      r: ["run", () => going() || source.bar.start(false)],
    s: ["step", () => element("runbar").querySelector("[data-act=step]").click()],
    p: ["pause, resume", () => tell(going()?.state === "paused" ? "resume" : "pause")],
    n: ["new table", form.another], i: ["to the sentence", () => composed.sentence.focus()],
    e: ["to the program", () => element("program").focus()], k: ["skills", () => docs.toggle()],
      t: ["to the table", () => { table.views.select("top"); element("view-top").focus(); }],
  });
  addEventListener("hashchange", route);
  document.addEventListener("locked", () => login(begin));
  hear(["hello"], () => {
    const authors = state.hello?.authors || [];
    element("author").replaceChildren(...authors.map((author) => {
      const option = new Option(author.ready === false && author.why
        ? `${author.label}: ${author.why}` : author.label, author.name);
      option.disabled = author.ready === false;
      return option;
    }));
    if (state.author) element("author").value = state.author;
    if (state.hello) element("about").textContent = `Instruct2Act ${state.hello.version}. Everything here comes from this server and stays on it; programs run in a sandbox, the arm is simulated.`;
  });
  hear(["plan", "program", "setting", "scene"], writing);
  hear(["online"], () => {
    element("online").textContent = { connected: "connected", away: "server away", connecting: "connecting",
      locked: "token needed" }[state.online];
    element("online").dataset.state = state.online;
  });
}

/** What the author is doing, in a sentence. */
function writing() {
  const plan = state.plan;
  const line = element("writing");
  element("go").disabled = element("write").disabled = state.setting > 0 || !state.scene || plan?.status === "writing"
    || state.scene?.playable === false;
  if (!plan) return void (line.textContent = "");
  const again = plan.sentBack ? ` (answer ${plan.sentBack + 1})` : "";
  line.dataset.kind = { refused: "bad", failed: "bad" }[plan.status] || "";
  line.textContent = {
    writing: `Writing the program${again} …`,
    done: `Written${plan.model ? ` by ${plan.model}` : ""}${plan.seconds || plan.programSeconds ? ` in ${(plan.seconds ?? plan.programSeconds).toFixed(1)} s` : ""}${again}.${plan.unscored ? ` Without a reward function: ${plan.unscored}` : ""}`,
    refused: `The author declined: ${plan.message}`,
    failed: `No program came: ${plan.message}`,
  }[plan.status];
}

/** After the server was away: one that was started anew has to be told what is on the table. */
async function back() {
  const hello = await get("/api/hello").catch(() => null);
  if (!hello || hello.session?.scene || !state.recipe) return;
  await trying(() => open(snapshot()));
  say("The server was started anew.", "Your table, sentence and program are back; its runs are gone.");
  await refreshHistory();
}

function go(page) {
  if (location.hash !== `#${page}`) location.hash = page;
  else route();
}

/** Shows the page that the address names; a link to try something fills the page in. */
async function route() {
  const named = location.hash.slice(1);
  const example = linked();
  const page = PAGES.includes(named) ? named : "play";
  for (const each of PAGES) element(each).hidden = each !== page;
  for (const link of document.querySelectorAll("[data-page]")) {
    if (link.dataset.page === page) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (page === "history") past.shown();
  if (example && state.hello) {
    window.history.replaceState(null, "", "#play");
    await trying(() => open(example));
    settled();
  }
}

async function begin() {
  const hello = await trying(() => get("/api/hello"));
  if (!hello) {
    if (state.online !== "locked") setTimeout(begin, 3000);
    return;
  }
  hush();
  const session = hello.session || {};
  set({ hello, author: hello.authors?.find((author) => author.ready !== false)?.name || "",
    history: hello.history?.runs || hello.history || [] });
  connect();
  let times = 0;
  on("open", () => { times += 1; if (times > 1) back(); });
  const example = linked();
  if (example) await route();
  else if (session.scene) {
    restore(session);
    const last = session.run || state.history.find((run) => run.scene === session.scene.scene)?.run;
    if (last) {
      const run = await fetchRun(last);
      if (run) set({ run: run.id });
    }
  } else {
    const first = hello.examples?.[0];
    await trying(() => (first ? open(first) : place({ scene_seed: 4 })));
  }
  keepDraft();
  await refreshHistory();
  await route();
  document.body.dataset.ready = "true";
}
