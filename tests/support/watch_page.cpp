// SPDX-License-Identifier: MIT
#include "support/watch_page.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include <unistd.h>

namespace support {

watch_page* page = nullptr;

waiting_for::waiting_for(std::string_view what) noexcept
{
    if (!page) {
        return;
    }
    for (int i = 0; i < watch_page::wait_slots; ++i) {
        int free_slot = 0;
        if (page->wait_taken[i].compare_exchange_strong(free_slot, 1)) {
            slot_ = i;
            const auto length = std::min<std::size_t>(what.size(), watch_page::wait_text - 1);
            std::copy_n(what.data(), length, page->wait_for[i]);
            page->wait_for[i][length] = '\0';
            return;
        }
    }
}

waiting_for::~waiting_for()
{
    if (slot_ >= 0) {
        page->wait_taken[slot_] = 0;
    }
}

void happened(std::string_view what, std::string_view detail) noexcept
{
    if (page && page->traced != 0) {
        char* const note = page->note[page->notes++ % watch_page::most_notes];
        std::snprintf(note, watch_page::note_text, "%.*s%.*s", static_cast<int>(what.size()),
                      what.data(), static_cast<int>(detail.size()), detail.data());
    }
}

void give_up(std::string_view why)
{
    if (!page) {
        std::fprintf(stderr, "%.*s\n", static_cast<int>(why.size()), why.data());
        std::fflush(nullptr);
        std::_Exit(1);
    }
    std::fflush(nullptr);
    const auto length = std::min<std::size_t>(why.size(), watch_page::wait_text - 1);
    std::copy_n(why.data() + 1, length - 1, page->gave_up + 1);
    page->gave_up[0] = why[0]; // last: whoever sees it takes the whole for written
    for (;;) {
        ::pause();
    }
}

} // namespace support
