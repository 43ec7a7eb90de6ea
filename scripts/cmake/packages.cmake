# Catch2, asio and fmt: the system's, or else fetched at a pinned commit.
#
# SPDX-License-Identifier: MIT
include(FetchContent)
if(CMAKE_CROSSCOMPILING)
    include(cross_packages)
endif()

# Catch2. Version 2 is headers only, or compiled once by the distribution; version 3 is a library.
add_library(workbook_catch INTERFACE)
if(NOT TARGET Catch2::Catch2)
    find_package(Catch2 QUIET)
endif()
if(NOT TARGET Catch2::Catch2)
    message(STATUS "Catch2 is not installed: fetching it")
    FetchContent_Declare(Catch2 GIT_REPOSITORY https://github.com/catchorg/Catch2.git
        GIT_TAG fa43b77429ba76c462b1898d6cd2f2d7a9416b14) # v3.7.1
    FetchContent_MakeAvailable(Catch2)
endif()
target_link_libraries(workbook_catch INTERFACE Catch2::Catch2)

# Its runner, behind the function of tests/support/catch_runner.hpp. Compiling version 2's takes
# longer than all else that the first exercise needs, so the distribution's is taken if it is there:
# its main() by the function's name, and what it would handle signals with leads nowhere, as
# catch_runner.cpp says why.
if(Catch2_FOUND AND Catch2_VERSION VERSION_LESS 3 AND CMAKE_OBJCOPY AND NOT WORKBOOK_SANITIZE)
    find_library(WORKBOOK_CATCH_WITH_MAIN NAMES libCatch2WithMain.a)
    mark_as_advanced(WORKBOOK_CATCH_WITH_MAIN)
endif()
if(WORKBOOK_CATCH_WITH_MAIN)
    add_library(workbook_catch_runner INTERFACE)
    set(runner ${CMAKE_BINARY_DIR}/libcatch_runner.a)
    add_custom_command(OUTPUT ${runner} DEPENDS ${WORKBOOK_CATCH_WITH_MAIN}
        COMMAND ${CMAKE_OBJCOPY} --redefine-sym main=workbook_catch_run
            --redefine-sym sigaction=workbook_no_sigaction
            --redefine-sym sigaltstack=workbook_no_sigaltstack ${WORKBOOK_CATCH_WITH_MAIN} ${runner}
        COMMENT "Taking the tests' framework" VERBATIM)
    add_custom_target(workbook_catch_runner_made DEPENDS ${runner})
    add_dependencies(workbook_catch_runner workbook_catch_runner_made)
    target_link_libraries(workbook_catch_runner INTERFACE ${runner})
else()
    add_library(workbook_catch_runner STATIC EXCLUDE_FROM_ALL
        ${CMAKE_SOURCE_DIR}/tests/support/catch_runner.cpp)
    target_include_directories(workbook_catch_runner PRIVATE ${CMAKE_SOURCE_DIR}/tests)
    target_compile_options(workbook_catch_runner PRIVATE -g0)
    target_link_libraries(workbook_catch_runner PUBLIC workbook_catch)
endif()

# asio, without Boost. It has no CMake package: look for its header.
add_library(workbook_asio_headers INTERFACE)
find_path(WORKBOOK_ASIO_INCLUDE asio.hpp)
mark_as_advanced(WORKBOOK_ASIO_INCLUDE)
if(NOT WORKBOOK_ASIO_INCLUDE)
    message(STATUS "asio is not installed: fetching it")
    FetchContent_Declare(asio GIT_REPOSITORY https://github.com/chriskohlhoff/asio.git
        GIT_TAG 8806a6803cde7054c3049d3666d3ec36786568c5) # 1.38.2
    FetchContent_MakeAvailable(asio)
    set(WORKBOOK_ASIO_INCLUDE_USED ${asio_SOURCE_DIR}/include)
else()
    set(WORKBOOK_ASIO_INCLUDE_USED ${WORKBOOK_ASIO_INCLUDE})
endif()
target_include_directories(workbook_asio_headers SYSTEM INTERFACE ${WORKBOOK_ASIO_INCLUDE_USED})
# Defined for everything, so that precompiled headers fit everywhere.
add_compile_definitions(ASIO_STANDALONE ASIO_SEPARATE_COMPILATION)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    add_compile_definitions(ASIO_HAS_CO_AWAIT=1) # asio 1.22 does not see that clang has it
endif()

# fmt.
if(NOT TARGET fmt::fmt)
    find_package(fmt QUIET)
endif()
if(NOT TARGET fmt::fmt)
    message(STATUS "fmt is not installed: fetching it")
    FetchContent_Declare(fmt GIT_REPOSITORY https://github.com/fmtlib/fmt.git
        GIT_TAG 407c905e45ad75fc29bf0f9bb7c5c2fd3475976f) # 12.1.0
    FetchContent_MakeAvailable(fmt)
endif()
