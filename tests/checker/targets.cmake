# The tests of the checkers' main and of the supervisor, in an instructor's build.
#
# SPDX-License-Identifier: MIT
set(EX_name checker)
set(EX_flavor explored) # as an exercise's checker is, that has explored cases
set(EX_EXPLORED ON)
set(EX_USES)
set(EX_LIBRARIES)
set(EX_APART)
set(answer ${CMAKE_BINARY_DIR}/answers/checker/answer.cpp)
configure_file(${CMAKE_SOURCE_DIR}/tests/checker/answer.cpp ${answer} COPYONLY)
add_executable(checker_cases ${CMAKE_SOURCE_DIR}/tests/checker/cases.cpp ${answer})
workbook_judged(checker_cases ${CMAKE_SOURCE_DIR}/tests/checker)
workbook_link_checker(checker_cases)
add_dependencies(checker_cases workbook_supervisor)

workbook_build_entry(self.checker checker_cases "" self)
add_test(NAME self.checker
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/checker/test_checker.py
        $<TARGET_FILE:checker_cases>)
set_tests_properties(self.checker PROPERTIES FIXTURES_REQUIRED "self.checker_built;ref01_built" TIMEOUT 900
    LABELS self)
