# workbook_demo(ex05_naive_server ...): the program behind `scripts/workbook demo`, which runs the
# reference servers of these exercises side by side. Built on demand, and run by verify.
#
# SPDX-License-Identifier: MIT
function(workbook_demo)
    add_executable(workbook_demo EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/solutions/demo/main.cpp)
    workbook_compile_as(workbook_demo plain program)
    workbook_reads_solutions(workbook_demo)
    foreach(used IN LISTS ARGN)
        target_link_libraries(workbook_demo PRIVATE reference_${used}_plain)
    endforeach()
    target_link_libraries(workbook_demo PRIVATE given_plain workbook_asio_plain fmt::fmt Threads::Threads)
    if(WORKBOOK_INSTRUCTOR)
        workbook_program_runs(demo workbook_demo)
    endif()
endfunction()
