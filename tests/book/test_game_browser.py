# The games of the book in Chromium and in Firefox: the reader breaks each by keyboard and by mouse, and
# is told so; every way through each of them ends as it was recorded.
#
# SPDX-License-Identifier: MIT
import json
import re
import unittest

import browsers
import the_book
from test_browser import SERIOUS, WIDTHS, axe

LEFT, HOME = "\ue012", "\ue011"
# By section: the game, and what the end is told with.
GAMES = {
    "ex02_dummy_pool": ("lost_wakeup", "It is a deadlock"),
    "ex06_racy_server": ("lost_count", "It is a wrong result: client_1_got != client_2_got does not hold: 1 != 1"),
    "ex07_locked_server": ("lock_order", "It is a deadlock"),
    "ex14_thredo": ("lost_cancel", "It is a deadlock"),
}


def recorded(name):
    file = the_book.ROOT / "scripts" / "book" / "games" / f"{name}.json"
    return json.loads(file.read_text(encoding="utf-8"))


def ways(game, at=0, so_far=()):
    """Every way through it, as the threads that go on."""
    node = game["nodes"][at]
    if "kind" in node:
        yield so_far, node["kind"]
    for edge in node.get("open", []):
        yield from ways(game, edge["to"], (*so_far, edge["thread"]))


