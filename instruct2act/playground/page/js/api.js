// Everything that is asked of the server. An answer that is none becomes a Refused: what went wrong, and what to do.

/** "nothing fits" as "Nothing fits.": the server speaks in parts of sentences. */
const sentence = (text) => (text ? `${text[0].toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}` : "");

export class Refused extends Error {
  constructor(message, todo = "", status = 0) {
    super(sentence(message));
    this.todo = sentence(todo);
    this.status = status;
  }
}

async function ask(path, options) {
  let answer;
  try {
    answer = await fetch(path, { credentials: "same-origin", cache: "no-store", ...options });
  } catch {
    throw new Refused("The server of this page does not answer.",
      "See whether `instruct2act play` still runs, then try again.");
  }
  const isJson = (answer.headers.get("content-type") || "").includes("json");
  const body = isJson ? await answer.json().catch(() => ({})) : {};
  if (answer.ok) return body;
  const plain = `The server refused (${answer.status}).`;
  throw new Refused(body.error || plain, body.todo || (answer.status === 429 ? "Wait a moment, then try again." : ""),
    answer.status);
}

const HEADERS = { "X-Playground": "1" }; // a form on another site can't send this

export const get = (path) => ask(path, { method: "GET" });

export const post = (path, body = {}) =>
  ask(path, { method: "POST", headers: { ...HEADERS, "Content-Type": "application/json" },
    body: JSON.stringify(body) });

/** Uploads a picture file (Blob). */
export function upload(blob) {
  const limit = 5 * 1024 * 1024;
  if (blob.size > limit)
    throw new Refused(`The picture has ${(blob.size / 1e6).toFixed(1)} MB; 5 MB are taken.`, "Make it smaller, or cut out what is meant.");
  if (!["image/png", "image/jpeg", "image/webp"].includes(blob.type))
    throw new Refused(`A ${blob.type || "file of unknown kind"} is not taken as a picture.`, "Save it as PNG, JPEG or WebP.");
  return ask("/api/pictures", { method: "POST", headers: { ...HEADERS, "Content-Type": blob.type }, body: blob });
}
