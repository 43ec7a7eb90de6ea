# The test of a bug hunt in a checkout of its own, in an instructor's build.
#
# SPDX-License-Identifier: MIT
add_test(NAME self.bughunt
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/bughunt/test_bughunt.py)
set_tests_properties(self.bughunt PROPERTIES COST ${WORKBOOK_LONG} TIMEOUT 900 LABELS self)
