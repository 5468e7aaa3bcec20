// Another table: at random, by its number, by task and level, of named objects, or a picture of one's own.
import { make } from "/static/look/dom.js";
import { hear, state } from "./store.js";
import { place } from "./scenes.js";
import { trying } from "./notice.js";

const anySeed = () => Math.floor(Math.random() * 100000);

export function sceneForm(placed, pictured) {
  const form = document.getElementById("scene-form");
  const kind = make("select", { "aria-label": "Kind of table", onchange: shown },
    make("option", { value: "free", text: "things at random" }), make("option", { value: "task", text: "a task" }),
    make("option", { value: "objects", text: "things that I name" }),
      make("option", { value: "picture", text: "my own picture (perception)" }));
  const task = make("select", { "aria-label": "Task", onchange: leveled });
  const level = make("select", { "aria-label": "Level" });
  const objects = make("input", { type: "text", "aria-label": "Things, parted by ;",
    placeholder: "red heart; blue bowl; green star", class: "wide" });
  const seed = make("input", { type: "number", min: "0", max: "999999999", step: "1", value: "4", "aria-label": "Seed",
    class: "seed" });
  const seedLabel = make("label", { class: "inline" }, "seed ", seed);
  const another = make("button", { type: "button", id: "another", text: "New table", title: "The next seed at random",
    onclick: () => { seed.value = anySeed(); set(); } });
  const exact = make("button", { type: "submit", text: "Set", title: "Set exactly this table" });
  const file = make("input", { type: "file", accept: "image/png,image/jpeg,image/webp",
    "aria-label": "Picture of a table",
    onchange: () => { if (file.files[0]) pictured(file.files[0]); file.value = ""; } });
  form.append(another, kind, task, level, objects, seedLabel, exact, file);

  function shown() {
    const is = (name) => kind.value === name;
    task.hidden = level.hidden = !is("task");
    objects.hidden = !is("objects");
    seedLabel.hidden = another.hidden = exact.hidden = is("picture");
    file.hidden = !is("picture");
  }

  function leveled() {
    const found = state.hello?.tasks.find((each) => each.name === task.value);
    const before = level.value;
    level.replaceChildren(...(found?.levels || []).map((name) => make("option",
      { value: name, text: name, selected: name === before })));
    task.title = found?.prompt || "";
  }

  function recipe() {
    const number = Math.max(0, Math.floor(Number(seed.value) || 0));
    if (kind.value === "task") return { task: task.value, level: level.value, seed: number };
    if (kind.value === "objects") return { objects: objects.value || objects.placeholder, seed: number };
    return { scene_seed: number };
  }

  const set = () => trying(async () => {
    await place(recipe());
    placed();
  });
  hear(["setting"], () => { another.disabled = exact.disabled = state.setting > 0; });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    set();
  });

  hear(["hello"], () => {
    if (!state.hello) return;
    task.replaceChildren(...state.hello.tasks.map(({ name }) => make("option",
      { value: name, text: name.replace(/_/g, " ") })));
    leveled();
  });
  hear(["recipe"], () => {
    const made = state.recipe;
    if (!made) return;
    kind.value = made.task ? "task" : made.objects ? "objects" : "free";
    if (made.task) task.value = made.task;
    leveled();
    if (made.level) level.value = made.level;
    if (made.objects) objects.value = made.objects;
    seed.value = made.scene_seed ?? made.seed ?? 0;
    shown();
  });
  shown();
  return { another: () => another.click() };
}
