"use strict";
// Walks a table of positions; all rules are in the table.
function lastseatGame(identifier, levels) {
  // The position after `steps`, and the number of the step that broke the promise (0: none did).
  function play(level, steps) {
    let at = 0, brokenAt = 0;
    steps.forEach((who, index) => {
      at = level.positions[at].next[who];
      if (at === null || at === undefined) throw new Error("attempt " + who + " has ended");
      if (level.positions[at].broken && !brokenAt) brokenAt = index + 1;
    });
    const position = level.positions[at];
    const rows = position.rows.map((number) => level.rows[number]);
    return { position: Object.assign({}, position, { rows: rows }), brokenAt: brokenAt };
  }

  function make(parent, kind, text, className) {
    const element = document.createElement(kind);
    element.textContent = text;
    if (className) element.className = className;
    parent.appendChild(element);
    return element;
  }

  function button(parent, text, name, onClick, disabled) {
    const element = make(parent, "button", text);
    element.type = "button";
    element.dataset.name = name;
    element.disabled = Boolean(disabled);
    element.addEventListener("click", onClick);
    return element;
  }

  const root = document.getElementById(identifier);
  const solved = new Set();
  let chosen = 0, steps = [], claim = false;

  function go(change) {
    const focused = root.contains(document.activeElement) ? document.activeElement.dataset.name : "";
    change();
    draw();
    const again = focused && root.querySelector('[data-name="' + focused + '"]');
    if (again) again.focus();
  }

  function begin(index) {
    chosen = index;
    steps = [];
    claim = false;
  }

  function drawLevels() {
    if (levels.length < 2) return;
    const row = make(root, "div", "");
    levels.forEach((level, index) => {
      const text = (index + 1) + (solved.has(index) ? " ✓" : "");
      const one = button(row, text, "level-" + index, () => go(() => begin(index)));
      one.setAttribute("aria-pressed", String(index === chosen));
      one.setAttribute("aria-label", "level " + text + ": " + level.title);
    });
  }

  function drawStore(position) {
    const row = make(root, "p", "Store: ");
    make(row, "span", "confirmed " + position.counter, "badge" + (position.broken ? " broken" : ""));
    make(row, "span", "  version " + position.version + ", reservations: ");
    const held = position.reservations.join(", ") || "none";
    make(row, "span", held, position.broken ? "badge broken" : "");
  }

  function drawMoves(level, position) {
    const row = make(root, "div", "");
    position.rows.forEach((attempt, who) => {
      const text = level.labels[who] + (attempt.does ? ": " + attempt.does : " has ended");
      button(row, text, "step-" + who, () => go(() => { steps.push(who); claim = false; }), !attempt.does);
    });
    const none = steps.length === 0;
    button(row, "take back", "back", () => go(() => { steps.pop(); claim = false; }), none);
    button(row, "start again", "again", () => go(() => begin(chosen)), none && !claim);
    button(row, "it cannot be done", "claim", () => go(() => { claim = true; }));
  }

  function drawAttempts(level, position) {
    const table = make(root, "table", "");
    const head = make(make(table, "thead", ""), "tr", "");
    ["attempt", "saw", "proposes", "outcome"].forEach((title) => { make(head, "th", title).scope = "col"; });
    const body = make(table, "tbody", "");
    position.rows.forEach((attempt, who) => {
      const row = make(body, "tr", "");
      [level.labels[who], attempt.saw, attempt.proposes].forEach((text) => make(row, "td", text));
      make(row, "td", attempt.outcome, attempt.outcome.split(" ")[0]);
    });
  }

  function verdict(level, position, brokenAt) {
    if (claim) {
      if (!level.breaking) return ["Right.", level.lesson + " There are " + level.schedules + "."];
      return ["Not so.", "There is a schedule, of " + level.shortest.length + " steps."];
    }
    if (brokenAt) {
      const said = "Broken at step " + brokenAt + ".";
      const extra = brokenAt > level.shortest.length ? " It can be done in " + level.shortest.length + " steps." : "";
      return [said, position.broken + ". " + level.lesson + extra];
    }
    if (position.next.every((to) => to === null)) return ["", "All have ended, and nothing is broken."];
    return ["", "Choose who moves next."];
  }

  function draw() {
    const level = levels[chosen];
    const played = play(level, steps);
    if (played.brokenAt || (claim && !level.breaking)) solved.add(chosen);
    root.textContent = "";
    drawLevels();
    const story = make(root, "p", "");
    make(story, "b", level.title + ". ");
    make(story, "span", level.story + " ");
    make(story, "b", level.task);
    drawStore(played.position);
    drawMoves(level, played.position);
    drawAttempts(level, played.position);
    const words = verdict(level, played.position, played.brokenAt);
    const said = make(root, "p", "");
    said.setAttribute("role", "status");
    if (words[0]) make(said, "span", words[0], "badge" + (played.brokenAt && !claim ? " broken" : ""));
    make(said, "span", (words[0] ? " " : "") + words[1]);
    make(make(root, "p", "Your schedule: "), "code", steps.join(".") || "-");
  }

  begin(0);
  draw();
  window.lastseatGames = window.lastseatGames || {};
  window.lastseatGames[identifier] = { levels: levels, play: play };
}
