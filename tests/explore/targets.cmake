# The explorer's own tests and measurements, in an instructor's build.
#
# SPDX-License-Identifier: MIT

# A program of its own with the explorer, compiled in this role (see workbook_compile_as), linked in
# the order that sources.cmake demands and without Catch2.
function(explorer_program target role)
    add_executable(${target} ${ARGN})
    workbook_compile_as(${target} explored ${role})
    if("asio" IN_LIST role)
        target_link_libraries(${target} PRIVATE $<TARGET_OBJECTS:instantiated_explored_asio>)
    endif()
    target_link_libraries(${target} PRIVATE $<TARGET_OBJECTS:instantiated_explored>
        $<TARGET_OBJECTS:explorer_library>
        $<FILTER:$<TARGET_OBJECTS:explorer_canary>,EXCLUDE,explore_catch>
        $<TARGET_OBJECTS:explorer_runtime> given_explored explorer_places ${CMAKE_DL_LIBS} atomic)
    if("asio" IN_LIST role)
        target_link_libraries(${target} PRIVATE workbook_asio_explored)
    endif()
endfunction()

set(explore ${CMAKE_SOURCE_DIR}/tests/explore)
file(GLOB explorer_case_sources CONFIGURE_DEPENDS ${explore}/cases/[^.]*.cpp
    ${explore}/cases/behavior/[^.]*.cpp ${explore}/cases/right/[^.]*.cpp
    ${explore}/litmus/[^.]*.cpp)
set(oracle ${explore}/litmus/oracle.cpp) # is no judged code, and has much to try
list(REMOVE_ITEM explorer_case_sources ${oracle})
add_library(litmus_oracle STATIC EXCLUDE_FROM_ALL ${oracle})
workbook_compile_as(litmus_oracle plain shared)
explorer_program(explorer_cases "judged;asio" ${explorer_case_sources})
target_link_libraries(explorer_cases PRIVATE litmus_oracle)
explorer_program(explorer_rate judged ${explore}/bench/bodies.cpp ${explore}/bench/rate.cpp)

# The simulated kernel against the real one: a plain program, built along with the others.
file(GLOB conformance_sources CONFIGURE_DEPENDS ${explore}/world/conformance/[^.]*.cpp)
add_executable(world_conformance EXCLUDE_FROM_ALL ${conformance_sources})
foreach(source IN LISTS EXPLORER_WORLD)
    target_sources(world_conformance PRIVATE ${explore}/${source})
endforeach()
workbook_compile_as(world_conformance plain shared)
add_dependencies(explorer_cases world_conformance)

# What idle hooks cost: the same objects with hooks that do nothing at all.
foreach(hooks idle empty)
    set(target hooks_${hooks})
    if(hooks STREQUAL "idle")
        explorer_program(${target} shared ${explore}/bench/bodies.cpp ${explore}/bench/everyday.cpp)
    else()
        add_executable(${target} ${explore}/bench/bodies.cpp ${explore}/bench/everyday.cpp
                                 $<TARGET_OBJECTS:empty_hooks>)
        workbook_compile_as(${target} explored shared)
        target_link_libraries(${target} PRIVATE Threads::Threads ${CMAKE_DL_LIBS} atomic)
    endif()
endforeach()

set(EX_name explorer)
workbook_build_entry(self.explorer explorer_cases "" self)
# Five runs of each mistake and 100 programs tell here; by hand, more take some minutes more.
foreach(check "wrong --seeds 50" "right --schedules 10000" "determinism --runs 5"
        "reduction --programs 100" "litmus --programs 300" behavior)
    string(REPLACE " " ";" words "${check}")
    list(GET words 0 name)
    add_test(NAME self.explorer.${name} COMMAND explorer_cases ${words})
    set_tests_properties(self.explorer.${name} PROPERTIES FIXTURES_REQUIRED self.explorer_built
        COST ${WORKBOOK_LONG} TIMEOUT 1500 LABELS self)
endforeach()
add_test(NAME self.explorer.world COMMAND world_conformance --sequences 2000)
set_tests_properties(self.explorer.world PROPERTIES FIXTURES_REQUIRED self.explorer_built TIMEOUT 300
    LABELS self)
