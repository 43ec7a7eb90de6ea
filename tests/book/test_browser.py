# The book in Chromium and in Firefox, from the file system as readers open it.
#
# axe-core, which looks for what shuts people out, is npm's: it is fetched where there is npm.
#
# SPDX-License-Identifier: MIT
import shutil
import subprocess
import tarfile
import tempfile
import unittest
from pathlib import Path

import browsers
import the_book

WIDTHS = (390, 768, 1400)
MOST_TABS = 200  # to the first hint: links of the list of contents, and of the text before it
SERIOUS = ("serious", "critical")


class Read(browsers.Driven):
    """What must hold in whichever browser; `kind` says which."""

    @classmethod
    def setUpClass(cls):
        cls.folder, _ = the_book.made("html")
        super().setUpClass()
        cls.names = sorted(path.stem for path in cls.folder.glob("*.html"))

    def setUp(self):
        self.show(1400, "light")

    def show(self, width, scheme):
        self.browser.show(width, scheme)

    def open(self, name, rest=""):
        self.browser.open((self.folder / f"{name}.html").as_uri() + rest)

    def open_folds(self):
        self.run_script("document.querySelectorAll('details').forEach(one => { one.open = true; })")

    def wait_for(self, script):
        found = browsers.wait_until(lambda: self.run_script(script))
        self.assertTrue(found, script)
        return found

    def press(self, keys):
        self.browser.press(keys)

    def test_search_finds_lost_wakeup(self):
        self.open("index")
        self.run_script("document.querySelector('.sidebar-search').focus()")
        self.press("lost wakeup\ue007")  # Enter
        links = "[...document.querySelectorAll('#search-results a')].map(a => a.getAttribute('href'))"
        self.wait_for(f"{links}.some(link => link.includes('ex02_dummy_pool'))")

    def test_a_hint_opens_by_keyboard(self):
        self.open("ex01_threads")
        hint = "document.getElementById('hint-1')"
        self.assertFalse(self.run_script(f"{hint}.open"))
        for _ in range(MOST_TABS):
            self.press("\ue004")  # Tab
            if self.run_script(f"document.activeElement === {hint}.querySelector('summary')"):
                break
        else:
            self.fail("the key Tab does not lead to it")
        self.press("\ue007")
        self.assertTrue(self.run_script(f"{hint}.open"))

    def test_a_link_to_a_hint_opens_it(self):
        self.open("ex01_threads", "#hint-2")
        self.assertTrue(self.wait_for("document.getElementById('hint-2').open"))

    def brightness(self, colour):
        return sum(int(part) for part in self.run_script(colour)[4:-1].split(",")) / 3

    def test_dark_as_the_system_or_by_the_button(self):
        grounds = ["getComputedStyle(document.body).backgroundColor"]
        grounds += ["getComputedStyle(document.querySelector('svg.picture rect')).fill"]
        for scheme, is_bright in (("light", True), ("dark", False)):
            self.show(1400, scheme)
            self.open("ex02_dummy_pool")
            for ground in grounds:
                self.assertEqual(self.brightness(ground) > 128, is_bright, (scheme, ground))
            button = "document.querySelector('.theme-toggle-content .theme-toggle')"
            self.assertGreater(self.run_script(f"{button}.getBoundingClientRect().width"), 0)
            self.run_script(f"{button}.click()")
            for ground in grounds:
                self.assertEqual(self.brightness(ground) > 128, not is_bright, (scheme, ground))
            self.run_script("localStorage.clear()")

    def test_no_page_scrolls_sideways(self):
        for name in self.names:
            self.open(name)
            self.open_folds()
            for width in WIDTHS:
                self.show(width, "light")
                with self.subTest(name, width=width):
                    page = "document.documentElement"
                    self.assertEqual(self.run_script(f"{page}.scrollWidth - {page}.clientWidth"), 0)
                    self.assertEqual(self.run_script("innerWidth"), width)

    def test_axe_has_no_serious_finding(self):
        script = axe()
        for name in self.names:
            self.show(1400, "light")
            self.open(name)
            self.open_folds()
            self.browser.run(script)
            self.assertEqual(self.findings("{}"), [], name)
            self.show(1400, "dark")
            self.assertEqual(self.findings("{runOnly: ['color-contrast']}"), [], f"{name}, dark")

    def findings(self, options):
        found = self.browser.run_until_done(
            "const done = arguments[0];"
            f"axe.run(document, {{...{options}, resultTypes: ['violations']}}).then(all =>"
            " done(all.violations.map(one => [one.id, one.impact, one.nodes[0].html])))"
        )
        return [one for one in found if one[1] in SERIOUS]

    def test_axe_would_find_something(self):
        script = axe()
        self.open("three-paths")
        self.run_script("document.querySelector('article p, article h1').style.color = '#eeeeee'")
        self.browser.run(script)
        self.assertEqual([one[0] for one in self.findings("{}")], ["color-contrast"])


class InChromium(Read, unittest.TestCase):
    kind = browsers.Chromium


class InFirefox(Read, unittest.TestCase):
    kind = browsers.Firefox


def axe():
    """Its script, kept in build-book/; skips the test where npm cannot bring it."""
    kept = the_book.ROOT / "build-book" / "axe.min.js"
    if not kept.is_file():
        npm = shutil.which("npm")
        if not npm:
            raise unittest.SkipTest("axe-core is missing, and there is no npm to fetch it")
        with tempfile.TemporaryDirectory(prefix="workbook-test-") as folder:
            command = [npm, "pack", "axe-core@4", "--silent", "--pack-destination", folder]
            done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
            if done.returncode != 0:
                raise unittest.SkipTest(f"npm cannot fetch axe-core: {done.stderr.strip()[-200:]}")
            with tarfile.open(next(Path(folder).glob("*.tgz"))) as packed:
                script = packed.extractfile("package/axe.min.js").read()
        kept.parent.mkdir(exist_ok=True)
        kept.write_bytes(script)
    return kept.read_text(encoding="utf-8")


if __name__ == "__main__":
    unittest.main()
