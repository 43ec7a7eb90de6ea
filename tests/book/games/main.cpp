// Runs one of the book's small cases, for scripts/tool/book/games.py, which records its schedules
// by WORKBOOK_REPLAY and WORKBOOK_STOP. The explorer tells of schedules that fail only: so that all
// of them are told, a schedule in which everything holds fails when it has ended.
//
// SPDX-License-Identifier: MIT
#include "book/games/games.hpp"
#include "explore/explore.hpp"

#include <cstdio>
#include <map>
#include <string>

int main(int count, char** arguments)
{
    const std::map<std::string, void (*)()> games{
        {"lost_count", lost_count},
        {"lost_wakeup", lost_wakeup},
        {"lock_order", lock_order},
        {"lost_cancel", lost_cancel},
    };
    const auto game = count == 2 ? games.find(arguments[1]) : games.end();
    if (game == games.end()) {
        std::fputs("usage: book_games NAME, of a file in tests/book/games\n", stderr);
        return 2;
    }
    const auto record = [&] {
        game->second();
        constexpr bool told = false;
        EXPLORE_REQUIRE(told);
    };
    std::puts(explorer::search(record).report.c_str());
    return 0;
}
