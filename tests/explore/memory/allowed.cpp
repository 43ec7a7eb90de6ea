// What several threads may use at once, though it is not written for that to the letter: the
// standard streams. Threads that write to one of them race on how it formats, in words of memory;
// but the standard says that they do not.
//
// SPDX-License-Identifier: MIT
#include "explore/memory/races.hpp"

#include <istream>
#include <ostream>

namespace std { // not <iostream>, which would initialize them
extern istream cin;
extern ostream cout;
extern ostream cerr;
extern ostream clog;
} // namespace std

namespace explorer::runtime {

bool may_be_shared(uintptr_t number)
{
    static const struct {
        const void* begin;
        size_t size;
    } streams[] = {{&std::cin, sizeof std::cin},
                   {&std::cout, sizeof std::cout},
                   {&std::cerr, sizeof std::cerr},
                   {&std::clog, sizeof std::clog}};
    for (const auto& one : streams) {
        const auto begin = reinterpret_cast<uintptr_t>(one.begin);
        if ((number << 3) - begin < one.size) {
            return true;
        }
    }
    return false;
}

} // namespace explorer::runtime
