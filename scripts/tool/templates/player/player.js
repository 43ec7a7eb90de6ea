// Steps through a failing schedule. Its form: tests/explore/story_json.hpp.
//
// SPDX-License-Identifier: MIT
"use strict";

const make = (name, attributes = {}, ...inside) => {
    const made = name === "svg" || make.drawn.has(name)
        ? document.createElementNS("http://www.w3.org/2000/svg", name)
        : document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
        if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
        else if (value !== false) made.setAttribute(key, value === true ? "" : value);
    }
    made.append(...inside);
    return made;
};
make.drawn = new Set(["circle", "path", "text", "g", "defs", "marker"]);

const threadName = number => `T${number}`;
const place = one => one.file ? `${one.file.split("/").pop()}:${one.line}` : "";

// What holds after the first `count` steps: who holds which mutex, who waits for what, values.
function stateAfter(story, count) {
    const state = { holders: new Map(), waits: new Map(), values: new Map(), at: new Map(),
                    started: new Set([0]), ended: new Set() };
    for (const step of story.steps.slice(0, count)) {
        const me = step.thread;
        state.waits.delete(me);
        state.started.add(me);
        if (step.line) state.at.set(me, step);
        if (step.op === "lock") state.holders.set(step.object, me);
        if (step.op === "unlock") state.holders.delete(step.object);
        if (step.op === "wait") {
            if (step.releases) state.holders.delete(step.releases);
            state.waits.set(me, { what: `to be notified on ${step.object}` });
        }
        if (step.op === "blocked") {
            const end = /^waits for T(\d+)$/.exec(step.does);
            state.waits.set(me, end ? { what: `for the end of T${end[1]}`, thread: Number(end[1]) }
                                    : { what: `for ${step.object}`, object: step.object });
        }
        if (step.op === "start") state.started.add(step.other);
        if (step.op === "end") state.ended.add(me);
        if (step.value !== undefined && step.object) state.values.set(step.object, step.value);
    }
    if (count === story.steps.length) {  // what the explorer knows of the end
        for (const one of story.waiting) {
            if (one.text === "could go on") continue;
            state.waits.set(one.thread, { what: one.text.replace(/^waits /, ""), thread: one.for });
            if (one.line) state.at.set(one.thread, one);
        }
    }
    for (const [one, wait] of state.waits) {
        if (wait.thread === undefined) wait.thread = state.holders.get(wait.object);
        if (state.ended.has(wait.thread)) state.waits.set(one, { over: `may go on: T${wait.thread} has ended` });
    }
    return state;
}

// Those on a circle of threads that wait for one another.
function circle(state) {
    const found = new Set();
    for (const first of state.waits.keys()) {
        const way = [];
        let one = first;
        while (one !== undefined && !way.includes(one)) {
            way.push(one);
            one = state.waits.get(one)?.thread;
        }
        if (one === first) way.forEach(each => found.add(each));
    }
    return found;
}

function graph(state) {
    const threads = [...state.started].filter(one => !state.ended.has(one)).sort((a, b) => a - b);
    const waits = [...state.waits].filter(([, wait]) => wait.thread !== undefined)
        .sort(([one], [other]) => one - other);
    if (waits.length === 0) return null;
    const x = one => 40 + 90 * threads.indexOf(one);
    const round = circle(state);
    const said = waits.map(([one, wait]) => `T${one} waits for T${wait.thread}`).join(", ");
    const drawn = make("svg", { viewBox: `0 0 ${90 * threads.length} 100`, role: "img",
                                "aria-label": said, style: `max-width: ${90 * threads.length}px` });
    drawn.append(make("defs", {}, make("marker", {
        id: "tip", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto",
    }, make("path", { d: "M0 0 L8 4 L0 8 z" }))));
    for (const [one, wait] of waits) {
        const [from, to] = [x(one), x(wait.thread)];
        const above = from < to;
        const y = above ? 44 : 76;
        const bend = above ? y - 12 - Math.abs(to - from) / 6 : y + 12 + Math.abs(to - from) / 6;
        drawn.append(make("g", { class: round.has(one) ? "round" : "" }, make("path", {
            d: `M${from} ${y} Q${(from + to) / 2} ${bend} ${to} ${y}`, "marker-end": "url(#tip)",
        })));
    }
    for (const one of threads) {
        const text = make("text", { x: x(one), y: 65, "text-anchor": "middle" }, threadName(one));
        const shape = make("circle", { cx: x(one), cy: 60, r: 16 });
        drawn.append(make("g", { class: round.has(one) ? "round" : "" }, shape, text));
    }
    return drawn;
}

