// Two runs side by side: which lines differ, what each call gave, how each ended.
import { make, number } from "/static/look/dom.js";
import { scores } from "./result.js";
import { errorsOf, verdict } from "./fold.js";

/** Marks for the lines of two texts, by their longest common subsequence: true where the other has no such line. */
export function differing(one, other) {
  const [a, b] = [one.split("\n"), other.split("\n")];
  const length = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i -= 1)
    for (let j = b.length - 1; j >= 0; j -= 1) length[i][j] = a[i] === b[j] ? length[i + 1][j + 1] + 1
      : Math.max(length[i + 1][j], length[i][j + 1]);
  const marks = [a.map(() => true), b.map(() => true)];
  let [i, j] = [0, 0];
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) marks[0][i++] = marks[1][j++] = false;
    else if (length[i + 1][j] >= length[i][j + 1]) i += 1;
    else j += 1;
  }
  return marks;
}

/** The comparison of two runs, as fold.js makes them. */
export function compared(one, other) {
  const sources = [one, other].map((run) => run.request?.program || "");
  const marks = differing(...sources);
  const changed = marks[1].filter(Boolean).length;
  const same = sources[0] === sources[1];
  return make("section", { class: "card", "aria-labelledby": "sides-title" },
    make("div", { class: "head" }, make("h2", { id: "sides-title", text: "Side by side" }),
      make("span", { class: "note", text: same ? "the same program" : changed === 1 ? "1 line differs"
        : `${changed} lines differ` })),
    make("div", { class: "two" }, ...[one, other].map((run, index) => column(run, sources[index], marks[index]))));
}

function column(run, source, marks) {
  const [words, kind] = verdict(run);
  const video = run.files.find((file) => file.endsWith(".webm"));
  const calls = run.items.filter((item) => item.kind === "call");
  return make("article", { "aria-label": `Run: ${words}` },
    make("p", {}, make("b", { text: run.request?.text || run.scene || "run" }), " ",
      make("span", { class: `chip-end ${kind}`, text: words })),
    video ? make("video", { src: `/api/runs/${run.id}/files/${encodeURIComponent(video)}`, controls: true, muted: true, loop: true, playsinline: true, preload: "metadata", "aria-label": "Video of this run" }) : null,
    scores(run),
    errorsOf(run).program ? make("p", { class: "bad",
      text: `${errorsOf(run).program.line ? `line ${errorsOf(run).program.line}: ` : ""}${errorsOf(run).program.message}` }) : null,
    make("div", { class: "code", tabindex: "0", role: "region", "aria-label": "Program" },
      ...source.replace(/\n$/, "").split("\n").map((text, index) =>
        make("div", { class: marks[index] ? "differs" : null, text: text || " " }))),
    make("div", { class: "scroll" }, make("table", {}, make("thead", {},
      make("tr", {}, ...["line", "call", "gave", "s"].map((text) => make("th", { scope: "col", text })))),
      make("tbody", {}, ...calls.map((call) => make("tr", {}, make("td", { text: String(call.line || "") }),
        make("td", { text: call.skill }),
        make("td", { class: call.error ? "bad" : null, text: call.error || call.shown || "" }),
          make("td", { text: number(call.seconds) })))))));
}
