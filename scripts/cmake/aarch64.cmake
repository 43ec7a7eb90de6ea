# A toolchain for 64-bit Arm on another machine: Debian's cross compiler, and qemu to run what it makes.
# scripts/tool/author/arm_check.py says how it is used.
#
# SPDX-License-Identifier: MIT
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64-static -L /usr/aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH /usr/aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
foreach(linker MOLD LLD) # gcc does not find them for another processor
    set(WORKBOOK_${linker} "" CACHE FILEPATH "")
endforeach()
