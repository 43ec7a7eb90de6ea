// The objects of an execution that have an address and are synchronized on, in a hash table; and
// what two kinds of hooks do with one that initializes something once.
//
// SPDX-License-Identifier: MIT
#include "explore/memory/leaks.hpp"
#include "explore/runtime.hpp"
#include "explore/strategies/dependence.hpp"

#include <string.h>

namespace explorer::runtime {
namespace {

constexpr int object_slots = 1 << 15;

object objects[object_slots];
int object_count = 0;

object* slot_for(uintptr_t address)
{
    uintptr_t at = (address * 0x9e3779b97f4a7c15u) >> 40;
    for (int tried = 0; tried < object_slots; ++tried, ++at) {
        object* slot = &objects[at & (object_slots - 1)];
        if (slot->execution != run.number || slot->address == address) {
            return slot;
        }
    }
    fail("too big", "more than %d mutexes and atomics in one schedule: make the body smaller",
         object_slots);
}

bool holds_state(sort is)
{
    return is != sort::atomic && is != sort::once && is != sort::guard;
}

} // namespace

void begin_objects()
{
    static constinit bool first = true;
    if (first) {
        first = false;
        note_own_memory(objects, sizeof objects);
    }
    object_count = 0;
}

uint64_t word_key_of(const object& one)
{
    return one.address >> 3;
}

object* object_at(const void* pointer, sort is)
{
    const uintptr_t address = own_address(reinterpret_cast<uintptr_t>(pointer));
    object* found = slot_for(address);
    const bool fresh = found->execution != run.number;
    // Another kind of object at the same address, such as a later local variable: a new object.
    if (fresh || (found->is != is && (holds_state(is) || holds_state(found->is)))) {
        memset(found, 0, sizeof *found);
        found->address = address;
        found->execution = run.number;
        found->owner = -1;
        found->is = is;
        found->number = static_cast<int16_t>(++object_count);
    }
    return found;
}

object* known_object_at(uintptr_t address)
{
    object* found = slot_for(address);
    return found->execution == run.number ? found : nullptr;
}

void begin_once(object& once)
{
    once.busy = true;
    touch_key(word_key_of(once), touching::writes, 1);
}

void end_once(object& once)
{
    once.busy = false;
    touch_key(word_key_of(once), touching::writes, -1);
    release(*self, once);
}

} // namespace explorer::runtime
