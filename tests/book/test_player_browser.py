# The page of `check --html` in Chromium and in Firefox: it steps through schedules by keyboard, and
# shows at each step the right line and state.
#
# SPDX-License-Identifier: MIT
import sys
import unittest
from pathlib import Path

import browsers
import the_book
from test_browser import SERIOUS, axe

sys.path.insert(0, str(the_book.ROOT / "scripts"))
from tool.building.build_folder import Case  # noqa: E402
from tool.course import layout  # noqa: E402
from tool.judging import player  # noqa: E402
from tool.judging.judge import FAILED, Outcome  # noqa: E402

LEFT, RIGHT, HOME, END = "\ue012", "\ue014", "\ue011", "\ue010"
SOURCE = "exercises/ex01_threads/calc_primes.cpp"


def step(thread, op, does, line=None, **more):
    made = {"thread": thread, "op": op, "does": does, "tells": True, "decisive": False, **more}
    if line:
        made.update(file=SOURCE, line=line, source=f"line {line}")
    return made


def lock(thread, name, line):
    return step(thread, "lock", f"lock {name}", line, object=name, sort="mutex")


def story(kind, threads, steps, waiting=()):
    return {
        "version": 1,
        "kind": kind,
        "text": "what is wrong",
        "schedule": 7,
        "of": 2000,
        "replay": "1:0:0x3.1",
        "advice": "Think.",
        "threads": threads,
        "steps": steps,
        "waiting": list(waiting),
        "values": {},
    }


DEADLOCK = story(
    "deadlock",
    3,
    [
        step(0, "start", "start T1", 1, other=1),
        step(0, "start", "start T2", 2, other=2),
        lock(1, "first", 3),
        lock(2, "second", 4),
        step(1, "blocked", "waits for second", 5, object="second", sort="mutex"),
        step(2, "blocked", "waits for first", 6, object="first", sort="mutex"),
    ],
    [
        {"thread": 0, "text": "waits for the end of T1", "for": 1},
        {"thread": 1, "text": "waits to lock second, held by T2", "for": 2, "object": "second"},
        {"thread": 2, "text": "waits to lock first, held by T1", "for": 1, "object": "first"},
    ],
)
COUNT = {"object": "count", "sort": "memory"}
RACE = story(
    "data race",
    2,
    [
        step(0, "write", "write count = 0", 1, value="0", **COUNT),
        step(0, "start", "start T1", 2, other=1),
        step(1, "read", "read i", 3, object="variable A", sort="memory", value="7", tells=False),
        step(1, "read", "read count = 0", 4, value="0", decisive=True, **COUNT),
        step(0, "write", "write count = 1", 5, value="1", decisive=True, **COUNT),
    ],
)
LOST_WAKEUP = story(
    "deadlock",
    2,
    [
        step(0, "start", "start T1", 1, other=1),
        lock(1, "mutex_", 2),
        step(0, "notify", "notify_one ready_", 3, object="ready_", sort="condition"),
        step(0, "end", "ends"),
        step(1, "blocked", "waits for T0", 5, other=0),
        step(1, "wait", "wait ready_", 4, object="ready_", sort="condition", releases="mutex_"),
    ],
    [{"thread": 1, "text": "waits to be notified on ready_", "object": "ready_"}],
)


