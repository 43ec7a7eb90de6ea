# Catch2, asio and fmt for another processor: this machine's headers, which are the same there, without
# its C library's.
#
# SPDX-License-Identifier: MIT
set(headers ${CMAKE_BINARY_DIR}/headers)
file(MAKE_DIRECTORY ${headers})
foreach(name catch2 asio asio.hpp fmt)
    if(NOT EXISTS /usr/include/${name})
        message(FATAL_ERROR "/usr/include/${name} is needed: apt-get install catch2 libasio-dev libfmt-dev")
    endif()
    file(CREATE_LINK /usr/include/${name} ${headers}/${name} SYMBOLIC)
endforeach()
foreach(package Catch2::Catch2 fmt::fmt)
    add_library(${package} INTERFACE IMPORTED GLOBAL)
    target_include_directories(${package} SYSTEM INTERFACE ${headers})
endforeach()
target_compile_definitions(fmt::fmt INTERFACE FMT_HEADER_ONLY)
set(WORKBOOK_ASIO_INCLUDE ${headers})
