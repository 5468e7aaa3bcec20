// What the page knows. A view hears of the keys that it names, and holds no state that another view needs.

export const state = {
  hello: null, // what the server has: authors, tasks, skills, examples, limits
  online: "connecting",
  setting: 0, // how many tables are being set
  scene: null, // as POST /api/scenes answers
  recipe: null, // what made the scene, so that a link can make it again
  text: "", // the sentence, with {names} for pictures
  pictures: {}, // name -> {picture, url, from: {point, choice} | {box} | null}
  clicks: [], // [[x, y]], pixels of the top view
  author: "",
  program: "",
  reward: "",
  problems: [], // of the program as it stands
  plan: null, // {id, status, model, seconds, message}
  run: null, // id of the run that is shown
  runs: new Map(), // id -> as fold.js makes it
  history: [],
};

const listeners = [];

/** Changes what is known and tells those who asked. */
export function set(patch) {
  Object.assign(state, patch);
  const changed = Object.keys(patch);
  for (const [keys, listener] of listeners) if (keys.some((key) => changed.includes(key))) listener(state);
}

/** Calls `listener` now, and whenever one of `keys` changes. */
export function hear(keys, listener) {
  listeners.push([keys, listener]);
  listener(state);
}

/** The run that is shown, or null. */
export const shownRun = () => state.runs.get(state.run) ?? null;

/** Whether a run holds the arm, or waits for it. */
export const busy = () => [...state.runs.values()].some((run) => run.state !== "ended");
