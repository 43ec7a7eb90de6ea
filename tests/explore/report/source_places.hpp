// From addresses in the program to places in its source, with the help of binutils' addr2line.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

namespace explorer {

struct place {
    std::string file; // as in the debug information, without the source tree's own path
    int line = 0;
    std::string text; // of that line, without indentation; empty when it cannot be read
    std::string
        library; // the outermost standard header that the call went through, such as "future"

    bool in_class = false;   // called by a function that nobody wrote, such as a class's destructor
    std::string constructor; // of which it is a part, with its parameters; empty: of none

    bool known() const { return line != 0; }
};

/// The line of a class is that of a function which nobody wrote: who called it tells more.
bool is_of_class(const place& where);
std::string short_name(const place& where); // "queue.cpp:12"; empty: unknown

class source_places {
public:
    /// Asks addr2line about all of `addresses` (return addresses) at once.
    explicit source_places(const std::set<void*>& addresses);

    /// The innermost of the frames that is code of ours: no library, no hook.
    place of(void* const* frames, int count) const;

    /// All that are, from the innermost.
    std::vector<place> all(void* const* frames, int count) const;

    /// Why places are unknown; empty when all went well.
    const std::string& problem() const { return problem_; }

    /// The line that names the function which begins at the address; unknown where none does.
    place definition_of(void* begin, const std::string& name) const;

private:
    template <class Action>
    place until(void* const* frames, int count, const Action& is_wanted) const;

    struct frame {
        std::string file;
        int line;
        bool library; // a function of the standard library's
        std::string constructor;
    };
    static std::map<void*, std::vector<frame>> frames_; // inlined ones first; known so far
    std::string problem_;
};

/// Where the functions of that name are defined, in the whole program.
std::vector<place> functions_named(const std::string& name);

/// The global or static variable that lies at the address, "name" or "name+8"; empty when none
/// does.
std::string name_of_global(unsigned long address);

} // namespace explorer
