# The book as Sphinx makes it of WORKBOOK.md: nothing is missing, and every link leads somewhere.
#
# SPDX-License-Identifier: MIT
import re
import shutil
import subprocess
import unittest
import urllib.parse
import zipfile

import the_book
from the_book import ROOT, Reading, book_figures

from tool.book import book_games

CHECKER = "/usr/share/java/epubcheck.jar"


class Made(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder, cls.warnings = the_book.made("html")
        cls.read = {path.name: Reading(path) for path in sorted(cls.folder.glob("*.html"))}
        cls.pages = the_book.pages()

    def test_sphinx_warns_of_nothing(self):
        self.assertEqual(self.warnings, "")

    def test_a_page_for_each_section_with_all_that_is_in_it(self):
        for page in self.pages:
            with self.subTest(page.name):
                read = self.read[f"{page.name}.html"]
                self.assertEqual(read.count("details", "fold"), page.text.count("<details>"))
                self.assertEqual(read.count("script", "game-data"), len(book_games.names(page.text)))
                self.assertEqual(read.count("div", "still"), len(book_games.names(page.text)))
                self.assertEqual(read.count("svg", "picture"), page.text.count("!["))
                self.assertEqual(read.count("p", "stub"), int(page.exercise is not None))
                if page.exercise:
                    self.assertEqual(read.text.count("<strong>Next:</strong>"), 1)

    def test_pictures_are_described(self):
        for name, read in self.read.items():
            for tag, attributes in read.tags:
                if "picture" in attributes.get("class", "").split():
                    self.assertGreater(len(attributes.get("aria-label", "").split()), 20, name)

    def test_one_page_leads_to_the_next_and_back(self):
        names = the_book.names()
        for before, after in zip(names, names[1:]):
            for here, there, kind in ((before, after, "next-page"), (after, before, "prev-page")):
                links = [
                    found["href"]
                    for tag, found in self.read[f"{here}.html"].tags
                    if tag == "a" and kind in found.get("class", "").split()
                ]
                self.assertEqual(links, [f"{there}.html"])

    def test_every_link_leads_somewhere(self):
        for name, read in self.read.items():
            for link in read.links:
                with self.subTest(name, link=link):
                    self.assertIsNone(self.dead(name, link))

    def dead(self, name, link):
        """Why it leads nowhere. What lies outside of this machine is not asked."""
        parts = urllib.parse.urlsplit(link)
        if parts.scheme:
            return None if parts.scheme in ("https", "http") else "an address of an odd kind"
        file = urllib.parse.unquote(parts.path) or name
        if file.startswith("../../"):
            return None if (ROOT / file[6:]).is_file() else "no such file beside the book"
        if not (self.folder / file).is_file():
            return "no such page"
        where = urllib.parse.unquote(parts.fragment)
        return "no such place in it" if where and where not in self.read[file].ids else None

    def test_a_dead_link_would_be_found(self):
        self.assertEqual(self.dead("index.html", "nowhere.html"), "no such page")
        self.assertEqual(self.dead("index.html", "ex01_threads.html#x"), "no such place in it")
        self.assertEqual(self.dead("index.html", "../../exercises/x"), "no such file beside the book")
        self.assertIsNone(self.dead("index.html", "ex01_threads.html#why"))

    def test_the_figures_of_this_machine(self):
        read = self.read[f"{book_figures.NAME}.html"]
        self.assertEqual((read.count("table"), read.count("td")), (1, 6))
        self.assertIn("ex01_threads.html", read.links)

    def test_it_can_be_searched(self):
        index = (self.folder / "searchindex.js").read_text(encoding="utf-8")
        for word in ("wakeup", "deadlock"):
            self.assertIn(f'"{word}"' if f'"{word}"' in index else f"{word}:", index)


class Translated(unittest.TestCase):
    def test_a_section_in_another_language(self):
        folder, warnings = the_book.made("html", "de")
        self.assertEqual(warnings, "")
        read = Reading(folder / "before-you-start.html")
        self.assertIn("Bevor es losgeht", read.text)
        self.assertNotIn("A future is a result", read.text)
        self.assertIn('<html class="no-js" lang="de">', read.text)

    def test_what_is_translated_is_still_in_the_book(self):
        folder, _ = the_book.made("gettext")
        for words in (ROOT / "scripts" / "book" / "locale").rglob("*.po"):
            catalog = folder / f"{words.stem}.pot"
            there = set(re.findall(r'^msgid "(.+)"$', catalog.read_text(encoding="utf-8"), re.MULTILINE))
            own = re.findall(r'^msgid "(.+)"$', words.read_text(encoding="utf-8"), re.MULTILINE)
            self.assertEqual([text for text in own if text not in there], [], words.name)

    def test_the_catalog_has_the_titles_of_folds(self):
        folder, _ = the_book.made("gettext")
        catalog = (folder / "ex01_threads.pot").read_text(encoding="utf-8")
        text = next(page.text for page in the_book.pages() if page.name == "ex01_threads")
        titles = re.findall(r"<summary>(.*?)</summary>", text)
        self.assertEqual([one for one in titles if f'msgid "{one}"' not in catalog], [])


class Carried(unittest.TestCase):
    def test_games_stand_still_in_it(self):
        file, _ = the_book.made("epub")
        with zipfile.ZipFile(file) as packed:
            pages = [packed.read(name).decode() for name in packed.namelist() if name.endswith(".xhtml")]
        played = [page for page in pages if 'class="played"' in page]
        self.assertEqual(len(played), len(book_games.names((ROOT / "WORKBOOK.md").read_text(encoding="utf-8"))))
        for page in played:
            self.assertNotIn("<script", page)
            self.assertIn("The shortest schedule that breaks it", page)

    def test_epubcheck_finds_nothing(self):
        if not shutil.which("java") or not shutil.which("epubcheck"):
            self.skipTest("epubcheck is missing: apt-get install epubcheck")
        file, warnings = the_book.made("epub")
        self.assertEqual(warnings, "")
        done = subprocess.run(
            ["java", "-jar", CHECKER, "--failonwarnings", str(file)],
            capture_output=True, text=True, check=False, timeout=120,
        )
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