class Player {
    constructor(root, broken, files) {
        this.root = root;
        this.story = broken.story;
        this.files = files;
        this.all = false;
        this.step = this.story.steps.length;  // how many have been made
        this.build(broken);
        this.show();
    }

    // The numbers of those that have a row: without repetitions and what tells nothing, or all.
    shown() {
        const { steps } = this.story;
        const rows = [];
        steps.forEach((step, i) => {
            const before = steps[rows[rows.length - 1] - 1];
            const again = before && step.thread === before.thread && step.does === before.does
                && place(step) === place(before) && !step.decisive;
            if (this.all || (step.tells && !again)) rows.push(i + 1);
        });
        return rows;
    }

    build(broken) {
        const { story } = this;
        const button = (text, label, go) => make("button", { type: "button", "aria-label": label, onclick: go }, text);
        this.slider = make("input", { type: "range", min: 0, "aria-label": "step",
                                      oninput: () => this.goTo(this.stops()[this.slider.value]) });
        this.at = make("span", { class: "at", role: "status" });
        const every = make("input", { type: "checkbox", onchange: () => {
            this.all = every.checked;
            this.rows();
            this.show();
        } });
        this.first = button("|<", "to the beginning", () => this.goTo(0));
        this.back = button("<", "a step back", () => this.move(-1));
        this.on = button(">", "a step forward", () => this.move(1));
        this.last = button(">|", "to the failure", () => this.goTo(story.steps.length));
        this.table = make("div", { class: "schedule", tabindex: 0, role: "region", "aria-label": "schedule" });
        this.state = make("div", { class: "state" });
        this.source = make("div", { class: "source", tabindex: 0, role: "region", "aria-label": "source" });
        this.root.replaceChildren(
            make("p", {}, make("span", { class: "kind" }, story.kind),
                 `, found in schedule ${story.schedule} of ${story.of}`),
            make("p", {}, story.text),
            make("p", { class: "note" }, `Advice: ${story.advice}`),
            make("div", { class: "controls" }, this.first, this.back, this.on, this.last, this.slider,
                 this.at, make("label", {}, every, " every step")),
            make("div", { class: "panes" },
                 make("div", { class: "pane" }, make("h2", {}, "The schedule, time runs downward"), this.table),
                 make("div", { class: "pane" }, this.state,
                      make("h2", {}, "Where it is in the source"), this.source)),
            make("p", { class: "note" }, "Keys: left and right for a step, Home and End for the ends. ",
                 "The same schedule again: ", make("code", {}, broken.again)));
        this.rows();
    }

    rows() {
        const { steps, threads } = this.story;
        const head = make("tr");
        for (let i = 0; i < threads; ++i) head.append(make("th", { scope: "col" }, threadName(i)));
        head.append(make("th", { scope: "col" }, "place"));
        const body = make("tbody");
        for (const number of this.shown()) {
            const step = steps[number - 1];
            const row = make("tr", { "data-step": number, class: step.decisive ? "decisive" : "",
                                     onclick: () => this.goTo(number) });
            for (let i = 0; i < threads; ++i) row.append(make("td", {}, i === step.thread ? step.does : ""));
            row.append(make("td", { class: "place" }, place(step)));
            body.append(row);
        }
        this.table.replaceChildren(make("table", {}, make("thead", {}, head), body));
        this.slider.max = this.shown().length;
    }

    stops() {
        return [0, ...this.shown()];
    }

    move(by) {
        const stops = this.stops();
        const here = stops.filter(one => one <= this.step).length - 1;
        this.goTo(stops[Math.min(Math.max(here + by, 0), stops.length - 1)]);
    }

    goTo(step) {
        this.step = step;
        this.show();
    }

