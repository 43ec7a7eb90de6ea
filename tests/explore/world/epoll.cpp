// epoll: a list of those who may have something to tell. Whatever happens to a file puts its
// watches on the list; epoll_wait() looks what is true of them by then. Level-triggered ones stay
// on the list for as long as that is so; edge-triggered ones come off it, until something happens
// again; one-shot ones sleep until they are set anew.
//
// SPDX-License-Identifier: MIT
#include "explore/world/state.hpp"

#include <errno.h>

namespace explorer::world {
namespace {

// Bits of a watch that are no events.
constexpr uint32_t manners = EPOLLET | EPOLLONESHOT | EPOLLWAKEUP | EPOLLEXCLUSIVE;
constexpr uint32_t always = EPOLLERR | EPOLLHUP;

watch* find_watch(const file& by, const file& watched, int descriptor)
{
    for (int i = 0; i < watches_used; ++i) {
        watch& one = watches[i];
        if (one.by == &by && one.watched == &watched && one.descriptor == descriptor) {
            return &one;
        }
    }
    return nullptr;
}

watch* free_watch()
{
    for (int i = 0; i < most_watches; ++i) {
        if (watches[i].by == nullptr) {
            watches_used = i < watches_used ? watches_used : i + 1;
            return &watches[i];
        }
    }
    return nullptr;
}

// Of those added before that one: who comes last is told first.
watch* latest_watch_of(const file& watched, uint32_t before)
{
    watch* latest = nullptr;
    for (int i = 0; i < watches_used; ++i) {
        watch& one = watches[i];
        if (one.watched == &watched && one.added < before &&
            (latest == nullptr || one.added > latest->added)) {
            latest = &one;
        }
    }
    return latest;
}

unsigned what_to_tell(const watch& one)
{
    return readiness_of(*one.watched) & one.events & ~manners;
}

void list(watch& one)
{
    if (!one.listed) {
        one.listed = true;
        one.since = ++order;
    }
}

void list_if_ready(watch& one)
{
    if (what_to_tell(one) != 0) {
        list(one);
    }
}

watch* first_listed(const file& by, uint32_t after)
{
    watch* first = nullptr;
    for (int i = 0; i < watches_used; ++i) {
        watch& one = watches[i];
        if (one.by == &by && one.listed && one.since > after &&
            (first == nullptr || one.since < first->since)) {
            first = &one;
        }
    }
    return first;
}

// It was told. It stays listed, behind all others, if it is level-triggered.
void settle(watch& one)
{
    one.listed = false;
    if ((one.events & EPOLLONESHOT) != 0) {
        one.events &= manners;
    } else if ((one.events & EPOLLET) == 0) {
        list(one);
    }
}

file* epoll_of(int descriptor, outcome& problem)
{
    file* one = file_of(descriptor);
    problem = one == nullptr ? -EBADF : -EINVAL;
    return one != nullptr && one->is == kind::epoll ? one : nullptr;
}

outcome add(file& by, file& watched, int descriptor, const epoll_event& event)
{
    if ((event.events & EPOLLEXCLUSIVE) != 0) {
        return missing("epoll_ctl() with EPOLLEXCLUSIVE");
    }
    watch* fresh = free_watch();
    if (fresh == nullptr) {
        return missing("so many watched descriptors at the same time");
    }
    *fresh = {&by, &watched, descriptor, event.events | always, event.data, ++order, false, 0};
    list_if_ready(*fresh);
    return 0;
}

} // namespace

void wake(file& one, unsigned what)
{
    note_changed(one);
    uint32_t before = UINT32_MAX;
    while (watch* each = latest_watch_of(one, before)) {
        note_changed(*each->by);
        before = each->added;
        const uint32_t events = each->events & ~manners;
        if (events != 0 && (what == 0 || (what & events) != 0)) {
            list(*each);
        }
    }
}

bool has_reports(const file& epoll)
{
    for (int i = 0; i < watches_used; ++i) {
        const watch& one = watches[i];
        if (one.by == &epoll && one.listed && what_to_tell(one) != 0) {
            return true;
        }
    }
    return false;
}

void drop_idle(const file& epoll)
{
    for (uint32_t at = 0; watch* one = first_listed(epoll, at); at = one->since) {
        if (what_to_tell(*one) != 0) {
            return;
        }
        one->listed = false;
    }
}

void forget_watches_of(file& one)
{
    for (int i = 0; i < watches_used; ++i) {
        if (watches[i].by == &one || watches[i].watched == &one) {
            note_changed(*watches[i].by);
            watches[i] = {};
        }
    }
}

int files_watched(int descriptor, int* out, int most)
{
    const file* by = file_of(descriptor);
    int count = 0;
    for (int i = 0; i < watches_used && count < most; ++i) {
        if (by != nullptr && watches[i].by == by) {
            out[count++] = static_cast<int>(watches[i].watched - files) + 1;
        }
    }
    return count;
}

outcome epoll_ctl(int descriptor, int what, int watched, const epoll_event* event)
{
    file* by = file_of(descriptor);
    file* target = file_of(watched);
    if (by == nullptr || target == nullptr) {
        return -EBADF;
    }
    if (by == target || by->is != kind::epoll) {
        return -EINVAL;
    }
    if (target->is == kind::epoll) {
        return missing("an epoll instance in another one");
    }
    watch* found = find_watch(*by, *target, watched);
    switch (what) {
    case EPOLL_CTL_ADD:
        return found != nullptr ? -EEXIST : add(*by, *target, watched, *event);
    case EPOLL_CTL_DEL:
        if (found != nullptr) {
            *found = {};
        }
        return found != nullptr ? 0 : -ENOENT;
    case EPOLL_CTL_MOD:
        if (found == nullptr) {
            return -ENOENT;
        }
        found->events = event->events | always;
        found->data = event->data;
        list_if_ready(*found);
        return 0;
    default:
        return -EINVAL;
    }
}

outcome epoll_wait(int descriptor, epoll_event* out, int most, int* told_of)
{
    outcome problem = 0;
    const file* by = epoll_of(descriptor, problem);
    if (by == nullptr || most <= 0) {
        return by == nullptr ? problem : -EINVAL;
    }
    const uint32_t last = order; // who is listed again meanwhile is not looked at again
    uint32_t at = 0;
    int told = 0;
    while (told < most) {
        watch* one = first_listed(*by, at);
        if (one == nullptr || one->since > last) {
            break;
        }
        at = one->since;
        const unsigned events = what_to_tell(*one);
        if (events == 0) {
            one->listed = false;
            continue;
        }
        out[told].events = events;
        out[told].data = one->data;
        if (told_of != nullptr) {
            told_of[told] = static_cast<int>(one->watched - files) + 1;
        }
        ++told;
        settle(*one);
    }
    return told;
}

bool can_report(int descriptor)
{
    const file* one = file_of(descriptor);
    return one == nullptr || one->is != kind::epoll || has_reports(*one);
}

} // namespace explorer::world
