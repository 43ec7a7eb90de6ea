# What the machine has and lacks, each with its cure.
#
# SPDX-License-Identifier: MIT
import tempfile
import unittest
import unittest.mock
from pathlib import Path

from tool.student import doctor


class Doctor(unittest.TestCase):
    def test_what_the_text_types_is_known(self):
        with tempfile.TemporaryDirectory(prefix="workbook-test-") as there:
            with unittest.mock.patch.dict("os.environ", PATH=there):
                missing = [one.text for one in doctor.tools() if "the text tells you" in one.text]
                self.assertEqual([text.split()[0] for text in missing], ["nc", "gdb"])
                self.assertIn("scripts/workbook connect does the same", missing[0])
                self.assertIn("apt-get install netcat-openbsd", missing[0])
                Path(there, "nc").touch(mode=0o755)
                self.assertIn(doctor.Finding(doctor.OK, "nc"), doctor.tools())

    def test_a_network_that_is_down(self):
        self.assertEqual(doctor.loopback().grade, doctor.OK)
        down = OSError(101, "Network is unreachable")
        with unittest.mock.patch("socket.create_connection", side_effect=down):
            self.assertEqual(doctor.loopback().grade, doctor.FIX)
            self.assertIn("ip link set lo up", doctor.loopback().text)


if __name__ == "__main__":
    unittest.main()
