# What all exercises share: the three flavors in which code is compiled, their precompiled headers,
# the given code, the tests' support and the schedule explorer.
#
# Flavors. Everything that is linked into one program has one flavor.
#   explored   for checkers: -O0, instrumented, see tests/explore. Those of an exercise that is not
#              explored share all that the others have built; their hooks are empty.
#   plain      for the exercises' programs: -O2. For checkers where the explorer cannot be: -O0, and
#              what they share with the programs -O2, built once for both
#
# Link order matters in explored checkers. The linker keeps the first copy of each inline function,
# so test and answer come first, as objects; whatever is not instrumented is an archive after them.
#
# SPDX-License-Identifier: MIT

set(WORKBOOK_EXPLORER OFF)
if(EXISTS ${CMAKE_SOURCE_DIR}/tests/explore/sources.cmake)
    include(${CMAKE_SOURCE_DIR}/tests/explore/sources.cmake)
    if(NOT WORKBOOK_SANITIZE)
        set(WORKBOOK_EXPLORER ON)
    endif()
endif()

# Gives `target` the flags of `flavor` in its `role`:
#   judged     a test or an answer: with the precompiled header, which holds asio if that is a third word
#   header     what precompiles that header
#   shared     what judged code leans on, given code and references
#   program    an exercise's program
function(workbook_compile_as target flavor role)
    target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/exercises
                                                 ${CMAKE_SOURCE_DIR}/tests)
    if(flavor STREQUAL "explored")
        target_compile_options(${target} PRIVATE ${EXPLORER_COMPILE_OPTIONS})
    elseif(role STREQUAL "judged" OR role STREQUAL "header")
        target_compile_options(${target} PRIVATE -O0)
    else()
        target_compile_options(${target} PRIVATE -O2)
    endif()
    if(role STREQUAL "shared" AND flavor STREQUAL "explored")
        target_compile_options(${target} PRIVATE "SHELL:-include \"${EXPLORER_FIRST_HEADER}\"")
    endif()
    if(NOT role STREQUAL "judged")
        return()
    endif()
    set(shared precompiled_${flavor})
    set(header ${CMAKE_SOURCE_DIR}/tests/support/precompiled.hpp)
    if(flavor STREQUAL "explored")
        list(PREPEND header ${EXPLORER_FIRST_HEADER})
    endif()
    if("asio" IN_LIST ARGN)
        string(APPEND shared _asio)
        list(APPEND header ${CMAKE_SOURCE_DIR}/tests/support/precompiled_asio.hpp)
        target_link_libraries(${target} PRIVATE workbook_asio_headers)
    endif()
    if(NOT TARGET ${shared})
        add_library(${shared} OBJECT EXCLUDE_FROM_ALL
            ${CMAKE_SOURCE_DIR}/tests/support/precompiled.cpp)
        target_link_libraries(${shared} PRIVATE workbook_asio_headers)
        target_precompile_headers(${shared} PRIVATE ${header})
        workbook_compile_as(${shared} ${flavor} header)
    endif()
    target_precompile_headers(${target} REUSE_FROM ${shared})
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        target_compile_options(${target} PRIVATE -Werror=invalid-pch)
    endif()
endfunction()

# For a target that reads in solutions/: in a handout the compiler finds them opened.
function(workbook_reads_solutions target)
    if(WORKBOOK_HANDOUT)
        set_target_properties(${target} PROPERTIES CXX_COMPILER_LAUNCHER
            "${Python3_EXECUTABLE};-S;-E;${WORKBOOK_TOOL};sealed_compile;${CMAKE_SOURCE_DIR}/solutions")
    endif()
endfunction()

