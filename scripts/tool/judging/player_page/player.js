// Shows schedules: one that failed, to step through (Player), or all those of a small case, in which
// the reader chooses who goes on (Game). The form of a schedule:
// tests/explore/report/story_json.hpp; of a game: scripts/tool/book/games.py.
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

function graph(state, shown) {
    const threads = [...state.started].filter(one => shown.includes(one) && !state.ended.has(one)).sort((a, b) => a - b);
    const waits = [...state.waits].filter(([one, wait]) => threads.includes(one) && threads.includes(wait.thread))
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

// What both are shown by: the schedule, the state, and the source.
class Stage {
    constructor(story, files, columns) {
        this.story = story;
        this.files = files;  // name -> { first: its first line's number, lines }
        this.columns = columns;  // numbers of the threads that have one
        this.table = make("div", { class: "schedule", tabindex: 0, role: "region", "aria-label": "schedule" });
        this.state = make("div", { class: "state" });
        this.source = make("div", { class: "source", tabindex: 0, role: "region", "aria-label": "source" });
    }

    // `rows`: of { number, thread, inside, place, decisive }.
    showRows(rows, last, names, choose) {
        const head = make("tr");
        const column = text => make("th", { scope: "col" }, text);
        head.append(...this.columns.map(one => column([threadName(one), names[one]].filter(Boolean).join(", "))));
        if (last) head.append(column(last));
        const body = make("tbody");
        for (const one of rows) {
            const attributes = choose ? { "data-step": one.number, onclick: () => choose(one.number) } : {};
            const row = make("tr", { ...attributes, class: one.decisive ? "decisive" : "" });
            row.append(...this.columns.map(each => make("td", {}, ...each === one.thread ? one.inside : [])));
            if (last) row.append(make("td", { class: "place" }, one.place));
            body.append(row);
        }
        this.table.replaceChildren(make("table", {}, make("thead", {}, head), body));
    }

    // Also scrolls it into sight.
    mark(row) {
        row.classList.add("now");
        row.setAttribute("aria-current", "step");
        const view = this.table.getBoundingClientRect(), its = row.getBoundingClientRect();
        if (its.top < view.top + 30) this.table.scrollTop -= view.top + 30 - its.top;
        if (its.bottom > view.bottom) this.table.scrollTop += its.bottom - view.bottom;
    }

    // After `count` steps, of which all after `before` are new.
    showState(count, before, withThreads) {
        const { story } = this;
        const old = stateAfter(story, before);
        const state = stateAfter(story, count);
        const table = rows => make("table", {}, make("tbody", {}, ...rows));
        const line = (name, text, changed) =>
            make("tr", { class: changed ? "changed" : "" }, make("td", {}, name), make("td", {}, text));
        const part = (title, ...inside) => this.state.append(make("p", { class: "part" }, title), ...inside);
        this.state.replaceChildren();
        if (withThreads) {
            part("Threads", table([...state.started].sort((a, b) => a - b).map(one => {
                const wait = state.waits.get(one);
                const at = state.at.get(one);
                const text = state.ended.has(one) ? "has ended"
                    : wait ? wait.over ?? `waits ${wait.what}` : at ? at.source : "has started";
                return line(threadName(one), text, story.steps[count - 1]?.thread === one);
            })));
        }
        const locks = new Set(story.steps.filter(one => one.sort === "mutex").map(one => one.object));
        if (locks.size > 0) {
            const held = name => state.holders.has(name) ? `held by ${threadName(state.holders.get(name))}` : "free";
            part("Mutexes", table([...locks].map(
                one => line(one, held(one), state.holders.get(one) !== old.holders.get(one)))));
        }
        const named = [...state.values].filter(([name]) => !/^variable [A-Z]/.test(name));
        if (named.length > 0) {
            part("Values", table(named.map(
                ([name, value]) => line(name, value, old.values.get(name) !== value))));
        }
        const drawn = graph(state, this.columns);
        if (drawn) part("Who waits for whom", drawn);
        return state;
    }

    digits(file) {
        const { first, lines } = this.files[file];
        return Math.max(first > 1 ? 2 : 4, String(first + lines.length - 1).length);
    }

    // `at`: number of a line -> what stands beside it.
    showSource(file, at, wide = 0) {
        const { first, lines } = this.files[file];
        const made = lines.map((line, i) => {
            const label = at.get(first + i);
            const indented = `--indented: ${line.search(/\S|$/)}ch`;
            return make("span", { class: label === undefined ? "line" : "line now", style: indented },
                        ...wide ? [make("i", {}, (label ?? "").padEnd(wide + 1))] : [],
                        make("b", {}, String(first + i).padStart(this.digits(file)) + "  "), line);
        });
        this.source.replaceChildren(make("pre", {}, ...made));
        const now = made.find(one => one.classList.contains("now"));
        if (now) this.source.scrollTop = now.offsetTop - this.source.offsetTop - this.source.clientHeight / 2;
    }
}

class Player {
    constructor(root, broken, files) {
        this.root = root;
        this.story = broken.story;
        this.all = false;
        this.step = this.story.steps.length;  // how many have been made
        this.stage = new Stage(this.story, files, [...Array(this.story.threads).keys()]);
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
        const { story, stage } = this;
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
        const caption = text => make("p", { class: "part" }, text);
        this.root.replaceChildren(
            make("p", {}, make("span", { class: "kind" }, story.kind),
                 `, found in schedule ${story.schedule} of ${story.of}`),
            make("p", {}, story.text),
            make("p", { class: "note" }, `Advice: ${story.advice}`),
            make("div", { class: "controls" }, this.first, this.back, this.on, this.last, this.slider,
                 this.at, make("label", {}, every, " every step")),
            make("div", { class: "panes" },
                 make("div", { class: "pane" }, caption("The schedule, time runs downward"), stage.table),
                 make("div", { class: "pane" }, stage.state, caption("Where it is in the source"), stage.source)),
            make("p", { class: "note" }, "Keys: left and right for a step, Home and End for the ends. ",
                 "The same schedule again: ", make("code", {}, broken.again)));
        this.rows();
    }

    rows() {
        const { steps } = this.story;
        this.stage.showRows(this.shown().map(number => {
            const { thread, does, decisive } = steps[number - 1];
            return { number, thread, decisive, inside: [does], place: place(steps[number - 1]) };
        }), "place", [], number => this.goTo(number));
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
        const { stage } = this;
        const stops = this.stops();
        const here = stops.filter(one => one <= this.step).length - 1;
        this.slider.value = here;
        this.at.textContent = `step ${here} of ${stops.length - 1}`;
        this.first.disabled = this.back.disabled = here === 0;
        this.last.disabled = this.on.disabled = here === stops.length - 1;
        for (const row of stage.table.querySelectorAll("tr[data-step]")) {
            const number = Number(row.dataset.step);
            row.classList.toggle("later", number > this.step);
            row.classList.remove("now");
            row.removeAttribute("aria-current");
            if (number === stops[here]) stage.mark(row);
        }
        stage.showState(stops[here], Math.max(stops[here] - 1, 0), true);
        const step = this.story.steps[stops[here] - 1];
        if (stage.files[step?.file]) stage.showSource(step.file, new Map([[step.line, ""]]));
        else stage.source.replaceChildren(make("pre", {}, step?.source ?? ""));
    }
}

const counted = (number, what) => `${number} ${what}${number === 1 ? "" : "es"}`;

class Game {
    constructor(root, game) {
        this.root = root;
        this.game = game;
        this.threads = game.names.map((_, i) => i).slice(1);  // T0 only starts the others
        this.story = { threads: game.names.length, steps: [], waiting: [] };
        this.stage = new Stage(this.story, { [game.file]: { first: game.first, lines: game.lines } }, this.threads);
        this.build();
        this.restart();
    }

    build() {
        const { stage, game } = this;
        this.turns = this.threads.map(one => make("button", { type: "button", onclick: () => this.goOn(one) }));
        this.back = make("button", { type: "button", onclick: () => this.takeBack() }, "A step back");
        this.again = make("button", { type: "button", onclick: () => this.restart() }, "From the beginning");
        this.verdict = make("p", { class: "verdict", role: "status" });
        const caption = text => make("p", { class: "part" }, text);
        this.root.replaceChildren(
            make("p", { class: "part" }, "Who goes on?"),
            make("div", { class: "turns" }, ...this.turns),
            make("div", { class: "controls" }, this.verdict, this.back, this.again),
            make("div", { class: "panes" },
                 make("div", { class: "pane" }, caption("The source, and who goes on where"), stage.source),
                 make("div", { class: "pane" }, caption("Your schedule, time runs downward"), stage.table, stage.state)),
            make("p", { class: "note" }, `Keys: ${this.threads.join(" or ")} for a thread, left for a step back, `,
                 `Home for the beginning. T0 is ${game.names[0]}, which starts the others and waits for them.`));
        this.root.addEventListener("keydown", event => this.press(event));
    }

    press(event) {
        if (event.altKey || event.ctrlKey || event.metaKey) return;
        if (this.threads.includes(Number(event.key))) this.goOn(Number(event.key));
        else if (event.key === "ArrowLeft") this.takeBack();
        else if (event.key === "Home") this.restart();
        else return;
        event.preventDefault();
    }

    get node() {
        return this.game.nodes[this.way.length > 0 ? this.way[this.way.length - 1].to : 0];
    }

    edge(thread) {
        return (this.node.open ?? []).find(one => one.thread === thread);
    }

    restart() {
        this.way = [];
        this.show();
    }

    goOn(thread) {
        const edge = this.edge(thread);
        if (!edge) return;
        this.way.push(edge);
        this.show();
    }

    takeBack() {
        this.way.pop();
        this.show();
    }

    get switches() {
        return this.way.filter((one, i) => i > 0 && one.thread !== this.way[i - 1].thread).length;
    }

    // Of the case's own code; else empty.
    line(number) {
        return this.game.lines[number - this.game.first]?.trim() ?? "";
    }

    show() {
        const { game, story, stage, way, node } = this;
        const steps = numbers => numbers.map(one => game.steps[one]);
        const before = game.begin.length + way.slice(0, -1).reduce((sum, one) => sum + one.steps.length, 0);
        story.steps = [...this.begun(steps(game.begin)), ...way.flatMap(one => steps(one.steps))];
        story.waiting = node.waiting;
        this.showSchedule();
        const state = stage.showState(story.steps.length, way.length > 0 ? before : story.steps.length, false);
        const at = new Map();
        for (const one of this.node.open ?? []) {
            at.set(one.line, [at.get(one.line), threadName(one.thread)].filter(Boolean).join(" "));
        }
        stage.showSource(game.file, at, this.threads.map(threadName).join(" ").length);
        this.showTurns(state);
        this.showVerdict();
    }

    // A value that no line shows is told as soon as a thread has given it.
    begun(steps) {
        const seen = one => this.game.lines.some(line => line.includes(one.object));
        return steps.map(one => (one.object && !seen(one) ? { ...one, value: undefined } : one));
    }

    // What a line does, where its steps do not tell; otherwise when the thread comes back to it.
    caption(thread, line, before) {
        const says = this.game.captions[line] ?? [];
        const again = before.some(one => one.thread === thread && one.line === line);
        return says[again ? says.length - 1 : 0];
    }

    // A row for each line that a thread has done. (What tells nothing may belong to the next one.)
    showSchedule() {
        const rows = this.rows = [];
        for (const edge of this.way) {
            const own = edge.steps.map(one => this.game.steps[one]).filter(one => one.thread !== 0
                && this.line(one.line) && (one.tells || one.line === edge.line));
            own.forEach((step, i) => {
                if (i === 0 || step.line !== own[i - 1].line) {
                    rows.push({ number: rows.length + 1, thread: step.thread, line: step.line, did: [] });
                }
                if (step.tells && !step.does.startsWith("uses ")) rows[rows.length - 1].did.push(step.does);
            });
        }
        this.stage.showRows(rows.map((one, i) => {
            const did = this.caption(one.thread, one.line, rows.slice(0, i)) ?? [...new Set(one.did)].join(", ");
            return { ...one, inside: [this.line(one.line), make("small", {}, did)] };
        }), null, this.game.names);
        const last = this.stage.table.querySelector("tbody tr:last-child");
        if (last) this.stage.mark(last);
    }

    showTurns(state) {
        this.threads.forEach((thread, i) => {
            const edge = this.edge(thread);
            const wait = state.waits.get(thread);
            const told = this.node.waiting.find(one => one.thread === thread);
            const what = edge ? `goes on in line ${edge.line}:`
                : state.ended.has(thread) ? "has ended"
                    : told ? told.text : wait ? wait.over ?? `waits ${wait.what}` : "waits";
            this.turns[i].setAttribute("aria-disabled", String(!edge));
            this.turns[i].replaceChildren(make("b", {}, `${threadName(thread)}, ${this.game.names[thread]}`),
                                          make("span", {}, what),
                                          make("code", {}, edge ? this.line(edge.line) : ""),
                                          make("small", {}, edge && this.caption(thread, edge.line, this.rows) || ""));
        });
        for (const button of [this.back, this.again]) {
            button.setAttribute("aria-disabled", String(this.way.length === 0));
        }
    }

    showVerdict() {
        const { node, switches, game } = this;
        const broken = node.kind && node.kind !== "held";
        const so_far = counted(switches, "switch");
        this.verdict.className = `verdict ${broken ? "broken" : node.breaks ? "" : "over"}`;
        this.verdict.textContent = broken
            ? `Broken in ${so_far}, and it can${switches === game.par ? "not be done in fewer" : ` be done in ${game.par}`}. `
                + `It is a ${node.kind}: ${node.text}.`
            : node.kind ? "All have ended, and nothing is broken."
                : node.breaks ? `${so_far} so far.` : "From here on it cannot be broken any more.";
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

function beginWithBroken(all) {
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

// In the page of `check --html`, and on a page of the book: each game's place holds its data.
function begin() {
    const broken = document.getElementById("broken");
    if (broken) beginWithBroken(JSON.parse(broken.textContent));
    for (const data of document.querySelectorAll("script.game-data")) {
        const root = make("div", { class: "player game", role: "group", "aria-label": "You choose who goes on" });
        data.after(root);
        data.parentElement.classList.add("playing");
        new Game(root, JSON.parse(data.textContent));
    }
}

if (document.readyState === "loading") addEventListener("DOMContentLoaded", begin);
else begin();