class Played(browsers.Driven):
    """What must hold in whichever browser; `kind` says which."""

    @classmethod
    def setUpClass(cls):
        cls.folder, _ = the_book.made("html")
        super().setUpClass()

    def open(self, section):
        self.browser.show(1400, "light")
        self.browser.open((self.folder / f"{section}.html").as_uri())
        self.run_script("document.querySelector('.game .turns button').focus()")

    def texts(self, chosen):
        return self.run_script(f"[...document.querySelectorAll({chosen!r})].map(one => one.textContent)")

    def verdict(self):
        return self.texts(".verdict")[0]

    def test_each_is_broken_by_keyboard_with_the_fewest_switches(self):
        for section, (name, told) in GAMES.items():
            with self.subTest(name):
                self.open(section)
                game = recorded(name)
                self.browser.press("".join(map(str, game["way"])))
                many = f"{game['par']} switch{'es' if game['par'] > 1 else ''}"
                self.assertIn(f"Broken in {many}, and it cannot be done in fewer. {told}", self.verdict())

    def test_a_lost_count_by_mouse(self):
        self.open("ex06_racy_server")
        self.assertEqual(self.verdict(), "0 switches so far.")
        for thread in (1, 2, 1, 2):
            self.run_script(f"document.querySelectorAll('.turns button')[{thread - 1}].click()")
        self.assertTrue(self.verdict().startswith("Broken in 3 switches, and it can be done in 2."))
        self.assertEqual(self.texts(".game .state td"), ["count", "1", "client_1_got", "1", "client_2_got", "1"])
        self.assertEqual(self.texts(".turns span"), ["has ended", "has ended"])

    def test_back_and_to_the_beginning(self):
        self.open("ex06_racy_server")
        self.browser.press("11")
        self.assertEqual(self.verdict(), "From here on it cannot be broken any more.")
        self.assertEqual(self.texts(".game tbody tr.now small"), ["write count = 1"])
        self.browser.press("1")  # has ended: nothing happens
        self.assertEqual(len(self.texts(".game .schedule tbody tr")), 2)
        self.browser.press(LEFT)
        self.assertEqual(self.verdict(), "0 switches so far.")
        self.assertEqual(self.texts(".game .source .now i"), ["T2    ", "T1    "])
        self.browser.press("2" + HOME)
        self.assertEqual(self.texts(".game .schedule tbody tr"), [])
        self.assertEqual(self.texts(".game .source .now i"), ["T1 T2 "])

    def test_a_line_has_a_row_when_it_is_done(self):
        self.open("ex14_thredo")
        self.browser.press("1112")
        lines = ["on_cancel{", "lock{mutex}", "stop_requested()", "request_stop()"]
        rows = self.texts(".game .schedule tbody tr")
        self.assertEqual([line in row for line, row in zip(lines, rows)], [True] * len(rows), rows)

    def test_what_a_line_does_is_told_where_its_steps_do_not(self):
        self.open("ex14_thredo")
        self.assertIn("sets the flag, then calls wake_up", self.texts(".turns small")[1])
        self.browser.press("122")
        told = self.texts(".game .schedule tbody small")
        self.assertEqual(told[0], "has wake_up called by the cancel")
        self.assertEqual(self.texts(".turns small")[1], "wake_up has returned")

    def test_no_client_has_a_number_before_it_got_one(self):
        self.open("ex06_racy_server")
        self.assertEqual(self.texts(".game .state td"), ["count", "0"])
        self.browser.press("11")
        self.assertEqual(self.texts(".game .state td"), ["count", "1", "client_1_got", "1"])

    def test_who_waits_for_whom(self):
        self.open("ex07_locked_server")
        self.browser.press("12")
        drawn = "document.querySelector('.game svg').getAttribute('aria-label')"
        self.assertEqual(self.run_script(drawn), "T1 waits for T2, T2 waits for T1")
        self.assertEqual(self.texts(".turns span"), [
            "waits to lock left_lock, held by T2", "waits to lock right_lock, held by T1",
        ])

    def test_every_way_through_the_smaller_ones(self):
        for section, (name, _) in GAMES.items():
            if name == "lost_cancel":
                continue  # hundreds
            self.open(section)
            for way, kind in ways(recorded(name)):
                self.run_script(
                    "(async () => { const [first, second, , again] = document.querySelectorAll('.game button');"
                    f" again.click(); for (const one of {list(way)}) [first, second][one - 1].click(); }})()"
                )
                ended = "All have ended" if kind == "held" else "Broken in"
                self.assertTrue(self.verdict().startswith(ended), (name, way, self.verdict()))
                offered = "document.querySelectorAll('.turns [aria-disabled=\"false\"]').length"
                self.assertEqual(self.run_script(offered), 0)

    def test_it_fits_narrow_and_wide_at_its_end(self):
        for section, (name, _) in GAMES.items():
            self.open(section)
            self.browser.press("".join(map(str, recorded(name)["way"])))
            for width in WIDTHS:
                self.browser.show(width, "dark")
                page = "document.documentElement"
                self.assertEqual(self.run_script(f"{page}.scrollWidth - {page}.clientWidth"), 0, (name, width))

    def test_axe_has_no_serious_finding_at_its_end(self):
        script = axe()
        for section, (name, _) in GAMES.items():
            self.open(section)
            self.browser.press("".join(map(str, recorded(name)["way"])))
            self.browser.run(script)
            for scheme in ("light", "dark"):
                self.browser.show(390, scheme)
                found = self.browser.run_until_done(
                    "const done = arguments[0];"
                    "axe.run('.played', {resultTypes: ['violations']}).then(all =>"
                    " done(all.violations.map(one => [one.id, one.impact, one.nodes[0].html])))"
                )
                self.assertEqual([one for one in found if one[1] in SERIOUS], [], (name, scheme))

    def test_the_still_picture_is_for_paper(self):
        self.open("ex06_racy_server")
        self.assertEqual(self.run_script("getComputedStyle(document.querySelector('.still')).display"), "none")
        self.assertRegex(self.run_script("document.querySelector('.still').textContent"), re.compile("count.store"))


class InChromium(Played, unittest.TestCase):
    kind = browsers.Chromium

    def test_on_paper(self):
        self.open("ex06_racy_server")
        self.browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        self.addCleanup(self.browser.driver.execute_cdp_cmd, "Emulation.setEmulatedMedia", {"media": ""})
        display = "getComputedStyle(document.querySelector('%s')).display"
        self.assertEqual(self.run_script(display % ".still"), "block")
        self.assertEqual(self.run_script(display % ".game"), "none")
        around = "for (let one = document.querySelector('article'); one; one = one.parentElement)"
        around += " found.push(getComputedStyle(one).display)"
        found = self.browser.run(f"const found = []; {around}; return found")
        self.assertEqual(set(found), {"block"})  # else a section would not be cut where a page ends


class InFirefox(Played, unittest.TestCase):
    kind = browsers.Firefox


if __name__ == "__main__":
    unittest.main()
