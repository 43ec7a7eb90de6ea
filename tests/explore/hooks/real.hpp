// The definition that a hook stands in front of.
//
// SPDX-License-Identifier: MIT
#pragma once

namespace explorer::runtime {

// The next definition of `name` after the program's own, of that version if one is given.
void* next_definition(const char* name, const char* version = nullptr);

} // namespace explorer::runtime

// Defines real_NAME(), which finds it once. A constant-initialized static needs no guard, and so no
// call to a hook.
#define EXPLORER_REAL_VERSION(name, version)                                                       \
    static decltype(&::name) real_##name()                                                         \
    {                                                                                              \
        static constinit decltype(&::name) found = nullptr;                                        \
        if (found == nullptr) {                                                                    \
            found = reinterpret_cast<decltype(&::name)>(                                           \
                explorer::runtime::next_definition(#name, version));                               \
        }                                                                                          \
        return found;                                                                              \
    }
#define EXPLORER_REAL(name) EXPLORER_REAL_VERSION(name, nullptr)

// Begins the definition of a function that stands in front of the C++ library's of that mangled
// name, and is `name` here.
#define EXPLORER_IN_THE_LIBRARY(result, name, mangled, parameters)                                 \
    extern "C" result name parameters noexcept __asm__(mangled);                                   \
    static decltype(&name) real_##name()                                                           \
    {                                                                                              \
        static constinit decltype(&name) found = nullptr;                                          \
        if (found == nullptr) {                                                                    \
            found =                                                                                \
                reinterpret_cast<decltype(&name)>(explorer::runtime::next_definition(mangled));    \
        }                                                                                          \
        return found;                                                                              \
    }                                                                                              \
    extern "C" result name parameters noexcept
