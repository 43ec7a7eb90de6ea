# The tests of grading, in an instructor's build.
#
# SPDX-License-Identifier: MIT
add_custom_target(grade_parts DEPENDS ex01_checker workbook_supervisor)
set(EX_name grade)
workbook_build_entry(self.grade grade_parts "" self)
add_test(NAME self.grade
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/grade/test_grade.py)
# Alone: hand-ins that fork without end take the processor from whatever runs beside them.
set_tests_properties(self.grade PROPERTIES FIXTURES_REQUIRED self.grade_built TIMEOUT 900
    SKIP_RETURN_CODE 77 RUN_SERIAL ON LABELS self)
