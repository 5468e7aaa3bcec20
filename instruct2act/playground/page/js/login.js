// Where the server wants a token: ask for it, hand it over once, and start again. The page keeps no copy.
import { make } from "/static/look/dom.js";
import { post } from "./api.js";
import { set } from "./store.js";
import * as dialog from "./dialog.js";

/** Shows the token field; `entered` is called once the server took it. */
export function login(entered) {
  set({ online: "locked" });
  const token = make("input", { type: "password", autocomplete: "current-password", required: true,
    "aria-label": "Token", class: "wide" });
  const trouble = make("p", { class: "bad", role: "alert" });
  const form = make("form", { class: "row", onsubmit: async (event) => {
    event.preventDefault();
    try {
      await post("/api/login", { token: token.value.trim() });
      token.value = "";
      delete document.getElementById("dialog").dataset.must;
      dialog.close();
      entered();
    } catch (error) {
      trouble.textContent = `${error.message} ${error.todo || ""}`;
      token.select();
    }
  } }, token, make("button", { class: "primary", text: "Enter" }));
  const box = document.getElementById("dialog");
  box.addEventListener("cancel", (event) => { if (box.dataset.must) event.preventDefault(); });
  box.dataset.must = "true";
  dialog.show("This playground asks for a token", make("p", {}, "The person who runs it has one for each user: the ",
    make("code", { text: "--token" }), " that it was started with."), form, trouble);
  token.focus();
}
