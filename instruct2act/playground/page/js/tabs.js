// Tabs as the ARIA practices describe them: one stop for Tab, arrows between them.
import { make } from "/static/look/dom.js";

/** Fills `host` with tabs for [name, label, panel id]; `select(name)` shows one and tells `onSelect`. */
export function tabs(host, entries, onSelect) {
  const buttons = new Map();
  let current = "";
  const select = (name, focus = false) => {
    current = name;
    for (const [each, button] of buttons) {
      button.setAttribute("aria-selected", String(each === name));
      button.tabIndex = each === name ? 0 : -1;
    }
    if (focus) buttons.get(name).focus();
    onSelect(name);
  };
  for (const [name, label, panel] of entries) {
    const button = make("button", { type: "button", role: "tab", text: label, "data-name": name,
      "aria-controls": panel, onclick: () => select(name) });
    buttons.set(name, button);
    host.append(button);
  }
  host.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    const names = [...buttons].filter(([, button]) => !button.hidden).map(([name]) => name);
    select(names[(names.indexOf(current) + by + names.length) % names.length], true);
  });
  return { select, buttons, get current() { return current; } };
}
