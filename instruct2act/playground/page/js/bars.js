// Numbers in [0, 1] as bars, with their words.
import { make, number } from "/static/look/dom.js";

/** A named bar; `kind` colours it. */
export function bar(name, value, kind = "", before = null) {
  const fill = make("i", { class: `fill ${kind}` });
  fill.style.width = `${Math.max(0, Math.min(1, value ?? 0)) * 100}%`;
  return make("div", { class: `bar ${kind}` }, make("span", { class: "bar-name" }, ...(before ? [before] : []), make("span", { text: name })),
    make("span", { class: "track", role: "meter", "aria-label": name, "aria-valuemin": "0", "aria-valuemax": "1",
      "aria-valuenow": number(value) || "0" }, fill),
    make("span", { class: "bar-value", text: number(value) || "–" }));
}
