# What editors ask of a build folder: any generator, and the line of each test's case.
#
# SPDX-License-Identifier: MIT

if(CMAKE_SOURCE_DIR STREQUAL CMAKE_BINARY_DIR)
    message(FATAL_ERROR "Build in a folder of its own: rm -r CMakeCache.txt CMakeFiles, then  "
                        "cmake --preset student")
endif()
if(NOT CMAKE_GENERATOR MATCHES "Ninja|Unix Makefiles")
    message(FATAL_ERROR "The generator is '${CMAKE_GENERATOR}': choose Ninja or Unix Makefiles, or "
                        "the preset student, in a fresh build folder.")
endif()

# What is compiled has flags of its own, in every configuration the same. One is enough, and ctest
# takes it unasked.
get_property(several GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
if(several)
    set(CMAKE_CONFIGURATION_TYPES Debug)
    set(CMAKE_RUNTIME_OUTPUT_DIRECTORY_DEBUG ${CMAKE_BINARY_DIR}/bin)
    file(WRITE ${CMAKE_BINARY_DIR}/configuration.cmake "set(CTEST_CONFIGURATION_TYPE Debug)\n")
    set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${CMAKE_BINARY_DIR}/configuration.cmake)
endif()

# Sets <out> to "sentence|file|line" of each case in the files.
function(workbook_case_places out)
    execute_process(COMMAND grep -nHo "^TEST_CASE(\"[^\"]*\"" ${ARGN} OUTPUT_VARIABLE found)
    string(STRIP "${found}" found)
    string(REPLACE "\n" ";" found "${found}")
    list(TRANSFORM found REPLACE "(.*):([0-9]+):TEST_CASE\\(\"([^\"]*)\"" "\\3|\\1|\\2")
    set(${out} "${found}" PARENT_SCOPE)
endfunction()

# An editor's click on `test` leads to the case's line: ctest says so in --show-only=json-v1, instead of
# the line of add_test().
function(workbook_test_place test place)
    string(REPLACE "|" ";" place "${place}")
    list(POP_FRONT place sentence file line)
    string(JOIN " " told
        "set_tests_properties([=[${test}]=] PROPERTIES DEF_SOURCE_LINE \"${file}:${line}\""
        "_BACKTRACE_TRIPLES \"${file};${line};TEST_CASE;${CMAKE_SOURCE_DIR}/CMakeLists.txt;0;\")\n")
    set_property(GLOBAL APPEND_STRING PROPERTY WORKBOOK_PLACES "${told}")
endfunction()

# After all tests: ctest reads a subfolder's properties last, and so they hold.
function(workbook_finish_places)
    get_property(places GLOBAL PROPERTY WORKBOOK_PLACES)
    file(WRITE ${CMAKE_BINARY_DIR}/places.cmake "${places}")
    add_subdirectory(${CMAKE_CURRENT_FUNCTION_LIST_DIR}/places ${CMAKE_BINARY_DIR}/places)
endfunction()

# Of a program that is not there ctest tells editors no command, and CMake Tools runs nothing without:
# until `program` is built, a script holds its place. It is older than any source: what builds never
# takes it for what it has built.
function(workbook_hold_place program)
    if(EXISTS ${program})
        return()
    endif()
    get_filename_component(target ${program} NAME)
    file(WRITE ${program} "#!/bin/sh\ncat >&2 <<'.'\n${target} is not built yet; what builds it: "
        "cmake --build ${CMAKE_BINARY_DIR} --target ${target}\n.\nexit 1\n")
    file(CHMOD ${program} FILE_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
    execute_process(COMMAND touch -t 200001010000 ${program} COMMAND_ERROR_IS_FATAL ANY)
endfunction()
