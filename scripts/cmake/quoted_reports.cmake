# The reports that WORKBOOK.md quotes are what ThreadSanitizer and the explorer still say. An
# instructor's build only.
#
# SPDX-License-Identifier: MIT

# self.quoted-report-<name>: the code block behind `<!-- quoted: NAME -->` is what `program` prints, which
# `group`'s build makes; more words are its arguments.
function(workbook_quoted_report name group program)
    add_test(NAME self.quoted-report-${name}
        COMMAND ${Python3_EXECUTABLE} ${WORKBOOK_TOOL} quoted_report
            ${CMAKE_SOURCE_DIR}/WORKBOOK.md ${name} ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/${program} ${ARGN})
    set_tests_properties(self.quoted-report-${name} PROPERTIES FIXTURES_REQUIRED ${group}_built
        TIMEOUT 60 LABELS self)
endfunction()

# The program of `name` with --plain-int, instrumented; what it links to need not be: the race is in
# main.cpp.
function(workbook_racing_program name)
    set(racing ${name}_thread_sanitizer)
    workbook_sources(${CMAKE_SOURCE_DIR}/solutions/${name} sources)
    add_executable(${racing} ${CMAKE_SOURCE_DIR}/exercises/${name}/main.cpp ${sources})
    workbook_compile_as(${racing} plain program)
    target_compile_options(${racing} PRIVATE -O1 -fsanitize=thread
        -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
    target_link_options(${racing} PRIVATE -fsanitize=thread)
    target_link_libraries(${racing} PRIVATE reference_${name}_plain)
    set(EX_name ${name})
    workbook_build_entry(self.${racing} ${racing} "" self)
    workbook_quoted_report(thread-sanitizer self.${racing} ${racing} --plain-int)
endfunction()

function(workbook_quoted_reports)
    if(NOT WORKBOOK_INSTRUCTOR OR NOT WORKBOOK_EXPLORER OR NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        return() # clang words its reports in another way
    endif()
    workbook_racing_program(ex06_racy_server)
    workbook_quoted_report(explorer-ex01 bad01 bad01.no_lock
        "the shared result is guarded under every schedule")
    workbook_quoted_report(explorer-ex01-relaxed bad01 bad01.relaxed_spin_lock
        "the shared result is guarded under every schedule")
    workbook_quoted_report(explorer-ex02 bad02 bad02.if_for_while
        "each item goes to one taker and each taker gets one")
    workbook_quoted_report(explorer-ex04 bad04 bad04.no_forced_switch
        "a thread that waits is let in at the next check")
    workbook_quoted_report(explorer-ex06 ref06 ref06
        --show "two clients at once can get the same number")
    workbook_quoted_report(explorer-ex06-relaxed self.explorer explorer_cases show relaxed_done)
    workbook_quoted_report(explorer-own-server self.explorer explorer_cases
        show greets_half_a_name)
    workbook_quoted_report(explorer-ex14 bad14 bad14.lost_cancel_get
        "cancel alone wakes a task in get")
endfunction()
