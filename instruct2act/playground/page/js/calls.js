// What a run did, in order: calls with their time and picture, prints, what the arm carried out.
import { make, number } from "/static/look/dom.js";
import { hear, shownRun } from "./store.js";
import { bar } from "./bars.js";

const LONG = 46;
const clipped = (text, length = LONG) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);

/** Shows the calls of the run that is shown; `toLine(line)` goes to a line of the program. */
export function calls(toLine) {
  const host = document.getElementById("calls");
  const list = make("ol", { class: "call-list", "aria-label": "Calls, prints and motions" });
  const viewer = make("div", { class: "viewer", id: "viewer", "aria-live": "off" });
  host.append(list, viewer);
  let drawn = { id: null, items: [] };
  let pinned = null;

  function draw(run) {
    if (drawn.id !== run?.id) {
      list.replaceChildren();
      viewer.replaceChildren();
      pinned = null;
      drawn = { id: run?.id ?? null, items: [] };
    }
    host.hidden = !run?.items.length;
    if (!run) return;
    const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
    run.items.forEach((item, index) => {
      if (drawn.items[index] === item) return;
      const row = rowOf(item, index);
      if (list.children[index]) list.children[index].replaceWith(row);
      else list.append(row);
    });
    drawn.items = run.items;
    if (atEnd) list.scrollTop = list.scrollHeight;
    look(run);
  }

  function look(run) {
    const newest = run.items.findLastIndex((item) => item.kind === "call" && hasMore(item));
    const index = pinned ?? newest;
    [...list.children].forEach((row, at) => row.firstElementChild.setAttribute("aria-current", String(at === index)));
    if (index < 0 || viewer.dataset.of === `${run.id} ${index} ${run.items[index].open}`) return;
    viewer.dataset.of = `${run.id} ${index} ${run.items[index].open}`;
    viewer.replaceChildren(...closer(run.items[index], toLine));
  }

  function rowOf(item, index) {
    const words = wordsOf(item);
    const button = make("button", {
      type: "button", class: `call ${item.kind} ${item.error ? "wrong" : ""} ${item.open ? "open" : ""}`,
      onclick: () => { pinned = index; look(shownRun()); },
    }, make("span", { class: "call-line", text: item.line ? String(item.line) : "", title: item.line
      ? `line ${item.line}` : "" }),
    make("span", { class: "call-name" }, make("b", { text: words.name }),
      make("span", { class: "note", text: ` ${words.more}` })),
    make("span", { class: "call-time", text: item.open ? "…" : item.seconds === undefined || item.seconds === null ? ""
      : `${number(item.seconds)} s` }));
    return make("li", {}, button);
  }

  hear(["runs", "run"], () => draw(shownRun()));
}

const hasMore = (item) => Boolean(item.picture || item.pictures?.length || item.scores?.length || item.error);

function wordsOf(item) {
  if (item.kind === "printed") return { name: "print", more: clipped(item.text.trim()) };
  if (item.kind === "carried") return { name: item.primitive === "push" ? "arm pushed" : "arm moved", more: item.error
    ? `${item.status}: ${clipped(item.error)}` : item.status };
  return { name: item.skill, more: clipped(item.error || item.shown || Object.values(item.arguments).join(", ")) };
}

/** One item in full. */
function closer(item, toLine) {
  const words = wordsOf(item);
  if (item.kind === "printed") return [make("h3", { text: "Printed" }), make("pre", { text: item.text })];
  const parts = [make("h3", {}, words.name, item.line ? make("button",
    { type: "button", class: "linklike", text: `line ${item.line}`, onclick: () => toLine(item.line) }) : null)];
  const given = Object.entries(item.arguments || {});
  if (given.length) parts.push(make("p", { class: "given" }, ...given.map(([name, value]) =>
    make("code", { text: `${name}=${clipped(String(value), 80)}` }))));
  if (item.error) parts.push(make("p", { class: "bad", text: item.error }));
  if (item.scores?.length) parts.push(scoresOf(item));
  else if (item.picture) parts.push(figure(item));
  if (item.shown) parts.push(make("p", { class: "note", text: `gave ${item.shown}` }));
  return parts;
}

function figure(item) {
  const title = item.title || `${item.skill}: ${item.shown || "its picture"}`;
  return make("figure", {}, make("img", { src: item.picture, alt: title }), make("figcaption", { text: title }));
}

/** Crops, each with how well it fits as a bar, the chosen one marked. */
function scoresOf(item) {
  const best = item.chosen ?? -1;
  const box = make("div", { class: "scores", role: "group", "aria-label": item.title || "How well each thing fits" });
  item.scores.forEach(([label, score], index) => {
    const crop = item.crops?.[index] ? make("img", { class: "crop", src: item.crops[index],
      alt: `thing ${index}${index === best ? ", chosen" : ""}` }) : null;
    const row = bar(String(label), score, index === best ? "chosen" : "", crop);
    box.append(row);
  });
  return make("div", {}, item.title ? make("p", { class: "note", text: item.title }) : "", box,
    !item.crops?.some(Boolean) && item.picture ? figure(item) : "");
}
