// What makes the desks quicker where scripts run: drafts kept while typing, proposals while typing, keys. Nothing is kept
// in the browser: desks are shared.
"use strict";

const QUIET = 800;
const CALM = 2500;

function later(work, wait) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(work, wait);
  };
}

// What stands in a form, without its files: they go when it is sent.
function fieldsOf(form) {
  const fields = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (typeof value === "string") fields.append(name, value);
  return fields;
}

async function send(address, fields, accept) {
  const headers = { Accept: accept };
  return fetch(address, { method: "POST", body: fields, headers, redirect: "manual", credentials: "same-origin" });
}

// Keeping what is typed, and noticing that nobody is signed in any more before anything is lost.
class Keeper {
  constructor(form) {
    this.form = form;
    this.word = form.querySelector("[data-saved]");
    this.lost = document.querySelector("[data-lost]");
    this.over = false;
    this.asked = later(() => this.keep(), CALM);
    form.addEventListener("input", this.asked);
    form.addEventListener("submit", (event) => this.submit(event));
    window.addEventListener("focus", () => this.lost.hidden || this.renew());
    window.addEventListener("pageshow", () => (this.over = false));
  }

  async keep() {
    if (this.over) return;
    let answer = null;
    try {
      answer = await send("/drafts", fieldsOf(this.form), "application/json");
    } catch {
      return;
    }
    if (answer.type === "opaqueredirect" || answer.status === 401) this.lost.hidden = false;
    else if (answer.status === 403) await this.renew();
    if (!answer.ok) return;
    this.lost.hidden = true;
    const { saved_at: at } = await answer.json();
    if (this.word) this.word.textContent = `${this.word.dataset.word} ${new Date(at).toTimeString().slice(0, 5)}`;
  }

  // Whether somebody is signed in; forms here then hold that session's token.
  async renew() {
    const answer = await fetch("/drafts/token", { redirect: "manual", headers: { Accept: "application/json" } });
    this.lost.hidden = answer.ok;
    if (!answer.ok) return false;
    const { csrf } = await answer.json();
    for (const one of document.querySelectorAll("input[name=csrf]")) one.value = csrf;
    return true;
  }

  // A form that would be sent without a session stays where it is, with all that stands in it.
  submit(event) {
    if (this.over || event.defaultPrevented) return;
    const button = event.submitter;
    event.preventDefault();
    const go = (signedIn) => {
      delete this.form.dataset.sent;
      if (!signedIn) return this.lost.scrollIntoView();
      this.over = true;
      this.form.requestSubmit(button && !button.matches(".unseen") ? button : undefined);
    };
    this.renew().then(go, () => go(true));
  }
}

// What is proposed for a petition, beside it while it is typed.
class Proposals {
  constructor(form, aside) {
    this.form = form;
    this.aside = aside;
    this.last = "";
    const asked = later(() => this.ask(), Number(aside.dataset.quiet ?? QUIET));
    form.addEventListener("input", asked);
    form.addEventListener("change", asked);
    aside.addEventListener("click", (event) => this.take(event));
  }

  async ask() {
    const fields = fieldsOf(this.form);
    const said = fields.toString();
    if (said === this.last) return;
    this.last = said;
    try {
      const answer = await send(this.aside.dataset.proposal, fields, "text/html");
      if (answer.ok) this.aside.innerHTML = await answer.text();
    } catch {
      this.last = "";
    }
  }

  take(event) {
    const button = event.target.closest("button[data-fill]");
    if (!button) return;
    event.preventDefault();
    const field = this.form.elements[button.dataset.fill];
    field.value = button.value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  }
}

for (const mark of document.querySelectorAll("[data-draft]")) new Keeper(mark.closest("form"));
for (const aside of document.querySelectorAll("[data-proposal]")) new Proposals(aside.closest("form"), aside);

// Ctrl+Enter sends the form that one writes in.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const form = event.target.closest("form");
  if (!form || form.method !== "post") return;
  event.preventDefault();
  form.requestSubmit();
});

for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => window.print());

// One box ticks all the others.
for (const all of document.querySelectorAll("input[data-all]"))
  all.addEventListener("change", () => {
    for (const one of all.form.querySelectorAll(`input[name="${all.dataset.all}"]`)) one.checked = all.checked;
  });

// Where the officer stands, if they want it said: a geo URI in the hidden field (WGS 84, and how far it may be off).
class Where {
  constructor(line) {
    this.field = line.querySelector("input");
    this.words = line.querySelector("output");
    this.less = line.querySelector("[data-forget]");
    line.querySelector("[data-find]").addEventListener("click", () => this.find());
    this.less.addEventListener("click", () => this.keep(""));
    line.hidden = false;
    if (this.field.value) this.tell();
  }

  find() {
    this.words.textContent = this.words.dataset.asking;
    navigator.geolocation.getCurrentPosition(
      ({ coords: { latitude, longitude, accuracy } }) => {
        const off = Math.min(Math.ceil(accuracy), 999999);
        this.keep(`geo:${latitude.toFixed(6)},${longitude.toFixed(6)};u=${off}`);
        this.tell();
      },
      (error) => {
        const { refused, lost } = this.words.dataset;
        this.words.textContent = error.code === error.PERMISSION_DENIED ? refused : lost;
      },
      { enableHighAccuracy: true, timeout: 30000, maximumAge: 60000 },
    );
  }

  keep(point) {
    this.field.value = point;
    this.words.textContent = "";
    this.less.hidden = !point;
    this.field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  tell() {
    this.words.textContent = this.words.dataset.found.replace("{n}", this.field.value.split("u=")[1] ?? "?");
    this.less.hidden = false;
  }
}

// Browsers tell where they are on https (and on this machine) only.
if (navigator.geolocation && window.isSecureContext)
  for (const line of document.querySelectorAll("[data-where]")) new Where(line);
