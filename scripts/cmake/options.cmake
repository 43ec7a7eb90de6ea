# What can be chosen at configure time, and the flags that everything is compiled with.
#
# SPDX-License-Identifier: MIT

option(WORKBOOK_INSTRUCTOR
    "Also judge solutions, wrong and right answers, fresh and half-filled stubs" OFF)
# In a handout for students the solutions are sealed (scripts/tool/course/seal.py).
set(WORKBOOK_HANDOUT OFF)
if(EXISTS ${CMAKE_SOURCE_DIR}/solutions/.sealed)
    set(WORKBOOK_HANDOUT ON)
    if(WORKBOOK_INSTRUCTOR)
        message(FATAL_ERROR "This is a handout for students: the preset instructor needs all of the "
                            "workbook.")
    endif()
endif()
option(WORKBOOK_OWN_GREENLET
    "Exercises that use the reference greenlets run on exercises/ex11_greenlet instead" OFF)
set(WORKBOOK_SANITIZE "" CACHE STRING "Empty, address or thread; builds without the explorer")
set_property(CACHE WORKBOOK_SANITIZE PROPERTY STRINGS "" address thread)

if(NOT CMAKE_SYSTEM_NAME STREQUAL "Linux")
    message(FATAL_ERROR "The workbook runs on Linux. Elsewhere, use the container in .devcontainer/.")
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 12
   OR CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 16)
    message(FATAL_ERROR "${CMAKE_CXX_COMPILER} is too old: g++ 12 or clang++ 16 is needed. "
                        "Choose another with CXX=... and a fresh build folder.")
endif()
if(NOT WORKBOOK_SANITIZE MATCHES "^(|address|thread)$")
    message(FATAL_ERROR "WORKBOOK_SANITIZE is '${WORKBOOK_SANITIZE}': use address, thread or nothing.")
endif()
if(CMAKE_CXX_FLAGS MATCHES "-fsanitize")
    message(FATAL_ERROR "CMAKE_CXX_FLAGS holds -fsanitize, which would switch the explorer off "
                        "unnoticed. Use the presets asan and tsan instead.")
endif()

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON) # clangd looks for it in build/
# COST of the project's own checks that take a minute or more: ctest begins with them, else one core
# would wait for the last of them.
set(WORKBOOK_LONG 100)

# Binary folders are full paths to ctest; relative ones would confuse the locks.
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

# __FILE__ and std::source_location give paths that a student can open.
# An instructor's many checkers have what reports need of it, the lines; a student's what gdb does.
set(WORKBOOK_DEBUG_INFO -g)
if(WORKBOOK_INSTRUCTOR)
    set(WORKBOOK_DEBUG_INFO -g1)
endif()
add_compile_options(-Wall -Wextra ${WORKBOOK_DEBUG_INFO}
    -fmacro-prefix-map=${CMAKE_SOURCE_DIR}/=
    -fmacro-prefix-map=${CMAKE_BINARY_DIR}/answers/=)
# One size of counting_semaphore everywhere, and the one whose waits the explorer controls.
add_compile_definitions(_GLIBCXX_USE_POSIX_SEMAPHORE=1)

find_package(Threads REQUIRED)
# ${Python3_EXECUTABLE} ${WORKBOOK_TOOL} NAME ARGUMENTS... runs a program of the tool.
set(WORKBOOK_TOOL ${CMAKE_SOURCE_DIR}/scripts/tool/__main__.py)
# CMake's own search runs Python nine times, longer than the rest of configuring takes. What is on PATH
# may be a script that looks for the interpreter, each time anew (pyenv's is).
find_program(Python3_EXECUTABLE python3 REQUIRED)
execute_process(COMMAND ${Python3_EXECUTABLE} -S -E -c
        "import sys; print(sys.executable); sys.exit(sys.version_info < (3, 9))"
    OUTPUT_VARIABLE interpreter OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE unfit)
if(NOT unfit STREQUAL "0")
    message(FATAL_ERROR "${Python3_EXECUTABLE} does not work, or is older than 3.9: give another with "
                        "-DPython3_EXECUTABLE=...")
elseif(EXISTS "${interpreter}")
    set(Python3_EXECUTABLE ${interpreter})
endif()

if(WORKBOOK_SANITIZE STREQUAL "address")
    # Not vptr: it makes a pipe to look at an object, and calls the object bad when there are no
    # descriptors left, which some cases see to.
    add_compile_options(-fsanitize=address,undefined -fno-sanitize=vptr
                        -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
    add_link_options(-fsanitize=address,undefined)
elseif(WORKBOOK_SANITIZE STREQUAL "thread")
    add_compile_options(-fsanitize=thread)
    add_link_options(-fsanitize=thread)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        add_compile_options(-Wno-tsan) # fences, in asio, are not understood; known and harmless
    endif()
endif()

# The fastest linker that is there.
find_program(WORKBOOK_MOLD mold)
find_program(WORKBOOK_LLD NAMES ld.lld)
find_program(WORKBOOK_GOLD NAMES ld.gold)
mark_as_advanced(WORKBOOK_MOLD WORKBOOK_LLD WORKBOOK_GOLD)
if(WORKBOOK_MOLD)
    add_link_options(-fuse-ld=mold)
elseif(WORKBOOK_LLD)
    add_link_options(-fuse-ld=lld)
elseif(WORKBOOK_GOLD)
    add_link_options(-fuse-ld=gold)
endif()
