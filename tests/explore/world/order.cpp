// What calls of the simulated kernel order, and which of them depend on each other.
//
// SPDX-License-Identifier: MIT
#include "explore/strategies/dependence.hpp"
#include "explore/world/processes.hpp"
#include "explore/world/waiting.hpp"

#include <string.h>

namespace explorer::runtime {
namespace {

// Their addresses stand for the kernel's files.
constexpr int most_marks = 2304;
char marks[most_marks];

// Who used a descriptor last, and who closed it, by the threads' clocks (see races.cpp).
struct usage {
    uint32_t used_at[most_threads];
    int used_in[most_threads]; // event, if recorded
    vector_clock closed;       // what the one who closed it knew
    int closed_by;             // -1: nobody
    uint32_t closed_at;
    int closed_in;
};
usage usages[world::most_descriptors];
bool usages_used[world::most_descriptors];

usage& usage_of(int descriptor)
{
    const int index = descriptor - world::first_descriptor;
    usage& found = usages[index];
    if (!usages_used[index]) {
        usages_used[index] = true;
        memset(&found, 0, sizeof found);
        found.closed_by = -1;
    }
    return found;
}

uint64_t key_of_descriptor(int descriptor)
{
    return keys::descriptor + static_cast<uint64_t>(descriptor);
}

void touch_file(int file, touching how)
{
    if (file != 0) {
        touch_key(keys::file + static_cast<uint64_t>(file), how);
    }
}

void touch_behind(int descriptor, touching how)
{
    if (descriptor >= 0) {
        touch_key(key_of_descriptor(descriptor), touching::reads);
    }
    touch_file(world::file_behind(descriptor), how);
}

} // namespace

void begin_order()
{
    memset(usages_used, 0, sizeof usages_used);
}

object* file_object(int file)
{
    return file == 0 ? nullptr : object_at(&marks[file], sort::descriptor);
}

void touch_call(const pending_call& call)
{
    if (!tracing) {
        return;
    }
    if (call.shapes) {
        touch_key(keys::files, touching::writes);
    }
    touch_behind(call.descriptor, touching::writes);
    touch_file(world::file_at_other_end(call.descriptor), touching::writes);
    for (nfds_t i = 0; i < call.listed; ++i) {
        touch_behind(call.list[i].fd, touching::reads);
    }
    int watched[world::most_descriptors];
    const int count = world::files_watched(call.descriptor, watched, world::most_descriptors);
    for (int i = 0; i < count; ++i) {
        touch_file(watched[i], touching::reads);
    }
}

void touch_way_of_waiting(int descriptor, touching how)
{
    if (const int file = world::file_behind(descriptor); tracing && file != 0) {
        touch_key(key_of_descriptor(descriptor), touching::reads);
        touch_key(keys::way_of_waiting + static_cast<uint64_t>(file), how);
    }
}

void touch_changes()
{
    while (const int file = world::take_changed_file()) {
        touch_file(file, touching::writes);
    }
}

void use_descriptor(const char* call, int descriptor)
{
    if (!world::is_ours(descriptor)) {
        return;
    }
    thread_state& me = *self;
    usage& mine = usage_of(descriptor);
    const int event = note_text(false, "%s(%d)", call, descriptor);
    if (mine.closed_by >= 0 && mine.closed_by != me.id &&
        mine.closed_at > me.clock.of[mine.closed_by]) {
        fail_at(event, mine.closed_in, "use after free",
                "T%d calls %s() on descriptor %d while T%d closes it, and nothing orders the two",
                me.id, call, descriptor, mine.closed_by);
    }
    mine.used_at[me.id] = me.clock.of[me.id];
    mine.used_in[me.id] = event;
}

void open_descriptor(world::outcome descriptor)
{
    if (descriptor < 0) {
        return;
    }
    const auto number = static_cast<int>(descriptor);
    touch_key(key_of_descriptor(number), touching::writes);
    own_descriptor(number);
    usage& fresh = usage_of(number);
    join_clock(self->clock, fresh.closed); // it was free: the kernel knows that, whoever asks
    memset(fresh.used_at, 0, sizeof fresh.used_at);
}

void close_descriptor(int descriptor)
{
    if (!world::is_open(descriptor)) {
        return;
    }
    thread_state& me = *self;
    usage& mine = usage_of(descriptor);
    const int event = note_text(false, "close(%d)", descriptor);
    for (int i = 0; i < thread_count; ++i) {
        if (i != me.id && mine.used_at[i] > me.clock.of[i]) {
            fail_at(event, mine.used_in[i], "use after free",
                    "T%d closes descriptor %d while T%d uses it, and nothing orders the two", me.id,
                    descriptor, i);
        }
    }
    touch_key(key_of_descriptor(descriptor), touching::writes);
    mine.closed = me.clock;
    mine.closed_by = me.id;
    mine.closed_at = me.clock.of[me.id];
    mine.closed_in = event;
    publish_to(world::file_behind(descriptor));
    publish_to(world::file_at_other_end(descriptor));
    tick(me);
}

void publish_to(int file)
{
    if (file != 0) {
        release(*self, *file_object(file));
    }
}

void learn_from(int file)
{
    if (file != 0) {
        acquire(*self, *file_object(file));
    }
}

} // namespace explorer::runtime
