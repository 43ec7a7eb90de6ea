# The test of a bug hunt in a checkout of its own, in an instructor's build.
#
# SPDX-License-Identifier: MIT
add_test(NAME self.bughunt
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/bughunt/test_bughunt.py)
set_tests_properties(self.bughunt PROPERTIES TIMEOUT 900 LABELS self)
