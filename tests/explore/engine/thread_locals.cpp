// The thread_local variables of judged code: where they are, what a new thread finds in them, and
// their values while the thread that they belong to does not run. See engine.hpp.
//
// The kernel's threads have them at the top of their stacks. Those of contexts are all at the top
// of T0's, in turn. What looks at addresses is given others, at the tops of the contexts' own
// stacks (own_address()). What cannot be had is that one thread uses another one's variable; so
// whoever stores the address of one where another thread could read it needs real threads.
//
// SPDX-License-Identifier: MIT
#include "explore/engine/engine.hpp"
#include "explore/runtime.hpp"

#include <errno.h>
#include <link.h>
#include <string.h>

namespace explorer::runtime {
namespace {

constexpr int most_blocks = 64;

// Those of one module: the program itself, the C++ library ...
struct block {
    ptrdiff_t place; // from the thread pointer; the same in each thread
    size_t size;
    const void* values; // in a new thread: so many bytes ...
    size_t given;       // ... and zeros up to the size
};
block blocks[most_blocks];
int block_count;
size_t size_of_all;
uintptr_t lowest; // of the C library's, too

char* place_of(const block& one)
{
    return static_cast<char*>(__builtin_thread_pointer()) + one.place;
}

// Those of the C library keep the values that the kernel's thread gives them: its malloc, for one,
// must not find that it has gone back in time.
bool is_judged(uintptr_t place, size_t size)
{
    return reinterpret_cast<uintptr_t>(&errno) - place >= size;
}

int add_block(dl_phdr_info* module, size_t, void*)
{
    for (int i = 0; i < module->dlpi_phnum; ++i) {
        const auto& part = module->dlpi_phdr[i];
        const auto place = reinterpret_cast<uintptr_t>(module->dlpi_tls_data);
        if (part.p_type != PT_TLS || !on_stack_of(0, place)) {
            continue;
        }
        lowest = place < lowest ? place : lowest;
        if (is_judged(place, part.p_memsz)) {
            if (block_count == most_blocks) {
                fail("too big", "more than %d libraries with thread_local variables", most_blocks);
            }
            blocks[block_count++] = {
                static_cast<char*>(module->dlpi_tls_data) -
                    static_cast<char*>(__builtin_thread_pointer()),
                part.p_memsz, reinterpret_cast<const void*>(module->dlpi_addr + part.p_vaddr),
                part.p_filesz};
            size_of_all += part.p_memsz;
        }
    }
    return 0;
}

// They are few, mostly: not worth a call to memcpy().
using some = uint64_t __attribute__((may_alias, aligned(1)));

template <class T>
inline void exchange(char*& to, char*& here, const char*& from)
{
    *reinterpret_cast<T*>(to) = *reinterpret_cast<T*>(here);
    *reinterpret_cast<T*>(here) = *reinterpret_cast<const T*>(from);
    to += sizeof(T);
    here += sizeof(T);
    from += sizeof(T);
}

void write_fresh(char* to, const block& one)
{
    memcpy(to, one.values, one.given);
    memset(to + one.given, 0, one.size - one.given);
}

} // namespace

memory_range shared_place{};

void find_thread_locals()
{
    block_count = 0;
    size_of_all = 0;
    lowest = UINTPTR_MAX;
    dl_iterate_phdr(add_block, nullptr);
}

void share_place_of_thread_locals()
{
    // They end where the thread's handle points to, on x86-64; that is no address of theirs.
    shared_place = {lowest, reinterpret_cast<uintptr_t>(__builtin_thread_pointer()) - lowest};
}

uintptr_t lowest_thread_local(int id)
{
    if (lowest == UINTPTR_MAX || (id != 0 && carrier == &contexts_engine)) {
        return 0;
    }
    return lowest + (lowest_of_stack(id) - lowest_of_stack(0));
}

void reset_thread_locals()
{
    for (int i = 0; i < block_count; ++i) {
        write_fresh(place_of(blocks[i]), blocks[i]);
    }
}

void* make_room_for_thread_locals()
{
    void* room = map_table(size_of_all + 1);
    char* to = static_cast<char*>(room);
    for (int i = 0; i < block_count; ++i) {
        write_fresh(to, blocks[i]);
        to += blocks[i].size;
    }
    return room;
}

void exchange_thread_locals(void* left, const void* entered)
{
    char* to = static_cast<char*>(left);
    const char* from = static_cast<const char*>(entered);
    for (int i = 0; i < block_count; ++i) {
        char* here = place_of(blocks[i]);
        size_t rest = blocks[i].size;
        for (; rest >= sizeof(some); rest -= sizeof(some)) {
            exchange<some>(to, here, from);
        }
        for (; rest > 0; --rest) {
            exchange<char>(to, here, from);
        }
    }
}

} // namespace explorer::runtime
