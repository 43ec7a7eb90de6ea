// What the library lets several threads share, though it keeps state.
//
// SPDX-License-Identifier: MIT
#include "explore/cases/right/programs.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iomanip>
#include <iostream>
#include <locale>
#include <map>
#include <mutex>
#include <sstream>
#include <string>

namespace cases {
namespace {

// The standard streams may be shared, for all that their letters may come mixed.
void standard_streams()
{
    by_two([] { std::clog << std::setw(0) << "" << std::flush; },
           [] {
               std::clog.write("", 0);
               std::cout << std::hex << std::setw(0) << "" << std::dec;
               EXPLORE_REQUIRE(std::cout.good());
           });
    by_all(2, [](int) { std::cout << std::setw(0) << "" << std::flush; });
}

void a_stream_for_each()
{
    by_all(3, [](int thread) {
        std::ostringstream mine;
        mine << std::setw(4) << std::setfill('0') << thread << ' ' << 1.5 << std::endl;
        EXPLORE_REQUIRE(mine.str() == "000" + std::to_string(thread) + " 1.5\n");
        std::istringstream again(mine.str());
        int number = -1;
        double fraction = 0;
        EXPLORE_REQUIRE((again >> number >> fraction) && number == thread && fraction == 1.5);
    });
}

void a_stream_passed_on()
{
    std::ostringstream out;
    std::thread first([&] { out << "one "; });
    first.join();
    std::thread second([&] { out << "two"; });
    second.join();
    EXPLORE_REQUIRE(out.str() == "one two");
}

void a_buffer_for_each()
{
    char text[2][32] = {};
    by_all(2, [&](int thread) {
        char* mine = text[thread];
        std::strcpy(mine, "a");
        std::strncat(mine, "bcd", 2);
        std::snprintf(mine + 3, 20, "%d%s", thread, "x");
        EXPLORE_REQUIRE(std::strlen(mine) == 5);
        EXPLORE_REQUIRE(std::strchr(mine, 'c') == mine + 2);
    });
}

// Their bytes are neighbors, in one word.
void halves_of_one_text()
{
    char text[9] = "aaabbbcc";
    by_two([&] { std::memcpy(text, "xyz", 3); },
           [&] {
               EXPLORE_REQUIRE(std::memchr(text + 3, 'c', 5) == text + 6);
               EXPLORE_REQUIRE(std::strlen(text + 3) == 5);
           });
}

// Of a bounded text no more is read than the bound, and of one that is found no more than up to
// there.
void read_up_to_the_end()
{
    char text[8] = "ab:cd";
    by_two([&] { text[5] = 'e'; },
           [&] {
               EXPLORE_REQUIRE(std::strchr(text, ':') == text + 2);
               EXPLORE_REQUIRE(std::strncmp(text, "ab:", 3) == 0);
               EXPLORE_REQUIRE(strnlen(text, 4) == 4);
               char mine[8] = "";
               std::strncpy(mine, text, 5);
               std::snprintf(mine, sizeof mine, "%.3s", text);
               EXPLORE_REQUIRE(std::strcmp(mine, "ab:") == 0);
           });
}

void messages_of_errors()
{
    by_all(2, [](int) { EXPLORE_REQUIRE(std::string(std::strerror(ENOENT)).size() > 3); });
}

void a_map_read_by_all()
{
    std::map<std::string, int> numbers;
    for (int i = 0; i < 9; ++i) {
        numbers[std::to_string(i)] = i;
    }
    by_all(3, [&](int thread) {
        int sum = 0;
        for (const auto& [name, number] : numbers) {
            sum += number;
        }
        EXPLORE_REQUIRE(sum == 36 && numbers.at("4") == 4 && numbers.count("x") == 0);
        EXPLORE_REQUIRE(numbers.lower_bound(std::to_string(thread)) != numbers.end());
    });
}

// So large that putting in and taking out takes steps, between which another does the same.
template <int Count>
void a_map_for_each()
{
    by_all(2, [](int thread) {
        std::map<int, int> mine;
        for (int i = 0; i < Count; ++i) {
            mine[i * 7 % Count] = thread;
        }
        for (int i = 0; i < Count; i += 2) {
            mine.erase(i);
        }
        EXPLORE_REQUIRE(mine.size() == Count / 2);
    });
}

explorer::options with_plain_points()
{
    explorer::options chosen;
    chosen.plain_points = true;
    return chosen;
}

// A locale keeps what it knows of its facets when it is first used, whoever comes first.
void a_locale_shared_by_streams()
{
    const std::locale with_facet(std::locale::classic(), new std::numpunct<char>);
    by_all(2, [&](int) {
        std::ostringstream mine;
        mine.imbue(with_facet);
        mine << 1000;
        EXPLORE_REQUIRE(mine.str() == "1000");
        std::istringstream again("1000");
        again.imbue(with_facet);
        int number = 0;
        EXPLORE_REQUIRE((again >> number) && number == 1000);
    });
}

// Each letter of a format stands for a value, but for some.
void values_to_print()
{
    by_all(2, [](int) {
        const char* volatile format = "%lc%C%S%%%s%m";
        char mine[64] = "";
        std::snprintf(mine, sizeof mine, format, L'a', L'b', L"c", "d");
        EXPLORE_REQUIRE(std::strncmp(mine, "abc%d", 5) == 0);
#if __GLIBC_PREREQ(2, 35)
        format = "%b%s";
        std::snprintf(mine, sizeof mine, format, 5, "d");
        EXPLORE_REQUIRE(std::strcmp(mine, "101d") == 0);
#endif
    });
}

} // namespace

std::vector<right_program> right_with_the_library()
{
    return {
        {"standard_streams", standard_streams},
        {"a_stream_for_each", a_stream_for_each},
        {"a_stream_passed_on", a_stream_passed_on},
        {"a_buffer_for_each", a_buffer_for_each},
        {"halves_of_one_text", halves_of_one_text},
        {"read_up_to_the_end", read_up_to_the_end},
        {"messages_of_errors", messages_of_errors},
        {"a_map_read_by_all", a_map_read_by_all},
        {"a_map_for_each", a_map_for_each<150>},
        {"a_map_for_each_by_steps", a_map_for_each<12>, with_plain_points()},
        {"a_locale_shared", a_locale_shared_by_streams},
        {"values_to_print", values_to_print},
    };
}

} // namespace cases
