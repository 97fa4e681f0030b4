// What makes the pages quicker where scripts run. Every page works without it.
"use strict";

// Another row of a form without asking the server: a copy of the last one, emptied and numbered on.
function addRow(button) {
  const rows = button.closest("[data-rows]").querySelectorAll(":scope > .row");
  const last = rows[rows.length - 1];
  const name = button.dataset.add, from = rows.length - 1, to = rows.length;
  const made = last.cloneNode(true);
  made.setAttribute("aria-label", made.getAttribute("aria-label").replace(/\d+$/, String(to + 1)));
  for (const one of made.querySelectorAll("*")) {
    for (const attribute of ["name", "id", "for", "list", "aria-describedby"]) {
      const value = one.getAttribute(attribute);
      if (value === null) continue;
      const start = attribute === "name" ? `${name}.${from}.` : `f-${name.replace(/[^A-Za-z0-9]+/g, "-")}-${from}-`;
      const next = attribute === "name" ? `${name}.${to}.` : `f-${name.replace(/[^A-Za-z0-9]+/g, "-")}-${to}-`;
      one.setAttribute(attribute, value.replaceAll(start, next));
    }
    if (one.matches("input:not([type=checkbox]):not([type=radio]):not([type=hidden]), textarea")) one.value = "";
    if (one.matches("input[type=checkbox], input[type=radio]")) one.checked = false;
    if (one.matches(".fault")) one.remove();
  }
  last.after(made);
  made.querySelector("input, select, textarea")?.focus();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-add]");
  if (!button) return;
  event.preventDefault();
  addRow(button);
});

// What is wrong comes first to eye and ear.
document.getElementById("faults")?.focus();

// A form is sent once.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});
