// Races that happen inside the library: in code that is compiled into libstdc++, and in the C
// library's functions on memory and text.
//
// SPDX-License-Identifier: MIT
#include "explore/cases/cases.hpp"
#include "explore/explore.hpp"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iomanip>
#include <ios>
#include <list>
#include <map>
#include <mutex>
#include <ostream>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

namespace cases {
namespace {

// Both threads do this to the same object: without a lock, or with one.
template <bool Wrong, class Deed>
void by_two_threads(const Deed& deed)
{
    std::mutex mutex;
    const auto act = [&](int thread) {
        std::unique_lock lock(mutex, std::defer_lock);
        if constexpr (!Wrong) {
            lock.lock();
        }
        deed(thread);
    };
    std::thread other(act, 1);
    act(2);
    other.join();
}

template <bool Wrong>
void text_stream()
{
    std::ostringstream out;
    by_two_threads<Wrong>([&](int thread) { out << thread; });
    EXPLORE_REQUIRE(out.str().size() == 2);
}

// The text is read while the other one writes it.
template <bool Wrong>
void text_of_a_stream()
{
    std::ostringstream out;
    by_two_threads<Wrong>([&](int thread) {
        if (thread == 1) {
            out << "some words";
        } else {
            EXPLORE_REQUIRE(out.str().size() != 1);
        }
    });
}

// Only how it will write is changed, and asked.
template <bool Wrong>
void format_of_a_stream()
{
    std::ostringstream out;
    by_two_threads<Wrong>([&](int thread) {
        if (thread == 1) {
            out << std::setw(3);
        } else {
            EXPLORE_REQUIRE(out.width() != 1);
        }
    });
}

template <bool Wrong>
void streams_into_one_buffer()
{
    std::stringbuf buffer;
    by_two_threads<Wrong>([&](int thread) {
        std::ostream mine(&buffer);
        mine << "word " << thread << '\n';
    });
}

template <bool Wrong>
void reading_stream()
{
    std::istringstream in("1 2");
    by_two_threads<Wrong>([&](int) {
        int number = 0;
        in >> number;
    });
}

template <bool Wrong>
void lines_of_a_stream()
{
    std::istringstream in("one\ntwo\n");
    by_two_threads<Wrong>([&](int) {
        std::string line;
        std::getline(in, line);
        EXPLORE_REQUIRE(line.size() == 3);
    });
}

template <bool Wrong>
void words_into_one_string()
{
    std::string word;
    by_two_threads<Wrong>([&](int) {
        std::istringstream mine("word");
        mine >> word;
    });
}

template <bool Wrong>
void appended_string()
{
    std::string words;
    by_two_threads<Wrong>([&](int) { words += "some words that need memory of their own"; });
}

template <bool Wrong>
void map_insert()
{
    std::map<int, int> squares;
    by_two_threads<Wrong>([&](int thread) { squares.emplace(thread, thread * thread); });
    EXPLORE_REQUIRE(squares.size() == 2);
}

// The tree is turned by code in the library, and the elements that it turns are others than the
// one that is looked at.
template <bool Wrong>
void map_turned()
{
    std::map<int, int> squares;
    for (int i = 0; i < 2; ++i) {
        squares.emplace(i, i * i);
    }
    const std::pair<const int, int>& first = *squares.begin();
    by_two_threads<Wrong>([&](int thread) {
        if (thread == 1) {
            squares.emplace(2, 4); // now 1 is at the root, and 0 below it
        } else {
            EXPLORE_REQUIRE(std::next(squares.begin())->first == 1);
        }
    });
    EXPLORE_REQUIRE(first.second == 0);
}

template <bool Wrong>
void list_push()
{
    std::list<int> numbers;
    by_two_threads<Wrong>(
        [&](int thread) { thread == 1 ? numbers.push_back(thread) : numbers.push_front(thread); });
}

template <bool Wrong>
void hash_insert()
{
    std::unordered_map<int, int> squares;
    by_two_threads<Wrong>([&](int thread) { squares.emplace(thread, thread * thread); });
    EXPLORE_REQUIRE(squares.size() == 2);
}

template <bool Wrong>
void vector_push()
{
    std::vector<int> numbers;
    by_two_threads<Wrong>([&](int thread) { numbers.push_back(thread); });
    EXPLORE_REQUIRE(numbers.size() == 2);
}

template <bool Wrong>
void text_appended()
{
    char words[64] = "";
    by_two_threads<Wrong>([&](int) { std::strcat(words, "word "); });
    EXPLORE_REQUIRE(std::strlen(words) == 10);
}

// One thread writes, in whatever way, what the other one reads, in whatever way.
template <bool Wrong, class Writing, class Reading>
void text_written_and_read(const Writing& writing, const Reading& reading)
{
    char words[64] = "some words";
    char number[16] = "17";
    by_two_threads<Wrong>([&](int thread) {
        if (thread == 1) {
            writing(words, number);
        } else {
            EXPLORE_REQUIRE(reading(words));
        }
    });
}

template <bool Wrong>
void text_copied()
{
    text_written_and_read<Wrong>([](char* to, const char* from) { std::strcpy(to, from); },
                                 [](const char* text) { return std::strlen(text) != 1; });
}
template <bool Wrong>
void text_copied_in_part()
{
    text_written_and_read<Wrong>([](char* to, const char* from) { std::strncpy(to, from, 8); },
                                 [](const char* text) { return std::strcmp(text, "a") != 0; });
}
template <bool Wrong>
void text_printed()
{
    text_written_and_read<Wrong>(
        [](char* to, const char* from) { std::snprintf(to, 64, "%s and %d", from, 3); },
        [](const char* text) { return std::strchr(text, '%') == nullptr; });
}
template <bool Wrong>
void text_printed_of_any_length()
{
    text_written_and_read<Wrong>(
        [](char* to, const char* from) { std::sprintf(to, "%s", from); },
        [](const char* text) { return std::strstr(text, "%") == nullptr; });
}
template <bool Wrong>
void memory_looked_through()
{
    text_written_and_read<Wrong>(
        [](char* to, const char*) { to[0] = 'S'; },
        [](const char* text) { return std::memchr(text, 'w', 10) != nullptr; });
}
template <bool Wrong>
void printed_from_shared_text()
{
    text_written_and_read<Wrong>([](char* to, const char*) { to[1] = 'u'; },
                                 [](const char* text) {
                                     char mine[64];
                                     std::snprintf(mine, sizeof mine, "<%s>", text);
                                     return std::strlen(mine) > 3;
                                 });
}
template <bool Wrong>
void number_in_a_text()
{
    text_written_and_read<Wrong>([](char* to, const char*) { to[0] = '7'; },
                                 [](const char* text) { return std::atoi(text) != 1; });
}
template <bool Wrong>
void found_in_a_string()
{
    std::string words = "some words that need memory of their own";
    by_two_threads<Wrong>([&](int thread) {
        if (thread == 1) {
            words[0] = 'S';
        } else {
            EXPLORE_REQUIRE(words.find('w') == 5);
        }
    });
}

// strtok() keeps its place in the text in a variable of its own.
template <bool Wrong>
void text_taken_apart()
{
    by_two_threads<Wrong>([&](int) {
        char words[] = "one two";
        int count = 0;
        for (char* word = std::strtok(words, " "); word != nullptr;
             word = std::strtok(nullptr, " ")) {
            ++count;
        }
        EXPLORE_REQUIRE(count == 2);
    });
}

// A shared object with a count of those who use it, written by hand.
template <class Count>
struct counted {
    Count users = 1;
    int value = 7;
};

// The count is a plain number.
template <bool Wrong>
void plain_reference_count()
{
    using count = std::conditional_t<Wrong, int, std::atomic<int>>;
    auto* shared = new counted<count>;
    ++shared->users;
    const auto use = [shared] {
        EXPLORE_REQUIRE(shared->value == 7);
        if (--shared->users == 0) {
            delete shared;
        }
    };
    std::thread other(use);
    use();
    other.join();
}

// Who takes the count down to zero must know of what the others have done before.
template <bool Wrong>
void relaxed_reference_count()
{
    auto* shared = new counted<std::atomic<int>>;
    shared->users = 2;
    const auto use = [shared] {
        EXPLORE_REQUIRE(shared->value == 7);
        constexpr auto order = Wrong ? std::memory_order_relaxed : std::memory_order_acq_rel;
        if (shared->users.fetch_sub(1, order) == 1) {
            delete shared;
        }
    };
    std::thread other(use);
    use();
    other.join();
}

// The count is taken up by whoever gets it, too late: nobody may be left by then.
template <bool Wrong>
void counted_too_late()
{
    auto* shared = new counted<std::atomic<int>>;
    const auto leave = [shared] {
        if (--shared->users == 0) {
            delete shared;
        }
    };
    if (!Wrong) {
        ++shared->users;
    }
    std::thread other([&] {
        if (Wrong) {
            ++shared->users;
        }
        leave();
    });
    leave();
    other.join();
}

} // namespace

std::vector<twin> of_library()
{
#define TWIN(name, mistake)                                                                        \
    {                                                                                              \
#name, mistake, name < true>, name < false>                                                \
    }
    return {
        TWIN(text_stream, "two threads write to one std::ostringstream"),
        TWIN(text_of_a_stream, "a thread asks for a stream's text while another writes"),
        TWIN(format_of_a_stream, "a stream's format is set and read"),
        TWIN(streams_into_one_buffer, "two streams share a buffer"),
        TWIN(reading_stream, "two threads read from one std::istringstream"),
        TWIN(lines_of_a_stream, "two threads take lines from one stream"),
        TWIN(words_into_one_string, "two streams are read into one string"),
        TWIN(appended_string, "two threads append to one string"),
        TWIN(map_insert, "two threads insert into one map"),
        TWIN(map_turned, "a map is walked through while it is changed"),
        TWIN(list_push, "two threads push into one list"),
        TWIN(hash_insert, "two threads insert into one hash table"),
        TWIN(vector_push, "two threads push into one vector"),
        TWIN(text_appended, "two threads strcat() to one text"),
        TWIN(text_copied, "strcpy() and strlen()"),
        TWIN(text_copied_in_part, "strncpy() and strcmp()"),
        TWIN(text_printed, "snprintf() and strchr()"),
        TWIN(text_printed_of_any_length, "sprintf() and strstr()"),
        TWIN(memory_looked_through, "memchr() beside a write"),
        TWIN(printed_from_shared_text, "snprintf() reads what another thread writes"),
        TWIN(number_in_a_text, "atoi() beside a write"),
        TWIN(found_in_a_string, "find() beside a write"),
        TWIN(text_taken_apart, "two threads use strtok()"),
        TWIN(plain_reference_count, "a count of references is a plain number"),
        TWIN(relaxed_reference_count, "a count of references is relaxed"),
        TWIN(counted_too_late, "a reference is counted by whoever gets it"),
    };
#undef TWIN
}

} // namespace cases
