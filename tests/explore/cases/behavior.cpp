// SPDX-License-Identifier: MIT
#include "explore/cases/behavior.hpp"

#include "explore/cases/behavior/check.hpp"

#include <cstdio>

namespace cases {
namespace {

std::vector<check> all_checks()
{
    std::vector<check> all;
    for (const auto& some :
         {checks_of_library(), checks_of_threads(), checks_of_kernels_threads(), checks_of_memory(),
          checks_of_spinning(), checks_of_time(), checks_of_failures(), checks_of_outside(),
          checks_of_network(), checks_of_processes(), checks_of_searching(), checks_of_reports(),
          checks_of_causes(), checks_of_older_values(), checks_of_what_is_left()}) {
        all.insert(all.end(), some.begin(), some.end());
    }
    return all;
}

} // namespace

int check_behavior(const std::string& name)
{
    int broken_promises = 0;
    int checked = 0;
    std::string once_more; // at the end: of a long output only that is shown
    for (const check& one : all_checks()) {
        if (!name.empty() && name != one.name) {
            continue;
        }
        ++checked;
        std::string outcome = "ok";
        try {
            one.run();
        } catch (const broken& why) {
            outcome = std::string("BROKEN: ") + why.what();
            ++broken_promises;
            once_more += one.name + (" " + outcome) + "\n";
        }
        std::printf("%-26s %s\n", one.name, outcome.c_str());
        std::fflush(stdout);
    }
    if (checked == 0) {
        throw std::invalid_argument("no check '" + name + "'");
    }
    std::printf("%d of %d checks are broken\n%s", broken_promises, checked, once_more.c_str());
    return broken_promises;
}

} // namespace cases
