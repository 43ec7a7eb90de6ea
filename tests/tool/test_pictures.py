# The pictures: drawn from their sources, shown, described, and in colours that can turn dark.
#
# SPDX-License-Identifier: MIT
import shutil
import unittest

import fake_tree
from tool.book import pictures
from tool.course.layout import WorkbookError

WORDS = "a box with the word two in it, " * 4
DRAWN = "<svg>two</svg>\n"


class Pictures(fake_tree.FakeTree):
    def setUp(self):
        super().setUp()
        self.write("scripts/book/pictures/prelude.txt", "color = $ink\n")
        self.source = self.write("scripts/book/pictures/two.pikchr", 'box "two" fill $blue\n')
        self.write("scripts/book/pictures/two.svg", pictures.with_digest(self.source, DRAWN))
        self.change("WORKBOOK.md", "Because.", f"![{WORDS}](scripts/book/pictures/two.svg)")

    def found(self):
        return "\n".join(pictures.problems(self.root))

    def test_a_good_picture(self):
        self.assertEqual(self.found(), "")

    def test_a_source_that_was_changed(self):
        self.change("scripts/book/pictures/two.pikchr", "two", "three")
        self.assertIn("two.pikchr: not drawn: python3 scripts/tool pictures", self.found())

    def test_what_all_share_was_changed(self):
        self.write("scripts/book/pictures/prelude.txt", "color = $muted\n")
        self.assertIn("two.pikchr: not drawn", self.found())

    def test_a_drawing_that_was_changed(self):
        self.change("scripts/book/pictures/two.svg", "two</svg>", "three</svg>")
        self.assertIn("two.pikchr: not drawn", self.found())

    def test_a_drawing_that_is_gone(self):
        (self.root / "scripts/book/pictures/two.svg").unlink()
        self.assertIn("two.pikchr: not drawn", self.found())

    def test_a_drawing_without_source(self):
        self.source.unlink()
        self.assertIn("two.svg: has no source", self.found())

    def test_a_picture_that_nothing_shows(self):
        self.change("WORKBOOK.md", "![", "[")
        self.assertIn("two.svg: WORKBOOK.md does not show it", self.found())

    def test_a_picture_without_words(self):
        self.change("WORKBOOK.md", f"![{WORDS}]", "![two boxes]")
        self.assertIn("two.svg is described in 2 words only", self.found())

    def test_colours_are_the_palettes(self):
        self.assertEqual(
            pictures.coloured([("fill", "rgb(219,234,254)"), ("stroke", "rgb(31,41,51)")]),
            ['class="fill-blue stroke-ink"', 'fill="#dbeafe"', 'stroke="#1f2933"'],
        )
        with self.assertRaisesRegex(WorkbookError, "#010203 is none of the palette's"):
            pictures.coloured([("fill", "rgb(1,2,3)")])

    @unittest.skipUnless(shutil.which("fossil"), "Pikchr is not installed")
    def test_drawn_by_pikchr(self):
        drawn = pictures.draw(self.source, shutil.which("fossil"))
        self.assertIn('class="fill-blue stroke-ink" fill="#dbeafe"', drawn)
        self.assertIn("prefers-color-scheme: dark", drawn)
        self.write("scripts/book/pictures/two.pikchr", "bx\n")
        with self.assertRaisesRegex(WorkbookError, "two.pikchr: Pikchr says"):
            pictures.draw(self.source, shutil.which("fossil"))


if __name__ == "__main__":
    unittest.main()
