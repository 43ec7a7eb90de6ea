# The tests of grading, in an instructor's build. They build what they need, as `grade` does.
#
# SPDX-License-Identifier: MIT
add_test(NAME self.grade
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/grade/test_grade.py)
# Alone: it builds, and hand-ins that fork without end take the processor from whatever runs beside.
set_tests_properties(self.grade PROPERTIES TIMEOUT 1800 SKIP_RETURN_CODE 77 RUN_SERIAL ON LABELS self)
add_test(NAME self.grade_resumed
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/grade/test_resumed.py)
set_tests_properties(self.grade_resumed PROPERTIES TIMEOUT 1800 SKIP_RETURN_CODE 77
    RESOURCE_LOCK build_tree LABELS self)
add_test(NAME self.grade_everywhere
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/grade/test_everywhere.py)
# Early: it compiles for minutes, one file after another for the most part.
set_tests_properties(self.grade_everywhere PROPERTIES TIMEOUT 3600 SKIP_RETURN_CODE 77
    RESOURCE_LOCK build_tree COST ${WORKBOOK_LONG} LABELS "self;soak")
