// What a program may call, to search; the skill under the caret comes first.
import { make } from "/static/look/dom.js";
import { hear, state } from "./store.js";

export function skills() {
  const panel = document.getElementById("skills");
  const button = document.getElementById("skills-open");
  const search = make("input", { type: "search", placeholder: "Search skills", "aria-label": "Search skills",
    oninput: draw });
  const list = make("div", { class: "skill-list", tabindex: "0", role: "region", "aria-label": "Skills" });
  panel.append(search, list);
  let under = "";

  function draw() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = (state.hello?.skills || []).filter((skill) => {
      const text = `${skill.name} ${skill.signature} ${skill.doc}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
    found.sort((one, other) => (other.name === under) - (one.name === under));
    list.replaceChildren(...found.map((skill) => make("details", { open: skill.name === under || found.length === 1 },
      make("summary", {}, make("code", { text: skill.name }), make("span",
        { class: "note", text: ` ${firstOf(skill.doc)}` })),
      make("pre", { class: "signature", text: skill.signature }), make("pre", { class: "doc", text: skill.doc }))));
    if (!found.length) list.append(make("p", { class: "note",
      text: "No skill speaks of that. Try one word, such as “mask” or “place”." }));
  }

  button.addEventListener("click", () => toggle());
  function toggle(open = panel.hidden) {
    panel.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    if (open) search.focus();
  }

  hear(["hello"], draw);
  return {
    toggle,
    names: () => new Set((state.hello?.skills || []).map((skill) => skill.name)),
    caret: (word) => {
      const known = (state.hello?.skills || []).some((skill) => skill.name === word);
      if (known && word !== under && !panel.hidden) {
        under = word;
        search.value = "";
        draw();
        list.scrollTop = 0;
      }
    },
  };
}

const firstOf = (doc) => (doc || "").trim().split(/(?<=\.)\s|\n/)[0];
