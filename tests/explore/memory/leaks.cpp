// Looking for leaks, as LeakSanitizer does: whatever looks like an address of a piece of memory
// leads to that piece, and what nothing leads to is lost. The search begins with all memory that
// can be written and outlives the execution: global and static variables, those of each thread,
// what was allocated before, the stacks of whoever called explore(). The explorer's own memory is
// left out. So are the stacks of this execution's threads, which are all over.
//
// SPDX-License-Identifier: MIT
#include "explore/memory/leaks.hpp"

#include "explore/engine/engine.hpp"
#include "explore/hooks/system_calls.hpp"
#include "explore/runtime.hpp"
#include "explore/world/state.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace explorer::runtime {
namespace {

constexpr int most_pieces = 1 << 14;
constexpr int most_own = 128;
constexpr size_t size_of_maps = size_t{1} << 20;

struct memory_part {
    uintptr_t begin, end;
};

piece_left* pieces;
int piece_count;
int* found; // pieces whose own contents are still to be looked at
int found_count;
const piece_left* looked_at; // whose contents these are; null: of what lives on
memory_part own[most_own];
int own_count;
char* maps;

piece_left* piece_at(uintptr_t address)
{
    int low = 0;
    int high = piece_count;
    while (low < high) {
        const int middle = (low + high) / 2;
        if (pieces[middle].end <= address) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < piece_count && pieces[low].begin <= address ? &pieces[low] : nullptr;
}

void look_at(uintptr_t begin, uintptr_t end)
{
    for (uintptr_t at = (begin + 7) & ~uintptr_t{7}; at + 8 <= end; at += 8) {
        const uintptr_t value = *reinterpret_cast<const uintptr_t*>(at);
        if (!is_of_heap(reinterpret_cast<const void*>(value))) {
            continue;
        }
        piece_left* there = piece_at(value);
        if (there == nullptr || there == looked_at) {
            continue;
        }
        there->led_to = there->led_to || looked_at != nullptr;
        if (looked_at == nullptr || looked_at->reachable) {
            if (!there->reachable) {
                there->reachable = true;
                found[found_count++] = static_cast<int>(there - pieces);
            }
        }
    }
}

// Pages that nobody has touched need no look, and shall not come to be by it.
void look_at_touched(uintptr_t begin, uintptr_t end)
{
    const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
    constexpr uintptr_t most_pages = 4096;
    static unsigned char touched[most_pages];
    while (begin < end) {
        const uintptr_t first = begin & ~(page - 1);
        const uintptr_t last = end - first < most_pages * page ? end : first + most_pages * page;
        if (system_call(SYS_mincore, static_cast<long>(first), static_cast<long>(last - first),
                        reinterpret_cast<long>(touched)) != 0) {
            memset(touched, 1, most_pages); // nobody can tell
        }
        for (uintptr_t at = first; at < last; at += page) {
            if ((touched[(at - first) / page] & 1) != 0) {
                look_at(at < begin ? begin : at, at + page < last ? at + page : last);
            }
        }
        begin = last;
    }
}

// Without the explorer's own memory.
void look_at_others(uintptr_t begin, uintptr_t end)
{
    for (;;) {
        memory_part next = {end, end};
        for (int i = 0; i < own_count; ++i) {
            if (own[i].end > begin && own[i].begin < next.begin) {
                next = own[i];
            }
        }
        look_at_touched(begin, next.begin < begin ? begin : next.begin);
        if (next.begin >= end || next.end >= end) {
            return;
        }
        begin = next.end;
    }
}

bool is_writable(const char* rights) // " rw-p", " rwxp"; what is shared is no variable
{
    return strncmp(rights, " rw", 3) == 0 && rights[3] != '\0' && rights[4] == 'p';
}

// Reads what the kernel says of this process's memory: lines such as "7f00-7f80 rw-p ...".
void look_at_all_writable()
{
    const long file = system_call(SYS_openat, AT_FDCWD, reinterpret_cast<long>("/proc/self/maps"),
                                  O_RDONLY | O_CLOEXEC);
    size_t size = 0;
    for (long part = 1; file >= 0 && part > 0 && size < size_of_maps - 1; size += part) {
        part = system_call(SYS_read, file, reinterpret_cast<long>(maps) + static_cast<long>(size),
                           static_cast<long>(size_of_maps - 1 - size));
        part = part < 0 ? 0 : part;
    }
    system_call(SYS_close, file);
    maps[size] = '\0';
    char* line = maps;
    while (*line != '\0') {
        char* at = line;
        const uintptr_t begin = strtoul(at, &at, 16);
        const uintptr_t end = strtoul(at + 1, &at, 16);
        if (is_writable(at)) {
            look_at_others(begin, end);
        }
        line = strchrnul(at, '\n');
        line += *line == '\n';
    }
}

// The thread_local variables that lie at the tops of the stacks; the rest of these is over.
void look_at_thread_locals()
{
    for (int i = 0; i < run.thread_count; ++i) {
        const uintptr_t variables = lowest_thread_local(i);
        if (variables != 0) {
            look_at(variables, lowest_of_stack(i) + stack_size);
        }
    }
}

void find_reachable()
{
    found_count = 0;
    looked_at = nullptr;
    look_at_all_writable();
    look_at_thread_locals();
    look_at_survivors(look_at);
    while (found_count > 0) {
        looked_at = &pieces[found[--found_count]];
        look_at(looked_at->begin, looked_at->end);
    }
    // Now the lost ones, to tell which of them leads to which.
    for (int i = 0; i < piece_count; ++i) {
        if (!pieces[i].reachable) {
            looked_at = &pieces[i];
            look_at(looked_at->begin, looked_at->end);
        }
    }
}

[[noreturn]] void fail_leak(const piece_left& first, int count)
{
    const size_t size = first.end - first.begin;
    if (first.event != 0) {
        event& made = book->log[first.event];
        made.what = op::io;
        made.shown = true;
        snprintf(made.text, sizeof made.text, "allocates %zu bytes", size);
    }
    char others[80] = "";
    if (count > 1) {
        snprintf(others, sizeof others, "; %d more piece%s of memory %s lost, too", count - 1,
                 count > 2 ? "s" : "", count > 2 ? "are" : "is");
    }
    fail_at(first.event, 0, "leak",
            "%zu bytes that T%d allocated are never given back, and %s leads to them any more%s",
            size, first.by, first.led_to ? "only other lost memory" : "nothing", others);
}

} // namespace

void note_own_memory(const void* begin, size_t size)
{
    if (own_count < most_own) {
        const auto from = reinterpret_cast<uintptr_t>(begin);
        own[own_count++] = {from, from + size};
    }
}

void fail_if_memory_leaks()
{
    if (!book->plan.leaks) {
        return;
    }
    if (pieces == nullptr) {
        pieces = static_cast<piece_left*>(map_table(sizeof(piece_left) * most_pieces));
        found = static_cast<int*>(map_table(sizeof(int) * most_pieces));
        maps = static_cast<char*>(map_table(size_of_maps));
        note_own_memory(&run, sizeof run);
        note_own_memory(world::files, sizeof world::files);
    }
    piece_count = list_pieces_left(pieces, most_pieces);
    if (piece_count == 0 || piece_count > most_pieces) {
        return; // so many that which leads to which would be half the truth
    }
    for (int i = 0; i < run.thread_count; ++i) {
        if (run.threads[i].was_process) { // whose memory would be gone with it
            return;
        }
    }
    find_reachable();
    const piece_left* first = nullptr;
    int lost = 0;
    for (int i = 0; i < piece_count; ++i) {
        const piece_left& one = pieces[i];
        if (!one.reachable) {
            ++lost;
            if (first == nullptr || (first->led_to && !one.led_to)) {
                first = &one;
            }
        }
    }
    if (first != nullptr) {
        fail_leak(*first, lost);
    }
}

} // namespace explorer::runtime
