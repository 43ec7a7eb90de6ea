// SPDX-License-Identifier: MIT
#include "support/watch_page.hpp"

#include <algorithm>

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

} // namespace support
