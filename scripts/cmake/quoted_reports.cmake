# workbook_quoted_reports(ex06_racy_server): checks that the two reports on the race that its section
# quotes, ThreadSanitizer's and the explorer's, are what the two still say. An instructor's build only.
#
# SPDX-License-Identifier: MIT
function(workbook_quoted_reports name)
    if(NOT WORKBOOK_INSTRUCTOR OR NOT WORKBOOK_EXPLORER OR NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        return() # clang words its reports in another way
    endif()
    string(SUBSTRING ${name} 2 2 number)
    set(check ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/scripts/tool/quoted_report.py
        ${CMAKE_SOURCE_DIR}/WORKBOOK.md)

    # The program, instrumented; what it links to need not be: the race is in main.cpp.
    set(racing ${name}_thread_sanitizer)
    workbook_sources(${CMAKE_SOURCE_DIR}/solutions/${name} sources)
    add_executable(${racing} EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/exercises/${name}/main.cpp ${sources})
    workbook_compile_as(${racing} plain program)
    target_compile_options(${racing} PRIVATE -O1 -fsanitize=thread
        -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
    target_link_options(${racing} PRIVATE -fsanitize=thread)
    target_link_libraries(${racing} PRIVATE reference_${name}_plain)

    set(EX_name ${name})
    workbook_build_entry(self.${racing} ${racing} "" self)
    add_test(NAME self.quoted-report-of-thread-sanitizer
        COMMAND ${check} thread-sanitizer ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/${racing} --plain-int)
    set_tests_properties(self.quoted-report-of-thread-sanitizer PROPERTIES
        FIXTURES_REQUIRED self.${racing}_built TIMEOUT 60 LABELS self)
    add_test(NAME self.quoted-report-of-the-explorer
        COMMAND ${check} explorer ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/ref${number}
                --show "two clients at once can get the same number")
    set_tests_properties(self.quoted-report-of-the-explorer PROPERTIES
        FIXTURES_REQUIRED ref${number}_built TIMEOUT 60 LABELS self)
endfunction()
