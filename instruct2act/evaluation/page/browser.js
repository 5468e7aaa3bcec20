// The episode browser. Everything that comes from a record is set as text, never as HTML.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const root = document.getElementById("browser");
  const FILTERS = ["run", "part", "task", "level", "kind", "label"];
  const state = { filter: {}, open: null, step: 0 };

  const labelOf = (episode) => episode.label || (episode.kind === "success" ? "" : episode.kind);
  const nameOf = (field, value) => (field === "run" ? data.runs[value] : value);
  const valueOf = (episode, field) => String(field === "label" ? labelOf(episode) : episode[field]);

  function matches(episode) {
    const wanted = state.filter;
    if (wanted.key && episode.key !== wanted.key) return false;
    if (wanted.text && !(episode.scene + " " + episode.instruction).toLowerCase().includes(wanted.text.toLowerCase()))
      return false;
    return FILTERS.every((field) => !wanted[field] || valueOf(episode, field) === wanted[field]);
  }

  function ending(episode) {
    const good = episode.kind === "success";
    return make("span", { class: good ? "good" : "bad", text: good ? "success" : labelOf(episode) });
  }

  // --- the list ------------------------------------------------------------------------------------------------

  function go(hash) {
    if (location.hash === hash) read();
    else location.hash = hash;
  }

  function listHash(filter) {
    return "#list?" + new URLSearchParams(Object.entries(filter).filter(([, value]) => value)).toString();
  }

  function filters() {
    const row = make("div", { class: "filters" });
    for (const field of FILTERS) {
      const values = [...new Set(data.episodes.map((episode) => valueOf(episode, field)))].filter(Boolean).sort();
      if ((field === "run" || field === "part") && values.length < 2) continue;
      const select = make("select", {
        "aria-label": field,
        onchange: () => go(listHash({ ...state.filter, key: "", [field]: select.value })),
      });
      select.append(make("option", { value: "", text: "any " + (field === "kind" ? "outcome" : field) }));
      for (const value of values) {
        const chosen = state.filter[field] === value;
        select.append(make("option", { value, text: nameOf(field, value), selected: chosen }));
      }
      row.append(select);
    }
    const search = make("input", { type: "search", placeholder: "words", "aria-label": "words",
      value: state.filter.text || "" });
    search.addEventListener("change", () => go(listHash({ ...state.filter, text: search.value })));
    row.append(search);
    return row;
  }

  function list() {
    const found = data.episodes.map((episode, index) => [episode, index]).filter(([episode]) => matches(episode));
    const box = make("div", { class: "list" });
    for (const [episode, index] of found) {
      const run = data.runs.length > 1 ? data.runs[episode.run] : null;
      box.append(make("a", { href: "#e" + index, "aria-current": index === state.open && "true" },
        make("span", { text: episode.scene }), run === null ? null : make("span", { class: "note", text: run }),
        ending(episode)));
    }
    if (!found.length) box.append(make("p", { class: "note", text: "The page holds none of these." }));
    return [make("p", { class: "note", text: found.length + " shown here" }), box];
  }

  // --- one episode ---------------------------------------------------------------------------------------------

  function facts(pairs) {
    const box = make("dl");
    for (const [name, value] of pairs) {
      if (value === "" || value === null || value === undefined) continue;
      box.append(make("dt", { text: name }), make("dd", {}, value instanceof Node ? value : document.createTextNode(value)));
    }
    return box;
  }

  function pictures(episode, call) {
    const box = make("div");
    for (const shown of episode.shown.filter((each) => each.call === call)) {
      const content = data.pictures[shown.file];
      const figure = make("figure", {}, make("figcaption", { text: shown.title }));
      if (content) figure.append(make("img", { src: "data:image/webp;base64," + content, alt: shown.title }));
      else figure.append(make("p", { class: "note", text: "Not in this page; see pictures/ beside the records." }));
      box.append(figure);
    }
    return box;
  }

  function code(source, line) {
    const box = make("div", { class: "code", tabindex: "0" });
    source.replace(/\n$/, "").split("\n").forEach((text, index) => {
      box.append(make("div", { text: text || " ", class: index + 1 === line ? "now" : null }));
    });
    return box;
  }

  function callOf(call) {
    const given = Object.entries(call.arguments || {}).map(([name, value]) => name + "=" + value).join(", ");
    return facts([["call", call.name + "(" + given + ")"], ["line", String(call.line || "")],
      ["seconds", number(call.seconds)], ["error", call.error]]);
  }

  function start(episode) {
    const tried = (episode.attempts || []).map((attempt) => make("details", {},
      make("summary", { text: "an answer before: " + attempt.trouble }), make("pre", { text: attempt.answer })));
    return [...tried, facts([["instruction", episode.instruction], ["scene", episode.scene], ["program by", episode.model],
      ["again", episode.again ? make("code", { text: episode.again }) : ""]])];
  }

  function parts(values) {
    const box = make("dl");
    for (const [name, value] of Object.entries(values || {})) {
      box.append(make("dt", { text: name }),
        make("dd", {}, make("meter", { min: 0, max: 1, value }), document.createTextNode(" " + number(value))));
    }
    return box;
  }

  function pose(values) {
    const [x, y, , yaw] = values;
    return "(" + number(x) + ", " + number(y) + ") m, " + Math.round((yaw * 180) / Math.PI) + " deg";
  }

  function end(episode) {
    const error = episode.error || {};
    const said = error.message || error.error || "";
    const seconds = Object.entries(episode.seconds || {}).map(([name, value]) => name + " " + number(value)).join(", ");
    const rules = Object.entries(episode.verdicts || {}).map(([name, held]) => name + " " + (held ? "yes" : "no"));
    const actions = make("ol");
    for (const action of episode.actions || [])
      actions.append(make("li", { text: action.primitive + " " + pose(action.start) + " to " + pose(action.end) + ": " +
        action.status + (action.error ? ", " + action.error : "") }));
    return [
      facts([["ended", ending(episode)], ["status", episode.status], ["why", said], ["evidence", episode.label_rule], ["rules", rules.join(", ")],
        ["progress", number(episode.progress)], ["reward", number(episode.reward)], ["seconds", seconds],
        ["printed", episode.prints ? make("pre", { text: episode.prints }) : ""]]),
      make("h3", { text: "Reward parts" }), parts(episode.reward_parts),
      make("h3", { text: "Actions" }), actions,
    ];
  }

  function viewer() {
    const episode = data.episodes[state.open];
    const calls = episode.calls || [];
    const last = calls.length + 1;
    state.step = Math.max(0, Math.min(last, state.step));
    const call = state.step > 0 && state.step < last ? calls[state.step - 1] : null;
    const title = call ? "call " + state.step + " of " + calls.length + ": " + call.name :
      state.step === 0 ? "before" : "after";
    const step = (by) => () => move(by);
    const steps = make("div", { class: "steps" },
      make("button", { text: "Back", disabled: state.step === 0, onclick: step(-1) }),
      make("button", { text: "Next", disabled: state.step === last, onclick: step(1) }),
      make("button", { text: "After", disabled: state.step === last, onclick: step(last) }),
      make("span", { text: title }));
    const twin = data.episodes.findIndex((other) => other.key === episode.key && other.run !== episode.run);
    if (twin >= 0) steps.append(make("a", { href: "#e" + twin, text: "the same in " + data.runs[data.episodes[twin].run] }));
    const source = state.step === last && episode.reward_source ? episode.reward_source : episode.program;
    const left = make("div", {}, make("p", { class: "note",
      text: state.step === last && episode.reward_source ? "reward function" : "program" }));
    left.append(source ? code(source, call ? call.line : 0) : make("p", { class: "note", text: "none was written" }));
    const right = make("div");
    if (call) right.append(callOf(call));
    else right.append(...(state.step === 0 ? start(episode) : []));
    right.append(pictures(episode, call ? state.step - 1 : state.step === 0 ? -1 : -2));
    if (state.step === last) right.append(...end(episode));
    const run = data.runs.length > 1 ? " in " + data.runs[episode.run] : "";
    return make("article", { class: "viewer", "aria-label": "episode" },
      make("h3", { text: episode.scene + run }), make("p", { text: episode.instruction }), steps,
      make("div", { class: "stage" }, left, right));
  }

  // --- routing -------------------------------------------------------------------------------------------------

  function move(by) {
    state.step += by;
    draw();
    history.replaceState(null, "", "#e" + state.open + "." + state.step);
  }

  function draw() {
    const scrolled = root.querySelector(".list")?.scrollTop ?? 0;
    root.replaceChildren(filters(), ...list());
    root.querySelector(".list").scrollTop = scrolled;
    if (state.open !== null) {
      root.append(viewer());
      const now = root.querySelector(".code .now");
      if (now) now.parentElement.scrollTop = now.offsetTop - now.parentElement.offsetTop - 120;
    }
  }

  function read() {
    const hash = location.hash;
    const episode = /^#e(\d+)(?:\.(\d+))?$/.exec(hash); // #e7.3: the third step of the seventh episode held
    if (episode && Number(episode[1]) < data.episodes.length) {
      state.open = Number(episode[1]);
      state.step = Number(episode[2] || 0);
      draw();
      root.querySelector(".viewer").scrollIntoView({ block: "start" });
    } else if (hash.startsWith("#list?")) {
      state.filter = Object.fromEntries(new URLSearchParams(hash.slice(6)));
      state.open = null;
      const found = data.episodes.findIndex(matches);
      if (state.filter.key && found >= 0) { state.open = found; state.step = 0; }
      draw();
      document.getElementById("episodes").scrollIntoView({ block: "start" });
    } else {
      draw();
    }
  }

  document.addEventListener("keydown", (event) => {
    if (state.open === null || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    move(by);
  });
  window.addEventListener("hashchange", read);
  read();
})();
