// The blueprint to click on. What is chosen, and all that is shown, lives in the model; a view holds zoom, focus and a form half filled in.
// Data is only ever written as text. SVG is parsed as XML and cleaned before it enters the page.

let views = 0;

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

// An SVG as an element: no scripts, no foreign content, no handlers, no references to anything outside; ids of its own in every view.
export function cleanSvg(text, prefix) {
  const read = new DOMParser().parseFromString(text, "image/svg+xml");
  if (read.querySelector("parsererror") || read.documentElement.localName !== "svg") return null;
  read.querySelectorAll("script, foreignObject, iframe, style, animate, set, animateTransform, image").forEach((x) => x.remove());
  for (const node of [read.documentElement, ...read.querySelectorAll("*")]) {
    for (const { name, value } of [...node.attributes]) {
      const local = name.toLowerCase();
      if (local.startsWith("on")) node.removeAttribute(name);
      else if (local.endsWith("href")) {
        if (value.startsWith("#")) node.setAttribute(name, `#${prefix}${value.slice(1)}`);
        else node.removeAttribute(name);
      } else if (local === "id") node.setAttribute(name, prefix + value);
      else if (value.includes("url(")) {
        if (/^url\(#[\w.:-]+\)$/.test(value)) node.setAttribute(name, value.replace("url(#", `url(#${prefix}`));
        else node.removeAttribute(name);
      }
    }
  }
  return document.importNode(read.documentElement, true);
}

class View {
  constructor(model, el) {
    this.model = model;
    this.words = model.get("_words");
    this.prefix = `bp${(views += 1)}-`;
    this.form = null; // {finding, values} of the allow-list form that is open
    this.goTo = ""; // what gets the focus when Python has answered
    this.due = 0; // number of the answer to the last that was asked
    this.bound = [];
    this.build(el);
    const on = (name, draw) => {
      const call = () => this.keepingFocus(() => draw.call(this));
      model.on(`change:${name}`, call);
      this.bound.push([`change:${name}`, call]);
      draw.call(this);
    };
    on("_svg", this.drawPicture);
    on("_filter", this.drawFilter);
    on("_panel", this.drawPanel);
    on("_cases", this.drawCases);
    on("_told", this.drawCase);
    on("_entries", this.drawEntries);
    on("path", this.drawPath);
    on("activity", this.drawSelected);
    on("_said", this.drawSaid);
    on("_answered", () => setTimeout(() => this.answered())); // when all that has changed is drawn
    this.watch = new ResizeObserver(() => this.size());
    this.watch.observe(this.stage);
  }

  close() {
    this.bound.forEach(([name, call]) => this.model.off(name, call));
    this.watch.disconnect();
    clearTimeout(this.timer);
    clearTimeout(this.looking);
  }

  // --- building -----------------------------------------------------------------------------------------------------------

  build(el) {
    const w = this.words;
    const id = (name) => this.prefix + name;
    const button = (name, text, call) =>
      make("button", { type: "button", "aria-label": w[name], title: w[name], "data-key": name, onclick: call }, text);
    const field = (name, input) => make("label", { class: "bp-field" }, make("span", {}, w[name]), input);
    const choose = (name) => (event) => this.choose({ [name]: event.target.value || null });
    const day = (which) =>
      make("input", { type: "date", "data-key": which, onchange: () => this.choosePeriod(), onkeydown: this.confirm });

    this.from = day("from");
    this.to = day("to");
    this.by = make("select", { "data-key": "by", onchange: choose("by") });
    this.group = make("select", {
      "data-key": "group",
      onchange: (event) => this.choose({ group: event.target.selectedIndex ? event.target.value : null }),
    });
    this.kind = make("select", { "data-key": "kind", onchange: choose("kind") });
    this.clear = make("button", { type: "button", "data-key": "clear", onclick: () => this.send({ do: "clear" }) }, w.clear);
    const filter = make(
      "div",
      { class: "bp-filter", role: "group", "aria-label": w.filter },
      ...["from", "to", "by", "group", "kind"].map((name) => field(name, this[name])),
      this.clear,
    );
    this.line = make("p", { class: "bp-line", role: "status", "aria-live": "polite" });
    this.said = make("p", { class: "bp-said", role: "status", "aria-live": "polite", hidden: true });
    this.stage = make("div", {
      class: "bp-stage",
      tabindex: "0",
      role: "group",
      "aria-label": w.picture,
      "aria-describedby": id("keys"),
      "data-key": "stage",
    });
    const bar = make(
      "div",
      { class: "bp-bar", role: "toolbar", "aria-label": w.tools },
      button("zoom_in", "+", () => this.zoom(0.8)),
      button("zoom_out", "−", () => this.zoom(1.25)),
      button("fit", w.fit, () => this.fit()),
      make("span", { class: "bp-keys", id: id("keys") }, w.keys),
    );
    this.panel = make("section", { class: "bp-panel", "aria-label": w.panel });
    this.about = make("div", { class: "bp-about" });
    this.find = make("input", { type: "search", "data-key": "find", oninput: () => this.look() });
    this.caseLine = make("p", { class: "bp-cases-line", "aria-live": "polite" });
    this.caseList = make("div", { class: "bp-scroll", tabindex: "0", role: "group", "aria-label": w.cases });
    const cases = make(
      "div",
      { class: "bp-cases" },
      make("h4", {}, w.cases),
      field("find", this.find),
      this.caseLine,
      this.caseList,
    );
    this.panel.append(this.about, cases);
    this.one = make("section", { class: "bp-case", "aria-label": w.explanation, hidden: true });
    this.list = make("ul", { class: "bp-entries" });
    this.path = make("input", { type: "text", "data-key": "path", spellcheck: "false", onkeydown: this.confirm });
    const save = make("button", { type: "button", "data-key": "save", onclick: () => this.save() }, w.save);
    this.made = make(
      "section",
      { class: "bp-allowed", "aria-label": w.allowed, hidden: true },
      make("h4", {}, w.allowed),
      this.list,
      make("div", { class: "bp-save" }, field("path", this.path), save),
    );
    this.root = make(
      "div",
      {
        class: "bp-root",
        lang: this.model.get("lang") === "zh" ? "zh-CN" : "en",
        "data-lm-suppress-shortcuts": "true", // keys typed here are not commands of the notebook
        onkeydown: (event) => this.keys(event),
      },
      filter, this.line, this.said, bar, this.stage, this.panel, this.one, this.made,
    );
    this.listen();
    el.append(this.root);
  }

  confirm = (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    event.target.dispatchEvent(new Event("change", { bubbles: true }));
    if (event.target === this.path) this.save();
  };

  // --- asking Python ------------------------------------------------------------------------------------------------------

  send(content, goTo = "") {
    this.goTo = goTo;
    this.due = Math.max(this.due, this.model.get("_answered")) + 1;
    this.root.setAttribute("aria-busy", "true");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.unanswered(), 20000);
    try {
      this.model.send(content);
    } catch {
      this.unanswered();
      this.answered();
    }
  }

  // What was asked may never be answered: what is asked next does not wait for it.
  unanswered() {
    this.due = 0;
    this.say(this.words.no_answer, true);
  }

  choose(values, goTo = "") {
    this.send({ do: "choose", values }, goTo);
  }

  choosePeriod() {
    const { from, to } = this.model.get("_filter").chosen;
    const typing = [this.from, this.to].some(({ value }) => value && value < "1000"); // the year has not all its digits yet
    if (typing || (this.from.value === from && this.to.value === to)) return;
    this.choose({ period: [this.from.value || null, this.to.value || null] });
  }

  look() {
    clearTimeout(this.looking);
    this.looking = setTimeout(() => this.choose({ find: this.find.value }), 300);
  }

  save() {
    this.send({ do: "save", path: this.path.value });
  }

  answered() {
    if (this.model.get("_answered") < this.due) return; // more was asked since
    clearTimeout(this.timer);
    this.root.removeAttribute("aria-busy");
    if (this.form) this.form.sent = false;
    const target = this.goTo && this.root.querySelector(`[data-key="${CSS.escape(this.goTo)}"]`);
    if (target && target.offsetParent) target.focus();
    this.goTo = "";
    this.drawFilter(); // fields that were refused show again what holds
  }

  say(text, wrong) {
    this.said.textContent = text || "";
    this.said.hidden = !text;
    this.said.classList.toggle("bp-wrong", Boolean(wrong));
  }

  drawSaid() {
    const { text, wrong, n } = this.model.get("_said");
    if (n === undefined) return;
    this.say(text, wrong);
    if (!text || !this.form || !this.form.sent) return;
    if (wrong) {
      Object.assign(this.form, { error: text, sent: false });
      this.say(""); // it stands in the form
    } else [this.form, this.goTo] = [null, "title"];
    this.drawPanel();
  }

  // --- focus --------------------------------------------------------------------------------------------------------------

  // Draw again without losing the place of who works with the keyboard.
  keepingFocus(draw) {
    const at = this.root && this.root.contains(document.activeElement) ? document.activeElement : null;
    const key = at && at.dataset.key;
    const cursor = at && ["INPUT", "TEXTAREA"].includes(at.tagName) && at.type !== "date" ? [at.selectionStart, at.selectionEnd] : null;
    draw();
    if (!at || this.root.contains(document.activeElement)) return;
    const again = key && this.root.querySelector(`[data-key="${CSS.escape(key)}"]`);
    const target = again || this.about.querySelector("h3") || this.stage;
    target.focus({ preventScroll: true });
    if (again && cursor && cursor[0] !== null) again.setSelectionRange(...cursor);
  }

  keys(event) {
    if (event.isComposing || event.altKey) return;
    const picture = this.stage.contains(event.target);
    if (event.key === "Escape") return this.escape(event);
    if (!picture || event.ctrlKey || event.metaKey) return;
    const step = event.target.closest("g.activity");
    const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (event.key === "+" || event.key === "=") this.zoom(0.8);
    else if (event.key === "-" || event.key === "_") this.zoom(1.25);
    else if (event.key === "0") this.fit();
    else if (arrows[event.key] && step) this.walk(step, arrows[event.key]);
    else if (arrows[event.key]) this.pan(...arrows[event.key].map((x) => x * this.box[2] * 0.1));
    else if ((event.key === "Enter" || event.key === " ") && step) this.pick(step.dataset.activity);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  escape(event) {
    const { model } = this;
    if (this.form && this.panel.contains(event.target)) this.closeForm();
    else if (model.get("case") !== null && (this.one.contains(event.target) || this.caseList.contains(event.target))) this.leaveCase();
    else if (model.get("activity") !== null) this.leaveActivity();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  leaveCase() {
    this.choose({ case: null }, `case:${this.model.get("case")}`);
  }

  leaveActivity() {
    this.choose({ activity: null }, `activity:${this.model.get("activity")}`);
  }

  // --- picture ------------------------------------------------------------------------------------------------------------

  drawPicture() {
    const svg = cleanSvg(this.model.get("_svg"), this.prefix);
    const box = svg && (svg.getAttribute("viewBox") || "").split(/[\s,]+/).map(Number);
    if (!svg || box.length !== 4 || !box.every(Number.isFinite)) {
      this.stage.replaceChildren(make("p", {}, this.words.no_picture));
      this.svg = null;
      return;
    }
    const same = this.base && box.join() === this.base.join();
    this.base = box;
    if (!same) this.box = [...box];
    ["width", "height"].forEach((name) => svg.removeAttribute(name));
    svg.setAttribute("role", "group");
    svg.setAttribute("preserveAspectRatio", "xMidYMid meet");
    this.svg = svg;
    this.steps = [...svg.querySelectorAll("g.activity[data-activity]")];
    this.steps.forEach((step) => {
      step.setAttribute("role", "button");
      step.setAttribute("tabindex", "-1");
      step.setAttribute("data-key", `activity:${step.dataset.activity}`);
      const title = step.querySelector("title");
      if (title) step.setAttribute("aria-label", title.textContent);
      step.addEventListener("focus", () => this.rove(step));
    });
    this.stage.replaceChildren(svg);
    this.aim();
    this.size();
    this.drawSelected();
  }

  drawSelected() {
    if (!this.svg) return;
    const chosen = this.model.get("activity");
    this.svg.querySelectorAll(".bp-ring").forEach((x) => x.remove());
    let stop = this.steps[0];
    for (const step of this.steps) {
      const mine = step.dataset.activity === chosen;
      step.setAttribute("aria-pressed", String(mine));
      step.classList.toggle("bp-selected", mine);
      if (!mine) continue;
      stop = step;
      const { x, y, width, height } = step.getBBox();
      const ring = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      const places = { class: "bp-ring", x: x - 6, y: y - 6, width: width + 12, height: height + 12, rx: 9 };
      Object.entries(places).forEach(([name, value]) => ring.setAttribute(name, value));
      step.append(ring);
    }
    if (stop) this.rove(stop);
  }

  rove(step) {
    this.steps.forEach((x) => x.setAttribute("tabindex", x === step ? "0" : "-1"));
  }

  // The nearest step in a direction: what lies aside counts twice.
  walk(from, [dx, dy]) {
    const middle = (step) => {
      const { x, y, width, height } = step.getBBox();
      return [x + width / 2, y + height / 2];
    };
    const [x0, y0] = middle(from);
    const far = (step) => {
      const [x, y] = middle(step);
      const ahead = (x - x0) * dx + (y - y0) * dy;
      return ahead > 1 ? ahead + 2 * Math.abs((x - x0) * dy + (y - y0) * dx) : Infinity;
    };
    const next = this.steps.filter((x) => x !== from).reduce((a, b) => (a && far(a) <= far(b) ? a : b), null);
    if (!next || far(next) === Infinity) return;
    next.focus({ preventScroll: true });
    const { x, y, width, height } = next.getBBox();
    const [bx, by, bw, bh] = this.box;
    if (x < bx || x + width > bx + bw) this.box[0] = x + width / 2 - bw / 2;
    if (y < by || y + height > by + bh) this.box[1] = y + height / 2 - bh / 2;
    this.aim();
  }

  pick(activity) {
    this.form = null;
    const again = activity === this.model.get("activity");
    this.choose({ activity: again ? null : activity });
  }

  aim() {
    if (this.svg) this.svg.setAttribute("viewBox", this.box.join(" "));
  }

  size() {
    if (this.svg) this.svg.style.height = `${Math.round(Math.min((this.stage.clientWidth * this.base[3]) / this.base[2], 620))}px`;
  }

  fit() {
    if (this.base) this.box = [...this.base];
    this.aim();
  }

  zoom(by, cx = 0.5, cy = 0.5) {
    if (!this.base) return;
    const [x, y, width, height] = this.box;
    const wide = width * by;
    if (wide > this.base[2] * 2 || wide < this.base[2] / 20) return;
    this.box = [x + (width - wide) * cx, y + (height - height * by) * cy, wide, height * by];
    this.aim();
  }

  pan(dx, dy) {
    if (!this.base) return;
    const [x, y, width, height] = this.base;
    const within = (at, low, size, own) => Math.min(Math.max(at, low - own * 0.9), low + size - own * 0.1);
    this.box[0] = within(this.box[0] + dx, x, width, this.box[2]);
    this.box[1] = within(this.box[1] + dy, y, height, this.box[3]);
    this.aim();
  }

  listen() {
    const at = (event) => {
      const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.svg.getScreenCTM().inverse());
      return [(place.x - this.box[0]) / this.box[2], (place.y - this.box[1]) / this.box[3]];
    };
    let last = null;
    let moved = false;
    this.stage.addEventListener(
      "wheel",
      (event) => {
        if (!this.svg || !(event.ctrlKey || event.metaKey)) return;
        event.preventDefault();
        this.zoom(event.deltaY > 0 ? 1.1 : 1 / 1.1, ...at(event));
      },
      { passive: false },
    );
    this.stage.addEventListener("pointerdown", (event) => {
      if (event.button === 0 && this.svg) [last, moved] = [[event.clientX, event.clientY], false];
    });
    this.stage.addEventListener("pointermove", (event) => {
      if (!last || !this.svg) return;
      const [dx, dy] = [event.clientX - last[0], event.clientY - last[1]];
      if (!moved && Math.hypot(dx, dy) < 4) return;
      if (!moved) this.stage.setPointerCapture(event.pointerId);
      moved = true;
      const scale = 1 / this.svg.getScreenCTM().a;
      this.pan(-dx * scale, -dy * scale);
      last = [event.clientX, event.clientY];
    });
    const stop = () => (last = null);
    ["pointerup", "pointercancel"].forEach((name) => this.stage.addEventListener(name, stop));
    this.stage.addEventListener("click", (event) => {
      const step = event.target.closest("g.activity[data-activity]");
      if (step && !moved) this.pick(step.dataset.activity);
      moved = false;
    });
  }

  // --- filter -------------------------------------------------------------------------------------------------------------

  drawFilter() {
    const { line, empty, chosen, days, by, groups, kinds } = this.model.get("_filter");
    if (this.line.textContent !== line + empty) this.line.replaceChildren(make("span", {}, line), ...(empty ? [make("span", { class: "bp-empty" }, empty)] : []));
    for (const name of ["from", "to"]) {
      const input = this[name];
      if (input.value !== chosen[name] && !(input === document.activeElement && this.root.getAttribute("aria-busy"))) input.value = chosen[name];
      if (days[0]) [input.min, input.max] = days;
    }
    this.options(this.by, by, chosen.by);
    this.options(this.group, groups, chosen.group);
    this.options(this.kind, kinds, chosen.kind);
    this.group.disabled = !chosen.by;
    this.clear.disabled = !(chosen.from || chosen.to || chosen.by || chosen.kind);
  }

  options(select, offered, chosen) {
    const key = JSON.stringify(offered);
    if (select.dataset.offered !== key) {
      select.replaceChildren(
        make("option", { value: "" }, this.words.any),
        ...offered.map(({ value, label }) => make("option", { value, dir: "auto" }, label)),
      );
      select.dataset.offered = key;
    }
    select.selectedIndex = 1 + offered.findIndex(({ value }) => chosen !== null && value === chosen);
  }

  // --- panel --------------------------------------------------------------------------------------------------------------

  table(heads, rows, name) {
    const head = make("tr", {}, ...heads.map((text) => make("th", { scope: "col" }, text)));
    return make("div", { class: "bp-wide" }, make("table", { class: name }, make("thead", {}, head), make("tbody", {}, ...rows)));
  }

  drawPanel() {
    const { activity, title, sub, empty, heads, findings, scorecard } = this.model.get("_panel");
    const w = this.words;
    if (this.form && !findings.some(({ id }) => id === this.form.finding)) this.form = null;
    const back = activity === null ? null : make("button", { type: "button", "data-key": "back", onclick: () => this.leaveActivity() }, `← ${w.back}`);
    const parts = [make("div", { class: "bp-head" }, make("h3", { tabindex: "-1", dir: "auto", "data-key": "title" }, title), back), make("p", {}, sub)];
    if (scorecard) {
      parts.push(make("h4", {}, w.scorecard));
      if (scorecard.note) parts.push(make("p", {}, scorecard.note));
      else parts.push(this.table(scorecard.heads, [make("tr", {}, ...scorecard.cells.map((text) => make("td", {}, text)))], "bp-scorecard"));
    }
    parts.push(make("h4", {}, w.findings));
    if (empty) parts.push(make("p", { class: "bp-empty" }, empty));
    else parts.push(this.table([...heads, ""], findings.flatMap((x) => this.finding(x, activity, heads.length + 1)), "bp-findings"));
    this.about.replaceChildren(...parts);
  }

  finding(found, activity, width) {
    const w = this.words;
    const open = this.form && this.form.finding === found.id;
    const key = `allow:${found.id}`;
    const allow = make(
      "button",
      { type: "button", "data-key": key, "aria-expanded": String(Boolean(open)), "aria-label": `${w.allow}: ${found.title}`, onclick: () => (open ? this.closeForm() : this.openForm(found.id)) },
      w.allow,
    );
    const cells = found.cells.map((text) => make("td", {}, text ?? ""));
    const links = activity !== null ? [] : found.places.map(({ activity: id, name }) =>
      make("button", { type: "button", class: "bp-link", dir: "auto", "data-key": `place:${found.id}:${id}`, onclick: () => this.choose({ activity: id }, "title") }, name));
    cells[1].append(make("div", { class: "bp-title", dir: "auto" }, found.title), make("div", { class: "bp-small", dir: "auto" }, found.check), ...links);
    const row = make("tr", { "data-finding": found.id }, ...cells, make("td", {}, found.status === "allowed" ? null : allow));
    return open ? [row, make("tr", { class: "bp-form-row" }, make("td", { colspan: width }, this.drawForm(found)))] : [row];
  }

  // --- allow-list ---------------------------------------------------------------------------------------------------------

  openForm(finding) {
    this.form = { finding, values: { decision: "accepted" }, error: "" };
    this.drawPanel();
    this.about.querySelector(".bp-form [name=reason]").focus();
  }

  closeForm() {
    const key = `allow:${this.form.finding}`;
    this.form = null;
    this.drawPanel();
    const target = this.about.querySelector(`[data-key="${CSS.escape(key)}"]`) || this.about.querySelector("h3");
    target.focus();
  }

  drawForm(found) {
    const w = this.words;
    const { values, error } = this.form;
    const { days, hint } = this.model.get("_filter");
    const kept = (event) => { values[event.target.name] = event.target.value; };
    const input = (name, type, more = {}) => {
      const node = make(type === "textarea" ? "textarea" : "input", { name, type: type === "textarea" ? null : type, "data-key": `form:${name}`, oninput: kept, onchange: kept, ...more });
      node.value = values[name] || "";
      return make("label", { class: "bp-field" }, make("span", {}, w[name]), node);
    };
    const required = { required: true, "aria-required": "true" };
    const decision = make("select", { name: "decision", "data-key": "form:decision", onchange: kept }, ...w.decisions.map(({ value, label }) => make("option", { value }, label)));
    decision.value = values.decision;
    const form = make(
      "form",
      { class: "bp-form", novalidate: true, "aria-label": `${w.allow_this}: ${found.title}`, onsubmit: (event) => this.submit(event) },
      make("strong", { dir: "auto" }, `${w.allow_this}: ${found.title}`),
      input("reason", "textarea", { rows: 2, ...required }),
      make("div", { class: "bp-row" },
        input("approved_by", "text", { autocomplete: "off", ...required }),
        input("valid_from", "date", required),
        input("valid_to", "date", required),
        input("max_share", "text", { inputmode: "decimal", autocomplete: "off" }),
        make("label", { class: "bp-field" }, make("span", {}, w.decision), decision)),
      days[0] ? make("p", { class: "bp-small" }, hint) : null,
      make("p", { class: "bp-error", role: "alert" }, error),
      make("div", { class: "bp-row" },
        make("button", { type: "submit", class: "bp-main", "data-key": "form:submit" }, w.allow),
        make("button", { type: "button", "data-key": "form:cancel", onclick: () => this.closeForm() }, w.cancel)),
    );
    return form;
  }

  submit(event) {
    event.preventDefault();
    if (this.form.sent) return; // a second click
    this.form.sent = true;
    this.send({ do: "allow", finding: this.form.finding, fields: this.form.values });
  }

  drawEntries() {
    const w = this.words;
    const entries = this.model.get("_entries");
    this.made.hidden = !entries.length;
    this.list.replaceChildren(...entries.map(({ id, title, text, covers, saved }) => {
      const end = saved
        ? make("em", {}, w.saved)
        : make("button", { type: "button", "data-key": `back:${id}`, "aria-label": `${w.take_back}: ${title}`, onclick: () => this.send({ do: "take_back", entry: id }, "title") }, w.take_back);
      return make("li", { "data-entry": id }, make("div", {}, make("strong", { dir: "auto" }, title), make("div", { class: "bp-small", dir: "auto" }, text), make("div", { class: "bp-small", dir: "auto" }, covers)), end);
    }));
  }

  drawPath() {
    if (this.path !== document.activeElement) this.path.value = this.model.get("path");
  }

  // --- cases --------------------------------------------------------------------------------------------------------------

  drawCases() {
    const { line, heads, rows, find } = this.model.get("_cases");
    if (this.find !== document.activeElement) this.find.value = find;
    this.caseLine.textContent = line;
    const chosen = this.model.get("case");
    const lines = rows.map(({ case: id, kinds }) =>
      make("tr", {},
        make("td", {}, make("button", { type: "button", class: "bp-link", dir: "auto", "data-key": `case:${id}`, "data-case": id, "aria-pressed": String(id === chosen), onclick: () => this.choose({ case: id }, "case-title") }, id)),
        make("td", {}, kinds)));
    const top = this.caseList.scrollTop;
    this.caseList.replaceChildren(rows.length ? this.table(heads, lines, "bp-case-list") : "");
    this.caseList.scrollTop = top;
  }

  drawCase() {
    const shown = this.model.get("_told");
    const w = this.words;
    this.one.hidden = !shown.case && shown.case !== "";
    if (this.one.hidden) return this.one.replaceChildren();
    const svg = cleanSvg(shown.svg, `${this.prefix}case-`);
    const rows = shown.rows.map(({ verdict, cells }) =>
      make("tr", { class: `bp-${verdict}` }, ...cells.map((lines) =>
        make("td", { dir: "auto" }, ...lines.map((text, i) => make("div", { class: i ? "bp-small" : null }, text))))));
    this.one.replaceChildren(...[
      make("div", { class: "bp-head" },
        make("h3", { tabindex: "-1", dir: "auto", "data-key": "case-title" }, shown.title),
        make("button", { type: "button", "data-key": "close", onclick: () => this.leaveCase() }, w.close)),
      shown.note ? make("p", { class: "bp-wrong" }, shown.note) : null,
      make("p", { dir: "auto" }, shown.sentence),
      make("div", { class: "bp-scroll bp-case-picture", tabindex: "0", role: "group", "aria-label": w.explanation }, svg || w.no_picture),
      make("p", { class: "bp-small" }, shown.caption),
      this.table(shown.heads, rows, "bp-checks"),
      shown.below ? make("p", { class: "bp-small" }, shown.below) : null,
    ].filter(Boolean));
  }
}

function render({ model, el }) {
  const view = new View(model, el);
  return () => view.close();
}

export default { render };
