"use strict";
// Walks through the schedules of the page. Without it everything can still be read: the steps are a list.
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const stories = new Map();
  let active = null;

  function element(name, text, kind) {
    const made = document.createElement(name);
    made.textContent = text;
    if (kind) made.className = kind;
    return made;
  }

  function table(caption, heads, rows) {
    const made = document.createElement("table");
    made.append(element("caption", caption));
    const head = made.createTHead().insertRow();
    for (const one of heads) head.append(element("th", one));
    const body = made.createTBody();
    for (const [kind, ...cells] of rows) {
      const row = body.insertRow();
      row.className = kind;
      for (const cell of cells) row.append(element("td", cell));
    }
    return made;
  }

  function shown(state) {
    if (state.parts) {
      const rows = state.parts.map((part) => ["", ...part]);
      const parts = [table("The shared state", ["part", "value"], rows)];
      for (const [claim, witness] of state.violated) {
        parts.push(element("p", `✗ ${claim} is violated ${witness}`, "violated"));
      }
      return parts;
    }
    const parts = [
      table("The store", ["resource", "version", "confirmed", "capacity"], state.store.map((one) => ["", ...one])),
      table(
        "The invariants",
        ["clause", "what must hold", "verdict"],
        state.invariants.map(([clause, says, broken]) => [
          broken ? "violated" : "holds", clause, says, broken ? `✗ ${broken}` : "✓ holds",
        ]),
      ),
    ];
    const booked = state.reservations.length ? state.reservations.join(", ") : "none";
    parts.splice(1, 0, element("p", `Reservations: ${booked}`, "reservations"));
    for (const [clause, witness] of state.violated) {
      parts.push(element("p", `✗ ${clause} is violated: ${witness}`, "violated"));
    }
    return parts;
  }

  class Story {
    constructor(section) {
      this.section = section;
      this.data = JSON.parse(document.getElementById(`${section.id}-data`).textContent);
      this.items = [...section.querySelectorAll("ol.steps > li")];
      this.last = this.data.states.length - 1;
      this.stepper = section.querySelector(".stepper");
      this.where = section.querySelector(".where");
      this.panel = section.querySelector(".panel");
      this.picture = section.querySelector("figure svg");
      this.cursor = document.createElementNS(SVG, "rect");
      this.cursor.setAttribute("class", "cursor");
      this.cursor.setAttribute("rx", "6");
      this.picture.append(this.cursor);
      for (const button of section.querySelectorAll("button[data-move]")) {
        button.addEventListener("click", () => this.move(button.dataset.move));
      }
      this.items.forEach((item, place) => item.addEventListener("click", () => this.go(place + 1)));
      section.addEventListener("focusin", () => { active = this; });
      section.addEventListener("pointerdown", () => { active = this; });
      this.stepper.hidden = false;
      this.go(0, false);
    }

    move(where) {
      this.go({ first: 0, back: this.step - 1, next: this.step + 1, last: this.last }[where]);
    }

    go(step, chosen = true) {
      this.step = Math.max(0, Math.min(this.last, step));
      const state = this.data.states[this.step];
      this.section.dataset.step = this.step;
      this.where.textContent = this.step ? `after step ${this.step} of ${this.last}` : `before the first of ${this.last} steps`;
      this.panel.replaceChildren(...shown(state));
      this.items.forEach((item, place) => item.classList.toggle("current", place + 1 === this.step));
      const place = this.data.places[this.step - 1];
      this.cursor.setAttribute("visibility", place ? "visible" : "hidden");
      if (place) {
        const [x, top, bottom] = place;
        const box = { x: x - 12, y: top - 6, width: 24, height: bottom - top + 6 };
        for (const name in box) this.cursor.setAttribute(name, box[name]);
        this.cursor.classList.toggle("violated", state.violated.length > 0);
        const figure = this.picture.parentElement;
        const drawn = this.picture.getBoundingClientRect().width / this.picture.viewBox.baseVal.width;
        figure.scrollLeft = x * drawn - figure.clientWidth / 2;
      }
      for (const button of this.section.querySelectorAll("button[data-move]")) {
        const backwards = ["first", "back"].includes(button.dataset.move);
        button.setAttribute("aria-disabled", String(backwards ? this.step === 0 : this.step === this.last));
      }
      if (chosen) active = this;
    }
  }

  const KEYS = { ArrowLeft: "back", ArrowRight: "next", Home: "first", End: "last" };
  document.addEventListener("keydown", (event) => {
    const within = event.target.closest?.(".story");
    const story = within ? stories.get(within.id) : event.target === document.body ? active : null;
    const plain = !(event.altKey || event.ctrlKey || event.metaKey || event.shiftKey);
    const scrolls = !within && ["Home", "End"].includes(event.key);
    if (story && plain && event.key in KEYS && !scrolls) {
      event.preventDefault();
      story.move(KEYS[event.key]);
    }
  });

  // #story-2 shows a story, #story-2:3 shows it after its third step.
  function follow() {
    const [id, step] = decodeURIComponent(location.hash.slice(1)).split(":");
    const story = stories.get(id);
    if (!story) return;
    for (let one = story.section; one; one = one.parentElement) if (one.tagName === "DETAILS") one.open = true;
    if (step !== undefined) story.go(Number.parseInt(step, 10) || 0);
    active = story;
    story.section.scrollIntoView();
  }

  let closed = [];
  window.addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    for (const one of closed) one.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const one of closed) one.open = false;
  });

  for (const section of document.querySelectorAll(".story")) stories.set(section.id, new Story(section));
  active = stories.values().next().value ?? null;
  window.addEventListener("hashchange", follow);
  follow();
  document.documentElement.dataset.ready = stories.size;
})();
