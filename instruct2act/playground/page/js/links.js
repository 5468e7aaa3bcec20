// A link that sets the same table, sentence and program. It stays in the address after "#": no server sees it.
import { state } from "./store.js";

const MARK = "#try=";

const encode = (text) => {
  const bytes = new TextEncoder().encode(text);
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")).replace(/\+/g, "-").replace(/\//g,
    "_").replace(/=+$/, "");
};
const decode = (text) =>
  new TextDecoder().decode(Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")),
    (letter) => letter.charCodeAt(0)));

/** What a link holds of the page as it stands; pictures from outside the table can't go into a link. */
export function snapshot() {
  const crops = Object.fromEntries(Object.entries(state.pictures).filter(([, held]) => held.from).map(([name, held]) =>
    [name, held.from]));
  return { scene: state.recipe, text: state.text, clicks: state.clicks, crops, program: state.program,
    reward: state.reward };
}

/** Keeps what a run was made of: the server knows its pictures, but not where on the table they were cut out. */
export function remember(run) {
  try {
    sessionStorage.setItem(`run ${run}`, JSON.stringify(snapshot()));
  } catch {
    // Then its link has no pictures.
  }
}

/** What repeats a run: its link, "" where its table can't be set again, and the names of pictures that the link lacks. */
export function linkOf(run) {
  let example = null;
  try {
    example = JSON.parse(sessionStorage.getItem(`run ${run.id}`));
  } catch {
    // As if it had not been kept.
  }
  example = example || exampleOf(run);
  if (!example) return { link: "", lacks: [] };
  return { link: linkTo(example), lacks: Object.keys(run.request?.pictures || {}).filter((name) => !example.crops?.[name]) };
}

/** A run as an example, where its table can be set again. */
function exampleOf(run) {
  const asked = run.request || {};
  const scene = recipeOf(asked.spec);
  return scene && { scene, text: asked.text ?? undefined, clicks: asked.clicks || [], program: asked.program,
    reward: asked.reward || "" };
}

/** What POST /api/scenes takes, of what GET /api/runs/{id} says of a scene. */
function recipeOf(spec) {
  if (!spec) return null;
  if (spec.task) return { task: spec.task, level: spec.level, seed: spec.seed };
  if (spec.objects) return { objects: spec.objects, seed: spec.seed ?? 0 };
  return Number.isInteger(spec.scene_seed) ? { scene_seed: spec.scene_seed } : null;
}

const linkTo = (example) => location.origin + location.pathname + MARK + encode(JSON.stringify(example));

/** What the address holds, or null. It fills the page in; nothing of it runs before a person says so. */
export function linked() {
  if (!location.hash.startsWith(MARK)) return null;
  try {
    const example = JSON.parse(decode(location.hash.slice(MARK.length)));
    return example && typeof example === "object" && example.scene ? example : null;
  } catch {
    return null;
  }
}

/** Puts text on the clipboard, also where only an old way is allowed (a host without TLS). */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const box = document.createElement("textarea");
    box.value = text;
    document.body.append(box);
    box.select();
    document.execCommand("copy");
    box.remove();
  }
}
