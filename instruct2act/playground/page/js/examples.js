// Examples that work, one click away.
import { make } from "/static/look/dom.js";
import { hear, state } from "./store.js";
import { open } from "./scenes.js";
import { trying } from "./notice.js";

const KINDS = { words: "in words", picture: "with pictures", pointing: "by pointing" };

/** What an example shows how to do. */
function kindOf(example) {
  if (example.clicks?.length) return "pointing";
  if (Object.keys(example.crops || {}).length || example.scene.task) return "picture";
  return "words";
}

export function examples(opened) {
  const host = document.getElementById("examples");
  hear(["setting"], () => { for (const button of host.children) button.disabled = state.setting > 0; });
  hear(["hello"], () => {
    if (!state.hello) return;
    const shown = (example) => example.blurb || KINDS[kindOf(example)];
    host.replaceChildren(...(state.hello.examples || []).map((example) => make("button", {
      type: "button", class: "example", "data-kind": kindOf(example), onclick: () => trying(async () => {
        await open(example);
        opened(example);
      }),
    }, make("b", { text: example.title }), make("small", {}, make("span", { text: shown(example) })))));
    // Where there is little room, long ones give way first.
    for (const [index, button] of [...host.children].entries()) button.style.flexShrink = Math.max(0,
      shown(state.hello.examples[index]).length - 26);
  });
}