class Stepped(browsers.Driven):
    """What must hold in whichever browser; `kind` says which."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.page = Path(cls.profile, "page.html")
        exercise = layout.find_exercise(the_book.ROOT, "ex01")
        told = {"a deadlock": DEADLOCK, "a race": RACE, "a lost wakeup": LOST_WAKEUP, "no schedule": None}
        outcomes = [
            Outcome(Case(name, 1, False, False, True), FAILED, f"Broken promise: {name}", one)
            for name, one in told.items()
        ]
        player.write(cls.page, exercise, the_book.ROOT / "build/bin/ex01_checker", outcomes)
        cls.source = (the_book.ROOT / SOURCE).read_text(encoding="utf-8").splitlines()

    def setUp(self):
        self.browser.show(1400, "light")
        self.browser.open(self.page.as_uri())

    def texts(self, chosen):
        return self.run_script(f"[...document.querySelectorAll({chosen!r})].map(one => one.textContent)")

    def choose(self, number):
        self.run_script(
            "(one => { one.value = %d; one.dispatchEvent(new Event('change')); one.blur(); })"
            "(document.getElementById('promise'))" % number
        )

    def state(self):
        """First and second column of all that is shown of the state."""
        rows = self.run_script(
            "[...document.querySelectorAll('.state tr')].map(row => [...row.cells].map(one => one.textContent))"
        )
        return dict(rows)

    def at(self):
        return self.texts(".at")[0]

    def row(self):
        """The words in the columns of the row that is marked."""
        return [one for one in self.texts("tr.now td:not(.place)") if one]

    def line(self):
        return self.texts(".source span.now")

    def source_line(self, number):
        return [f"{number:4}  {self.source[number - 1]}"]

    def test_a_deadlock(self):
        self.assertEqual(self.at(), "step 6 of 6")
        self.assertEqual(self.state()["T1"], "waits to lock second, held by T2")
        drawn = "document.querySelector('.state svg').getAttribute('aria-label')"
        self.assertEqual(self.run_script(drawn), "T0 waits for T1, T1 waits for T2, T2 waits for T1")
        self.assertEqual(sorted(self.texts("svg .round text")), ["T1", "T2"])
        self.browser.press(HOME)
        self.assertEqual((self.at(), self.row(), self.state()["first"]), ("step 0 of 6", [], "free"))
        self.browser.press(RIGHT * 4)
        self.assertEqual(self.row(), ["lock second"])
        self.assertEqual(self.line(), self.source_line(4))
        state = self.state()
        self.assertEqual((state["first"], state["second"]), ("held by T1", "held by T2"))
        self.browser.press(RIGHT)
        self.assertEqual(self.state()["T1"], "waits for second")
        self.assertEqual(self.run_script(drawn), "T1 waits for T2")
        self.browser.press(LEFT * 3)
        self.assertEqual((self.row(), self.state()["second"]), (["start T2"], "free"))
        self.browser.press(END)
        self.assertEqual(self.at(), "step 6 of 6")

    def test_a_race(self):
        self.choose(1)
        self.assertEqual(self.at(), "step 4 of 4")
        self.assertEqual(self.texts("tr.decisive td:not(:empty):not(.place)"), ["read count = 0", "write count = 1"])
        self.assertEqual(self.state()["count"], "1")
        self.browser.press(LEFT)
        self.assertEqual((self.row(), self.state()["count"]), (["read count = 0"], "0"))
        self.assertNotIn("variable A", self.state())
        self.assertEqual(self.line(), self.source_line(4))
        self.run_script("document.querySelector('input[type=checkbox]').click()")
        self.assertEqual(self.at(), "step 4 of 5")
        self.run_script("document.activeElement.blur()")
        self.browser.press(LEFT)
        self.assertEqual(self.row(), ["read i"])

    def test_a_lost_wakeup(self):
        self.choose(2)
        self.browser.press(HOME + RIGHT * 2)
        self.assertEqual(self.state()["mutex_"], "held by T1")
        self.browser.press(RIGHT * 2)
        self.assertEqual((self.state()["T0"], self.line()), ("has ended", []))
        self.browser.press(RIGHT)
        self.assertEqual(self.state()["T1"], "may go on: T0 has ended")
        self.assertEqual(self.texts("svg"), [])
        self.browser.press(RIGHT)
        state = self.state()
        self.assertEqual((state["T1"], state["mutex_"]), ("waits to be notified on ready_", "free"))
        self.assertEqual(self.line(), self.source_line(4))

    def test_a_promise_without_a_schedule(self):
        self.choose(3)
        self.assertEqual(self.texts("#player pre"), ["Broken promise: no schedule"])

    def test_mouse_and_slider(self):
        self.run_script("document.querySelector('tr[data-step=\"3\"]').click()")
        self.assertEqual((self.row(), self.at()), (["lock first"], "step 3 of 6"))
        self.run_script(
            "(one => { one.value = 1; one.dispatchEvent(new Event('input')); })"
            "(document.querySelector('input[type=range]'))"
        )
        self.assertEqual(self.row(), ["start T1"])
        self.run_script("document.querySelector('[aria-label=\"to the failure\"]').click()")
        self.assertEqual(self.at(), "step 6 of 6")

    def test_it_fits_narrow_and_wide(self):
        for width in (390, 768, 1400):
            self.browser.show(width, "light")
            page = "document.documentElement"
            self.assertEqual(self.run_script(f"{page}.scrollWidth - {page}.clientWidth"), 0, width)

    def test_axe_has_no_serious_finding(self):
        script = axe()
        for scheme in ("light", "dark"):
            self.browser.show(1400, scheme)
            self.browser.open(self.page.as_uri())
            self.browser.run(script)
            found = self.browser.run_until_done(
                "const done = arguments[0];"
                "axe.run(document, {resultTypes: ['violations']}).then(all =>"
                " done(all.violations.map(one => [one.id, one.impact, one.nodes[0].html])))"
            )
            self.assertEqual([one for one in found if one[1] in SERIOUS], [], scheme)


class InChromium(Stepped, unittest.TestCase):
    kind = browsers.Chromium


class InFirefox(Stepped, unittest.TestCase):
    kind = browsers.Firefox


if __name__ == "__main__":
    unittest.main()
