# What people hand in: folders and archives, wrapped, nested, of a whole class; and what nobody should.
#
# SPDX-License-Identifier: MIT
import gzip
import io
import lzma
import os
import stat
import tarfile
import unittest
import zipfile

import fake_tree
from tool.instructor import archive, grade, handed, handin
from tool.instructor.graded import MISSING, UNREADABLE

ANSWER = {"ex01_count/count.cpp": "// mine\n"}


def zipped(files, date=(2026, 1, 2, 3, 4, 6)) -> bytes:
    """`files`: path -> text or bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for path, text in files.items():
            packed.writestr(zipfile.ZipInfo(path, date), text)
    return out.getvalue()


def tarred(files, mode="w", members=()) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as packed:
        for one in members:
            packed.addfile(one)
        for path, text in files.items():
            one = tarfile.TarInfo(path)
            one.size = len(text.encode())
            packed.addfile(one, io.BytesIO(text.encode()))
    return out.getvalue()


def member(path, kind, **facts):
    one = tarfile.TarInfo(path)
    one.type = kind
    for name, value in facts.items():
        setattr(one, name, value)
    return one


class Archives(fake_tree.FakeTree):
    def setUp(self):
        super().setUp()
        self.hand_out()
        self.above = self.root.parent

    def hand_in(self, name, content: bytes):
        path = self.above / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def read(self, name, alone=False):
        return handin.read(handed.tree_of(self.above / name), self.exercise, alone)

    def answer(self, name, **how) -> str:
        return self.read(name, **how).files["count.cpp"].decode()

    def graded(self, name, each=False, wanted=True):
        trees = grade.hand_ins(self.above / name, each)
        asked = [self.exercise] if wanted else []
        return [one for tree in trees for one in grade.answers(self.root, tree, asked)]

    def test_each_kind(self):
        for name, content in (
            ("a.zip", zipped(ANSWER)),
            ("A.ZIP", zipped(ANSWER)),
            ("a.tar.gz", tarred(ANSWER, "w:gz")),
            ("a.tgz", tarred(ANSWER, "w:gz")),
            ("a.tar.xz", tarred(ANSWER, "w:xz")),
            ("a.tar", tarred(ANSWER)),
        ):
            self.hand_in(name, content)
            self.assertEqual(self.answer(name), "// mine\n", name)

    def test_bare_files_and_one_that_is_named_as_the_exercise(self):
        for name in ("alice.zip", "ex01_count.zip", "ex01_count (2).zip"):
            self.hand_in(name, zipped({"count.cpp": "// mine\n"}))
            self.assertEqual(self.answer(name, alone=True), "// mine\n")
        self.assertIsNone(self.read("alice.zip"))
        self.assertEqual(self.answer("ex01_count (2).zip"), "// mine\n")

    def test_wrapped_and_nested(self):
        inner = zipped({"dup/main/exercises/ex01_count/count.cpp": "// mine\n"})
        self.hand_in("a.zip", zipped({"x/y/inner.zip": inner, "__MACOSX/ex01_count/count.cpp": "no"}))
        self.assertEqual(self.answer("a.zip"), "// mine\n")
        self.hand_in("b/deep/inner.zip", inner)
        self.assertEqual(self.answer("b"), "// mine\n")

    def test_names_in_any_script(self):
        self.hand_in("Ζωή 王小明.zip", zipped({"задание/ex01_count/count.cpp": "// mine\n"}))
        [one] = self.graded("Ζωή 王小明.zip")
        self.assertTrue(one.name.endswith("Ζωή 王小明.zip"))
        self.assertEqual(one.files["count.cpp"], b"// mine\n")

    def test_a_checkouts_own_answers_are_nobodys(self):
        files = {"b/solutions/ex01_count/count.cpp": "// ours\n", "b/exercises/ex02_x/x.cpp": ""}
        self.hand_in("a.zip", zipped(files))
        self.assertIsNone(self.read("a.zip"))
        self.hand_in("a.zip", zipped({**files, "b/exercises/ex01_count/count.cpp": "// mine\n"}))
        self.assertEqual(self.answer("a.zip"), "// mine\n")

    def test_the_last_of_several(self):
        old = zipped({"ex01_count/count.cpp": "// old\n"}, (2026, 1, 1, 0, 0, 0))
        new = zipped({"ex01_count/count.cpp": "// new\n"}, (2026, 1, 2, 0, 0, 0))
        for names in (("1.zip", "2.zip"), ("2.zip", "1.zip")):
            self.hand_in("a.zip", zipped(dict(zip(names, (old, new)))))
            found = self.read("a.zip")
            self.assertEqual(found.files["count.cpp"], b"// new\n")
            self.assertIn(f"judged is the last, {names[1][0]}/ex01_count", found.remarks[0])

    def test_the_archive_that_it_was_unpacked_from(self):
        """It lies beside the folder, and its files do not take the place of those there."""
        old = zipped({"count.cpp": "// old\n"}, (2020, 1, 1, 0, 0, 0))
        self.hand_in("alice/ex01_count/count.cpp", b"// mine\n")
        self.hand_in("alice/ex01_count.zip", old)
        self.assertEqual(self.answer("alice"), "// mine\n")
        for names in (("ex01_count.zip", "ex01_count/count.cpp"), ("ex01_count/count.cpp", "ex01_count.zip")):
            files = {name: old if name.endswith("zip") else "// mine\n" for name in names}
            self.hand_in("b.zip", zipped(files))
            self.assertEqual(self.answer("b.zip"), "// mine\n", names)

    def test_the_archives_that_a_class_was_unpacked_from(self):
        """Nobody gets a second line for them."""
        old = zipped({"ex01_count/count.cpp": "// old\n"}, (2020, 1, 1, 0, 0, 0))
        for name in ("alice", "bob"):
            self.hand_in(f"class/{name}/ex01_count/count.cpp", f"// {name}\n".encode())
            self.hand_in(f"class/{name}.zip", old)
        found = {one.name.split("/")[-1]: one for one in self.graded("class", each=True)}
        self.assertEqual(set(found), {"alice", "bob"})
        self.assertEqual(found["bob"].files["count.cpp"], b"// bob\n")

    def test_a_class(self):
        files = {
            "Doe Jane_123_assignsubmission_file_/ex01_count/count.cpp": "// Jane\n",
            "Li Wei_124_assignsubmission_file_/answer.zip": zipped({"count.cpp": "// Wei\n"}),
            "doejohn_4711_8812_ex01.zip": zipped({"ex01_count/count.cpp": "// John\n"}),
            "doejohn_4711_8813_main.cpp": "int main() {}\n",
            "roeann_LATE_77_8814_ex01.zip": zipped({"ex01_count/count.cpp": "// one\n"}),
            "roeann_78_8815_ex01.zip": zipped({"ex01_count/count.cpp": "// another\n"}),
            "Nobody_125_assignsubmission_file_/letter.zip": zipped({"letter.txt": "sorry"}),
        }
        self.hand_in("download.zip", zipped(files))
        found = self.graded("download.zip", each=True)
        said = {one.name.rpartition("/")[2].split("_")[0]: one for one in found}
        for who, text in (("Doe Jane", "Jane"), ("Li Wei", "Wei"), ("doejohn", "John")):
            self.assertEqual(said[who].files["count.cpp"].decode(), f"// {text}\n")
        self.assertEqual(said["Nobody"].verdict, MISSING)
        names = [one.name.rpartition("/")[2] for one in found]
        for name in ("doejohn_4711", "roeann_77", "roeann_78"):  # two people, one name
            self.assertIn(name, names)
        self.assertEqual(len(found), 6)

    def unreadable(self, name, content, pattern):
        self.hand_in(name, content)
        for wanted in (True, False):
            [found] = self.graded(name, wanted=wanted)
            self.assertEqual(found.verdict, UNREADABLE)
            self.assertRegex(found.why, pattern)

    def test_what_would_leave_the_archive(self):
        for path in ("../ex01_count/count.cpp", "/ex01_count/count.cpp", "a/../../ex01_count/count.cpp"):
            self.unreadable("a.tar", tarred({path: "x"}), "count.cpp leads out of the archive")
        self.unreadable("a.zip", zipped({"../ex01_count/count.cpp": "x"}), "leads out of the archive")
        self.unreadable("a.zip", zipped({"..\\ex01_count\\count.cpp": "x"}), "leads out of the archive")
        self.assertFalse((self.above / "ex01_count").exists())

    def test_what_is_no_plain_file(self):
        name = "ex01_count/count.cpp"
        for one, pattern in (
            (member(name, tarfile.SYMTYPE, linkname="/etc/passwd"), "count.cpp is a link"),
            (member(name, tarfile.LNKTYPE, linkname="/etc/passwd"), "count.cpp is a link"),
            (member(name, tarfile.CHRTYPE, devmajor=1, devminor=5), "no plain file"),
            (member(name, tarfile.FIFOTYPE), "no plain file"),
            (member(name, tarfile.REGTYPE, mode=0o4755), "setuid"),
        ):
            self.unreadable("a.tar", tarred({}, members=[one]), pattern)
        info = zipfile.ZipInfo(name)
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as packed:
            packed.writestr(info, "/etc/passwd")
        self.unreadable("a.zip", out.getvalue(), "is a link")

    def test_beside_a_right_answer_it_is_left_out_by_name(self):
        evil = [member("../../home/x", tarfile.REGTYPE), member("dev", tarfile.BLKTYPE)]
        self.hand_in("a.tar", tarred(ANSWER, members=evil))
        found = self.read("a.tar")
        self.assertEqual(found.files["count.cpp"], b"// mine\n")
        self.assertIn("left out: ../../home/x leads out of the archive", found.remarks)
        self.assertIn("left out: dev is no plain file", found.remarks)

    def test_a_name_that_no_file_can_have_here(self):
        self.hand_in("a.tar", tarred({**ANSWER, f"ex01_count/{'a' * 250}.cpp": "int a;\n"}))
        found = self.read("a.tar")
        self.assertEqual(found.files["count.cpp"], b"// mine\n")
        self.assertIn("has a name of more than 100 letters", " ".join(found.remarks))

    def test_bombs(self):
        self.patch("tool.instructor.archive.MOST_UNPACKED", 1 << 20)
        self.patch("tool.instructor.archive.Budget.__init__.__defaults__", (1 << 20,))
        zeros = b"\0" * (2 << 20)
        self.unreadable("a.zip", zipped({"ex01_count/count.cpp": zeros}), "come out of it")
        self.unreadable("a.tar.gz", gzip.compress(zeros), "come out of it")
        self.unreadable("a.tar.xz", lzma.compress(zeros), "come out of it")
        many = {f"{i}.zip": zipped({"ex01_count/x.cpp": zeros[: 1 << 18]}) for i in range(9)}
        self.unreadable("a.zip", zipped(many), "come out of it")

    def test_a_bomb_behind_one_that_is_refused(self):
        """Nothing is left to be unpacked then."""
        budget = archive.Budget(100)
        for size in (101, 1):
            with self.assertRaises(archive.Refused):
                budget.take(size)
        self.assertEqual(budget.left, 0)

    def test_archives_without_end(self):
        packed = zipped({"ex01_count/count.cpp": "x"})
        for _ in range(handed.MOST_NESTED):
            packed = zipped({"again.zip": packed})
        self.unreadable("a.zip", packed, "lies in more than 3 archives")

    def test_damaged_ones(self):
        whole = zipped(ANSWER)
        for name, content in (
            ("a.zip", b""), ("a.zip", b"no archive"), ("a.zip", whole[:-30]), ("a.zip", whole[30:]),
            ("a.tar.gz", b"no archive"), ("a.tar.xz", lzma.compress(b"no archive")),
            ("a.tar.gz", tarred(ANSWER, "w:gz")[:30]),
        ):  # fmt: skip
            self.unreadable(name, content, "cannot be unpacked")

    def test_a_damaged_one_beside_others(self):
        self.hand_in("class/alice/a.zip", zipped(ANSWER))
        self.hand_in("class/bob/a.zip", b"no archive")
        alice, bob = self.graded("class", each=True)
        self.assertEqual(alice.files["count.cpp"], b"// mine\n")
        self.assertEqual(bob.verdict, UNREADABLE)

    def test_a_bad_one_of_a_class_harms_no_other(self):
        self.patch("tool.instructor.archive.MOST_UNPACKED", 1 << 20)
        bomb = {"ex01_count/x.cpp": b"\0" * (2 << 20)}
        for name, files in (("alice", ANSWER), ("bob", bomb), ("carol", ANSWER)):
            self.hand_in(f"class/{name}/a.zip", zipped(files))
        self.hand_in("class/dave/a.txt", b"")
        (self.above / "class/dave/round").symlink_to("round")
        with self.subTest("links that lead round, and a bomb"):
            alice, bob, carol, dave = self.graded("class", each=True)
            for right in (alice, carol):
                self.assertEqual(right.files["count.cpp"], b"// mine\n")
            self.assertEqual(bob.verdict, UNREADABLE)
            self.assertIn("come out of it", bob.why)
        with self.subTest("too many files"):
            self.patch("tool.instructor.handed.MOST_ENTRIES", 4)
            for number in range(5):
                self.hand_in(f"class/bob/{number}.txt", b"")
            alice, bob, *_ = self.graded("class", each=True)
            self.assertEqual(alice.files["count.cpp"], b"// mine\n")
            self.assertIn("more than 4 files", f"{bob.why} {bob.remarks}")

    def test_a_large_file_in_an_archive(self):
        large = {"ex01_count/count.cpp": b"/" * (handed.MOST_BYTES + 1)}
        self.unreadable("a.zip", zipped(large), "count.cpp is larger than 256 KiB")

    def test_a_pipe_called_like_an_archive(self):
        os.mkfifo(self.above / "a.zip")
        [found] = self.graded("a.zip")
        self.assertEqual((found.verdict, found.why), (UNREADABLE, "it is no plain file"))

    def test_an_empty_one(self):
        self.hand_in("a.zip", zipped({}))
        self.assertEqual([one.verdict for one in self.graded("a.zip")], [MISSING])


if __name__ == "__main__":
    unittest.main()