    show() {
        const stops = this.stops();
        const here = stops.filter(one => one <= this.step).length - 1;
        this.slider.value = here;
        this.at.textContent = `step ${here} of ${stops.length - 1}`;
        this.first.disabled = this.back.disabled = here === 0;
        this.last.disabled = this.on.disabled = here === stops.length - 1;
        for (const row of this.table.querySelectorAll("tr[data-step]")) {
            const number = Number(row.dataset.step);
            row.classList.toggle("later", number > this.step);
            row.classList.toggle("now", number === stops[here]);
            if (number === stops[here]) {
                row.setAttribute("aria-current", "step");
                const view = this.table.getBoundingClientRect(), its = row.getBoundingClientRect();
                if (its.top < view.top + 30) this.table.scrollTop -= view.top + 30 - its.top;
                if (its.bottom > view.bottom) this.table.scrollTop += its.bottom - view.bottom;
            } else {
                row.removeAttribute("aria-current");
            }
        }
        this.showState(stops[here]);
        this.showSource(this.story.steps[stops[here] - 1]);
    }

    showState(count) {
        const before = stateAfter(this.story, Math.max(count - 1, 0));
        const state = stateAfter(this.story, count);
        const table = rows => make("table", {}, make("tbody", {}, ...rows));
        const line = (name, text, changed) =>
            make("tr", { class: changed ? "changed" : "" }, make("td", {}, name), make("td", {}, text));
        const threads = [...state.started].sort((a, b) => a - b).map(one => {
            const wait = state.waits.get(one);
            const at = state.at.get(one);
            const text = state.ended.has(one) ? "has ended"
                : wait ? wait.over ?? `waits ${wait.what}` : at ? at.source : "has started";
            return line(threadName(one), text, this.story.steps[count - 1]?.thread === one);
        });
        this.state.replaceChildren(make("h2", {}, "Threads"), table(threads));
        const locks = new Set(this.story.steps.filter(one => one.sort === "mutex").map(one => one.object));
        if (locks.size > 0) {
            const held = name => state.holders.has(name) ? `held by ${threadName(state.holders.get(name))}` : "free";
            this.state.append(make("h2", {}, "Mutexes"), table([...locks].map(
                one => line(one, held(one), state.holders.get(one) !== before.holders.get(one)))));
        }
        const named = [...state.values].filter(([name]) => !/^variable [A-Z]/.test(name));
        if (named.length > 0) {
            this.state.append(make("h2", {}, "Values"), table(named.map(
                ([name, value]) => line(name, value, before.values.get(name) !== value))));
        }
        const drawn = graph(state);
        if (drawn) this.state.append(make("h2", {}, "Who waits for whom"), drawn);
    }

    showSource(step) {
        const text = step && this.files[step.file];
        if (!text) {
            this.source.replaceChildren(make("pre", {}, step?.source ?? ""));
            return;
        }
        const lines = text.split("\n").map((line, i) =>
            make("span", i + 1 === step.line ? { class: "now" } : {},
                 make("b", {}, String(i + 1).padStart(4) + "  "), line));
        this.source.replaceChildren(make("pre", {}, ...lines));
        const now = lines[step.line - 1];
        if (now) this.source.scrollTop = now.offsetTop - this.source.offsetTop - this.source.clientHeight / 2;
    }
}

function showBroken(all, number) {
    const one = all.broken[number];
    const root = document.getElementById("player");
    if (one.story) {
        window.player = new Player(root, one, all.files);
    } else {
        window.player = null;
        root.replaceChildren(make("pre", { tabindex: 0 }, one.report));
    }
}

function begin() {
    const all = JSON.parse(document.getElementById("broken").textContent);
    const choice = document.getElementById("choice");
    if (all.broken.length === 0) {
        choice.textContent = "Every promise holds.";
        return;
    }
    const select = make("select", { id: "promise", onchange: () => showBroken(all, Number(select.value)) },
        ...all.broken.map((one, i) => make("option", { value: i }, one.promise)));
    choice.append(make("label", { for: "promise" }, "Broken promise: "), select);
    showBroken(all, 0);
    document.addEventListener("keydown", event => {
        if (!window.player || event.altKey || event.ctrlKey || event.metaKey) return;
        if (event.target.matches("select, input")) return;
        const moves = { ArrowLeft: -1, ArrowRight: 1 };
        if (event.key in moves) window.player.move(moves[event.key]);
        else if (event.key === "Home") window.player.goTo(0);
        else if (event.key === "End") window.player.goTo(window.player.story.steps.length);
        else return;
        event.preventDefault();
    });
}

begin();