# Given code, once for each flavor; all of it at once, because most of a file's time is its headers'.
file(GLOB given_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/exercises/given/[^.]*.cpp)
foreach(flavor explored plain)
    if(flavor STREQUAL "explored" AND NOT WORKBOOK_EXPLORER)
        continue()
    endif()
    add_library(given_${flavor} STATIC EXCLUDE_FROM_ALL ${given_sources})
    set_target_properties(given_${flavor} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 0)
    target_include_directories(given_${flavor} PUBLIC ${CMAKE_SOURCE_DIR}/exercises)
    target_link_libraries(given_${flavor} PUBLIC fmt::fmt Threads::Threads
                                           PRIVATE workbook_asio_headers)
    workbook_compile_as(given_${flavor} ${flavor} shared)
    # GNU takes an included file's unnamed namespace for a header's.
    target_compile_options(given_${flavor} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endforeach()

# What judged code has instantiated for it.
foreach(flavor explored plain)
    if(TARGET given_${flavor})
        add_library(instantiated_${flavor} OBJECT EXCLUDE_FROM_ALL
            ${CMAKE_SOURCE_DIR}/tests/support/instantiated.cpp)
        workbook_compile_as(instantiated_${flavor} ${flavor} judged)
        add_library(instantiated_${flavor}_asio OBJECT EXCLUDE_FROM_ALL
            ${CMAKE_SOURCE_DIR}/tests/support/instantiated_asio.cpp)
        workbook_compile_as(instantiated_${flavor}_asio ${flavor} judged asio)
    endif()
endforeach()

# asio's implementation, compiled once for each flavor: where two threads share an acceptor or a
# socket, that is where they meet.
foreach(flavor explored plain)
    if(TARGET given_${flavor})
        add_library(workbook_asio_${flavor} STATIC EXCLUDE_FROM_ALL
            ${CMAKE_SOURCE_DIR}/scripts/cmake/asio.cpp)
        target_link_libraries(workbook_asio_${flavor} PUBLIC workbook_asio_headers Threads::Threads)
        workbook_compile_as(workbook_asio_${flavor} ${flavor} shared)
    endif()
endforeach()

# What shows places in the source.
list(TRANSFORM EXPLORER_PLACES PREPEND ${CMAKE_SOURCE_DIR}/tests/explore/)
add_library(explorer_places STATIC EXCLUDE_FROM_ALL ${EXPLORER_PLACES})
target_include_directories(explorer_places PRIVATE ${CMAKE_SOURCE_DIR}/tests)

# The checkers' main, the supervisor and what else tests lean on.
file(GLOB support_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/support/[^.]*.cpp)
list(FILTER support_sources EXCLUDE REGEX "/(precompiled|instantiated|instantiated_asio|catch_runner)\\.cpp$")
add_library(workbook_support STATIC EXCLUDE_FROM_ALL ${support_sources})
set_target_properties(workbook_support PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 0)
set_source_files_properties(${CMAKE_SOURCE_DIR}/tests/support/checker.cpp PROPERTIES
    SKIP_UNITY_BUILD_INCLUSION ON) # it has the checkers' main
target_include_directories(workbook_support PUBLIC ${CMAKE_SOURCE_DIR}/tests
                                            PRIVATE ${CMAKE_SOURCE_DIR}/exercises)
target_link_libraries(workbook_support PUBLIC workbook_catch workbook_catch_runner explorer_places)

# The supervisor as a program without judged code, for hand-ins.
add_executable(workbook_supervisor EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/tests/supervise/main.cpp
    ${CMAKE_SOURCE_DIR}/tests/supervise/confine.cpp)
target_link_libraries(workbook_supervisor PRIVATE workbook_support given_plain fmt::fmt
                                                  Threads::Threads)

# The explorer's runtime: objects, so that all of its hooks are linked. Not instrumented itself; the
# canary is, because it stands for judged code.
if(WORKBOOK_EXPLORER)
    list(TRANSFORM EXPLORER_SOURCES PREPEND ${CMAKE_SOURCE_DIR}/tests/explore/)
    list(TRANSFORM EXPLORER_CANARY PREPEND ${CMAKE_SOURCE_DIR}/tests/explore/)
    add_library(explorer_runtime OBJECT EXCLUDE_FROM_ALL ${EXPLORER_SOURCES})
    target_include_directories(explorer_runtime PRIVATE ${CMAKE_SOURCE_DIR}/exercises
                                                        ${CMAKE_SOURCE_DIR}/tests)
    target_compile_options(explorer_runtime PRIVATE ${EXPLORER_RUNTIME_OPTIONS})
    target_link_libraries(explorer_runtime PRIVATE workbook_catch)
    add_library(explorer_canary OBJECT EXCLUDE_FROM_ALL ${EXPLORER_CANARY})
    set_target_properties(explorer_canary PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 0)
    # The canary stands for judged code, and programs without Catch2 do without the last.
    set_source_files_properties(${CMAKE_SOURCE_DIR}/tests/explore/canary.cpp
        ${CMAKE_SOURCE_DIR}/tests/explore/explore_catch.cpp PROPERTIES
        SKIP_UNITY_BUILD_INCLUSION ON)
    target_link_libraries(explorer_canary PRIVATE workbook_catch)
    workbook_compile_as(explorer_canary explored judged)
    list(TRANSFORM EXPLORER_LIBRARY PREPEND ${CMAKE_SOURCE_DIR}/tests/explore/)
    add_library(explorer_library OBJECT EXCLUDE_FROM_ALL ${EXPLORER_LIBRARY})
    workbook_compile_as(explorer_library explored shared)
    list(TRANSFORM EXPLORER_TEXTS PREPEND ${CMAKE_SOURCE_DIR}/tests/explore/)
    add_library(empty_hooks OBJECT EXCLUDE_FROM_ALL
        ${CMAKE_SOURCE_DIR}/tests/explore/hooks/empty.cpp ${EXPLORER_TEXTS})
    target_include_directories(empty_hooks PRIVATE ${CMAKE_SOURCE_DIR}/tests)
    target_compile_options(empty_hooks PRIVATE ${EXPLORER_RUNTIME_OPTIONS})
elseif(DEFINED EXPLORER_ABSENT_SOURCES)
    list(TRANSFORM EXPLORER_ABSENT_SOURCES PREPEND ${CMAKE_SOURCE_DIR}/tests/explore/)
    add_library(explorer_absent STATIC EXCLUDE_FROM_ALL ${EXPLORER_ABSENT_SOURCES})
    target_include_directories(explorer_absent PRIVATE ${CMAKE_SOURCE_DIR}/exercises
                                                       ${CMAKE_SOURCE_DIR}/tests)
    target_link_libraries(explorer_absent PRIVATE workbook_catch)
endif()
