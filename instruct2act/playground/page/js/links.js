// A link that sets the same table, sentence and program. It stays in the address after "#": no server sees it.
import { state } from "./store.js";

const MARK = "#try=";

const encode = (text) => {
  const bytes = new TextEncoder().encode(text);
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
};
const decode = (text) =>
  new TextDecoder().decode(Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0)));

/** What a link holds of the page as it stands; pictures from outside the table can't go into a link. */
export function snapshot() {
  const crops = Object.fromEntries(Object.entries(state.pictures).filter(([, held]) => held.from).map(([name, held]) => [name, held.from]));
  return { scene: state.recipe, text: state.text, clicks: state.clicks, crops, program: state.program, reward: state.reward };
}

export const linkTo = (example) => location.origin + location.pathname + MARK + encode(JSON.stringify(example));

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
