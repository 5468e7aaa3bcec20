// What was typed and not sent yet outlives a reload, in this tab alone.
import { hear, set, state } from "./store.js";

const KEYS = ["recipe", "text", "pictures", "clicks", "program", "reward", "author"];

export function keepDraft() {
  hear(KEYS, () => {
    if (!state.scene) return;
    const kept = { scene: state.scene.scene, ...Object.fromEntries(KEYS.map((key) => [key, state[key]])) };
    try {
      sessionStorage.setItem("draft", JSON.stringify(kept));
    } catch {
      // A browser that keeps nothing loses a draft, and nothing else.
    }
  });
}

export function storedDraft() {
  try {
    return JSON.parse(sessionStorage.getItem("draft")) || null;
  } catch {
    return null;
  }
}

/** Shows what the server's session holds, and the draft over it where it belongs to the same table. */
export function restore(session) {
  const scene = session.scene;
  const draft = storedDraft();
  const mine = draft && draft.scene === scene.scene ? draft : null;
  set({ scene, recipe: mine?.recipe ?? session.recipe ?? recipeFrom(scene.spec) });
  set({
    pictures: mine?.pictures ?? session.pictures ?? {}, clicks: mine?.clicks ?? session.clicks ?? [],
    text: mine?.text ?? session.text ?? scene.text ?? "", program: mine?.program || session.program || "",
      reward: mine?.reward || session.reward || "",
  });
}

function recipeFrom(spec = {}) {
  if (spec.task) return { task: spec.task, level: spec.level, seed: spec.seed };
  if (spec.objects) return { objects: spec.objects, seed: spec.seed };
  return { scene_seed: spec.scene_seed ?? 0 };
}
