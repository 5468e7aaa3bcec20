// The table, and what a sentence points to on it: scenes, pictures of things, clicks.
import { post, upload } from "./api.js";
import { set, state } from "./store.js";
import { inside } from "./masks.js";

/** Sets a table; the sentence becomes the task's own, or the one given. */
export const place = (recipe, text = null) => setting(() => placed(recipe, text));

/** An example, or what a link holds: a table, a sentence, what it points to, perhaps a program. */
export const open = (example) => setting(() => opened(example));

async function setting(work) {
  set({ setting: state.setting + 1 });
  try {
    return await work();
  } finally {
    set({ setting: state.setting - 1 });
  }
}

async function placed(recipe, text) {
  const scene = await post("/api/scenes", recipe);
  set({ scene, recipe, text: text ?? scene.text ?? "", pictures: {}, clicks: [], run: null, plan: null, program: "",
    reward: "", problems: [] });
  return scene;
}

async function opened(example) {
  await placed(example.scene, example.text ?? null);
  const pictures = {};
  for (const [name, crop] of Object.entries(example.crops || {})) pictures[name] = await cropped(crop);
  const more = example.program ? { program: example.program, reward: example.reward || "" } : {};
  set({ pictures, clicks: example.clicks || [], ...more });
}

/** Three masks for a pixel, best first. */
export async function candidates(point) {
  const { masks, seconds } = await post(`/api/scenes/${state.scene.scene}/masks`, { points: [point] });
  const first = masks[0];
  return { found: first ? first.candidates || [first] : [], seconds };
}

/** Cuts a picture out of the table's: {point, choice} or {box}. */
export async function cropped(from) {
  const path = `/api/scenes/${state.scene.scene}/crop`;
  if (from.box) return { ...(await post(path, { box: from.box })), from };
  const { found } = await candidates(from.point);
  const mask = found[from.choice || 0] || found[0];
  return { ...(await post(path, { mask: mask.id })), from };
}

export const crop = (mask, from) =>
  post(`/api/scenes/${state.scene.scene}/crop`, { mask: mask.id }).then((made) => ({ ...made, from }));

export const uploaded = async (blob) => ({ ...(await upload(blob)), from: null });

/** All things on the table, each with a pixel inside of it. */
export async function everything(scene) {
  const { masks } = await post(`/api/scenes/${scene}/masks`, { everything: true });
  return masks.map((mask) => ({ ...mask, inside: inside(mask) }));
}

/** A name that no picture has yet. */
export function freeName() {
  let index = 1;
  while (`obj${index}` in state.pictures || `obj${index}` in (state.scene?.slots || {})) index += 1;
  return `obj${index}`;
}

const ORDINALS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"];

/** What a sentence calls the nth click, counted from 0. */
export const clickPhrase = (index) => (index < ORDINALS.length
  ? `the ${ORDINALS[index]} clicked object` : `click ${index + 1}`);

/** What goes to the server: the sentence (null: the task's own), the pictures it names, the clicks. */
export function said() {
  const own = state.scene?.text || "";
  const names = new Set([...state.text.matchAll(/\{([^{}]+)\}/g)].map((match) => match[1]));
  const pictures = Object.fromEntries(Object.entries(state.pictures).filter(([name]) =>
    names.has(name)).map(([name, held]) => [name, held.picture]));
  const text = state.text.trim() === own.trim() && own ? null : state.text.trim();
  return { scene: state.scene?.scene, text, pictures, clicks: state.clicks };
}
