// Numbers and what they stand for. Two numbers may stand for one open file: they share its flags
// and its connection, which ends when the last of them is closed.
//
// SPDX-License-Identifier: MIT
#include "explore/world/state.hpp"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

namespace explorer::world {

file files[most_files];
descriptor_entry descriptors[most_descriptors];
watch watches[most_watches];
int files_used = 0;
int watches_used = 0;
uint32_t order = 0;
int ports_given = 0;
int64_t now = 0;
bool sigpipe = false;
uint64_t changed_files[most_files / 64];
const char* what_is_missing = nullptr;

namespace {

constexpr int settable_flags = O_APPEND | O_ASYNC | O_DIRECT | O_NOATIME;

descriptor_entry& entry_of(int descriptor)
{
    return descriptors[descriptor - first_descriptor];
}

// Everything but the bytes, which nobody reads before they are written.
void clear(file& one)
{
    memset(&one, 0, offsetof(file, in) + offsetof(ring, bytes));
    memset(&one.shut, 0, sizeof one - offsetof(file, shut));
}

void close_file(file& one)
{
    switch (one.is) {
    case kind::tcp:
        close_tcp(one);
        break;
    case kind::local:
        close_local(one);
        break;
    case kind::pipe_reader:
    case kind::pipe_writer:
        close_pipe(one);
        break;
    default:
        break;
    }
    forget_watches_of(one);
    one.is = kind::none;
}

// A pipe has one buffer for both of its ends.
uint32_t bytes_in(const file& one)
{
    const bool there = one.is == kind::pipe_writer && one.other != nullptr;
    return there ? one.other->in.used : one.in.used;
}

// The lowest that stands for it; there is one.
int number_of_file(const file& one)
{
    int number = first_descriptor;
    while (entry_of(number).of != &one) {
        ++number;
    }
    return number;
}

void describe_watches(const file& epoll, char* text, size_t size)
{
    for (int i = 0; i < watches_used; ++i) {
        const size_t used = strlen(text);
        if (watches[i].by == &epoll && used < size) {
            snprintf(text + used, size - used, "%s %d", used == 0 ? " of" : ",",
                     watches[i].descriptor);
        }
    }
}

outcome flags_of(const file& one)
{
    const int access = one.is == kind::pipe_reader   ? O_RDONLY
                       : one.is == kind::pipe_writer ? O_WRONLY
                                                     : O_RDWR;
    return access | one.extra_flags | (one.nonblocking ? O_NONBLOCK : 0);
}

outcome set_flags(file& one, int flags)
{
    if ((flags & (O_ASYNC | O_DIRECT)) != 0) {
        return missing("fcntl(F_SETFL) with O_ASYNC or O_DIRECT");
    }
    one.nonblocking = (flags & O_NONBLOCK) != 0;
    one.extra_flags = flags & settable_flags;
    return 0;
}

} // namespace

outcome missing(const char* what)
{
    what_is_missing = what;
    return not_modeled;
}

void begin()
{
    for (int i = 0; i < files_used; ++i) {
        clear(files[i]);
    }
    memset(descriptors, 0, sizeof descriptors);
    memset(watches, 0, sizeof(watch) * static_cast<size_t>(watches_used));
    files_used = 0;
    watches_used = 0;
    order = 0;
    ports_given = 0;
    sigpipe = false;
    memset(changed_files, 0, sizeof changed_files);
}

file* file_of(int descriptor)
{
    sigpipe = false;
    return is_ours(descriptor) ? entry_of(descriptor).of : nullptr;
}

file* open_file(kind is, bool nonblocking)
{
    for (int i = 0; i < most_files; ++i) {
        file& one = files[i];
        if (one.is == kind::none) {
            clear(one);
            one.is = is;
            one.nonblocking = nonblocking;
            files_used = i < files_used ? files_used : i + 1;
            return &one;
        }
    }
    return nullptr;
}

bool has_place_for(int count)
{
    for (int i = 0; i < most_descriptors && count > 0; ++i) {
        count -= descriptors[i].of == nullptr ? 1 : 0;
    }
    return count <= 0;
}

outcome number_for(file& one, bool close_on_exec, int at_least)
{
    for (int i = at_least < first_descriptor ? first_descriptor : at_least; is_ours(i); ++i) {
        if (entry_of(i).of == nullptr) {
            entry_of(i) = {&one, close_on_exec};
            ++one.descriptors;
            return i;
        }
    }
    return -EMFILE;
}

file* socket_of(int descriptor, outcome& problem)
{
    file* one = file_of(descriptor);
    if (one != nullptr && (one->is == kind::tcp || one->is == kind::local)) {
        return one;
    }
    problem = one == nullptr ? -EBADF : -ENOTSOCK;
    return nullptr;
}

bool is_open(int descriptor)
{
    return file_of(descriptor) != nullptr;
}

bool is_socket(int descriptor)
{
    outcome problem = 0;
    return socket_of(descriptor, problem) != nullptr;
}

bool is_nonblocking(int descriptor)
{
    const file* one = file_of(descriptor);
    return one != nullptr && one->nonblocking;
}

bool is_number(int descriptor)
{
    const file* one = file_of(descriptor);
    return one != nullptr && (one->is == kind::counter || one->is == kind::timer);
}

int file_behind(int descriptor)
{
    const file* one = file_of(descriptor);
    return one == nullptr ? 0 : static_cast<int>(one - files) + 1;
}

int file_at_other_end(int descriptor)
{
    const file* one = file_of(descriptor);
    return one == nullptr || one->other == nullptr ? 0 : static_cast<int>(one->other - files) + 1;
}

void describe(int descriptor, char* text, size_t size)
{
    text[0] = '\0';
    const file* one = file_of(descriptor);
    if (one == nullptr || one->is == kind::counter || one->is == kind::timer) {
        return;
    }
    if (one->is == kind::epoll) {
        describe_watches(*one, text, size);
    } else if (one->silent) {
        snprintf(text, size, ", silent");
    } else if (one->is == kind::tcp && one->believes != belief::connected) {
        return;
    } else if (one->other == nullptr) {
        snprintf(text, size, ", other end closed");
    } else if (one->other->descriptors == 0) {
        snprintf(text, size, ", not accepted yet");
    } else {
        snprintf(text, size, ", connected to %d", number_of_file(*one->other));
    }
}

int take_changed_file()
{
    for (int i = 0; i < most_files / 64; ++i) {
        if (uint64_t& bits = changed_files[i]; bits != 0) {
            const int index = __builtin_ctzll(bits);
            bits &= bits - 1;
            return i * 64 + index + 1;
        }
    }
    return 0;
}

outcome duplicate(int descriptor, int at_least, bool close_on_exec)
{
    file* one = file_of(descriptor);
    return one == nullptr ? -EBADF : number_for(*one, close_on_exec, at_least);
}

outcome duplicate_to(int descriptor, int onto, int flags, bool same_is_fine)
{
    if ((flags & ~O_CLOEXEC) != 0 || (descriptor == onto && !same_is_fine)) {
        return -EINVAL;
    }
    file* one = file_of(descriptor);
    if (one == nullptr || descriptor == onto) {
        return one == nullptr ? -EBADF : onto;
    }
    if (!is_ours(onto)) {
        return missing("dup2() onto a descriptor from outside");
    }
    ++one->descriptors; // so that it outlives what `onto` stood for
    world::close(onto);
    entry_of(onto) = {one, (flags & O_CLOEXEC) != 0};
    return onto;
}

outcome close(int descriptor)
{
    file* one = file_of(descriptor);
    if (one == nullptr) {
        return -EBADF;
    }
    entry_of(descriptor) = {};
    if (--one->descriptors == 0) {
        close_file(*one);
    }
    return 0;
}

outcome fcntl(int descriptor, int command, long argument)
{
    file* one = file_of(descriptor);
    if (one == nullptr) {
        return -EBADF;
    }
    switch (command) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
        return duplicate(descriptor, static_cast<int>(argument), command == F_DUPFD_CLOEXEC);
    case F_GETFD:
        return entry_of(descriptor).close_on_exec ? FD_CLOEXEC : 0;
    case F_SETFD:
        entry_of(descriptor).close_on_exec = (argument & FD_CLOEXEC) != 0;
        return 0;
    case F_GETFL:
        return flags_of(*one);
    case F_SETFL:
        return set_flags(*one, static_cast<int>(argument));
    default:
        return missing("fcntl() with this command");
    }
}

outcome ioctl(int descriptor, unsigned long request, int* value)
{
    file* one = file_of(descriptor);
    if (one == nullptr) {
        return -EBADF;
    }
    switch (request) {
    case FIONBIO:
        one->nonblocking = *value != 0;
        return 0;
    case FIONREAD:
        if (one->is == kind::counter || one->is == kind::timer || one->is == kind::epoll) {
            return -ENOTTY;
        }
        if (one->is == kind::tcp && one->state == tcp_state::listening) {
            return -EINVAL;
        }
        *value = static_cast<int>(bytes_in(*one));
        return 0;
    default:
        return missing("ioctl() with this request");
    }
}

} // namespace explorer::world
