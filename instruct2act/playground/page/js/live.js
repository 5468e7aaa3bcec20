// The socket: what happens comes as text, frames as bytes. While it is away, the page says so and knocks again.
import { get } from "./api.js";
import { set, state } from "./store.js";

const HEADER = 21; // "F", sequence number, time of capture, time of sending
const heard = { event: [], frame: [], open: [] };
let wait = 500;
let socket = null;
let page = null; // what the server calls this page: a run that says so ends with it

/** Calls `listener` for every "event" (object), "frame" ({seq, age, jpeg}) or "open" (connected, again or for the first time). */
export const on = (kind, listener) => heard[kind].push(listener);

export function connect() {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  socket = new WebSocket(`${scheme}//${location.host}/api/live`);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => {
    wait = 500;
    set({ online: "connected" });
    for (const listener of heard.open) listener();
  };
  socket.onmessage = ({ data }) => {
    if (typeof data === "string") {
      const event = JSON.parse(data);
      if (event.type === "page") page = event.page;
      for (const listener of heard.event) listener(event);
    } else {
      const frame = framed(data);
      if (frame) for (const listener of heard.frame) listener(frame);
    }
  };
  socket.onclose = () => {
    page = null;
    if (state.online !== "locked") set({ online: "away" });
    setTimeout(again, wait);
    wait = Math.min(wait * 2, 5000);
  };
}

/** A server that was started anew knows no session of before: it is asked for one first. */
async function again() {
  await get("/api/hello").catch(() => null);
  connect();
}

/** The page's name, as a part of what is asked for. */
export const here = () => (page === null ? {} : { page });

/** Says that a frame was drawn: a server that hears nothing sends no more. */
export function drawn(seq) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ seen: seq }));
}

function framed(bytes) {
  if (bytes.byteLength <= HEADER) return null;
  const view = new DataView(bytes);
  if (view.getUint8(0) !== 0x46) return null;
  const captured = view.getFloat64(5);
  const sent = view.getFloat64(13);
  return { seq: view.getUint32(1), age: sent - captured, jpeg: new Blob([bytes.slice(HEADER)],
    { type: "image/jpeg" }) };
}
