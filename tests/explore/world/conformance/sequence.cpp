// How two kernels are compared, call by call. Which calls those are is in the three files
// *calls.cpp.
//
// SPDX-License-Identifier: MIT
#include "explore/world/conformance/sequence.hpp"

#include "explore/world/state.hpp"

#include <cstring>
#include <thread>

#include <netinet/tcp.h>

namespace conformance {
namespace {

// Those bits that poll() reports only when asked for them, and those that are the same as others.
constexpr short everything =
    POLLIN | POLLOUT | POLLPRI | POLLRDHUP | POLLRDNORM | POLLWRNORM | POLLRDBAND | POLLWRBAND;

std::string in_hex(unsigned bits)
{
    char text[16];
    std::snprintf(text, sizeof text, "%#x", bits);
    return text;
}

// An edge-triggered watch tells when it is, and that may be later.
bool is_end_acknowledged(int descriptor)
{
    tcp_info info{};
    socklen_t size = sizeof info;
    return ::getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
           info.tcpi_state != TCP_FIN_WAIT1;
}

template <class Kernel>
std::vector<pollfd> list_all(const Kernel& kernel, const std::vector<bool>& open)
{
    std::vector<pollfd> list;
    for (std::size_t i = 0; i < open.size(); ++i) {
        list.push_back({open[i] ? kernel.numbers[i] : -1, everything, 0});
    }
    return list;
}

} // namespace

std::string describe(long result)
{
    return result < 0 ? strerrorname_np(static_cast<int>(-result)) : std::to_string(result);
}

std::string in_hex(const void* memory, std::size_t size)
{
    std::string out;
    for (std::size_t i = 0; i < size; ++i) {
        char digits[4];
        std::snprintf(digits, sizeof digits, "%02x ", static_cast<const unsigned char*>(memory)[i]);
        out += digits;
    }
    return out;
}

sequence::sequence(std::uint64_t seed) : random_(seed), log_("seed " + std::to_string(seed) + ":\n")
{
    world::begin();
    world::set_time(time_);
}

sequence::~sequence()
{
    for (std::size_t i = 0; i < open_.size(); ++i) {
        if (open_[i]) {
            real_.close(real_.numbers[i]);
        }
    }
}

void sequence::run(int calls)
{
    for (int i = 0; i < calls; ++i) {
        make_call();
    }
}

void sequence::differ(const std::string& what) const
{
    throw difference(log_ + what);
}

bool sequence::agree(const observed& expected, const observed& got)
{
    if (expected.result != got.result || expected.sigpipe != got.sigpipe ||
        expected.text != got.text || expected.ports.size() != got.ports.size()) {
        return false;
    }
    for (std::size_t i = 0; i < got.ports.size(); ++i) {
        const auto [known, fresh] = ports_.try_emplace(expected.ports[i], got.ports[i]);
        if (known->second != got.ports[i] || (expected.ports[i] == 0) != (got.ports[i] == 0)) {
            return false;
        }
    }
    return true;
}

std::string sequence::unsettled()
{
    std::vector<pollfd> expected = list_all(modeled_, open_);
    std::vector<pollfd> got = list_all(real_, open_);
    modeled_.poll(expected.data(), expected.size());
    real_.poll(got.data(), got.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
        if (!open_[i]) {
            continue;
        }
        if (got[i].revents != expected[i].revents) {
            return "poll() of " + std::to_string(i) + ": the real kernel sees " +
                   in_hex(static_cast<unsigned short>(got[i].revents)) + ", the model " +
                   in_hex(static_cast<unsigned short>(expected[i].revents));
        }
        const world::file& file = *world::file_of(modeled_.numbers[i]);
        if (file.state == world::tcp_state::fin_wait && !is_end_acknowledged(real_.numbers[i])) {
            return "the other's kernel has not acknowledged the end of " + std::to_string(i);
        }
        if (file.is == world::kind::epoll) {
            continue; // what FIONREAD says of it depends on the kernel's age
        }
        int modeled_bytes = 0;
        int real_bytes = 0;
        const long modeled_result = modeled_.ioctl(modeled_.numbers[i], FIONREAD, &modeled_bytes);
        const long real_result = real_.ioctl(real_.numbers[i], FIONREAD, &real_bytes);
        if (modeled_result != real_result || modeled_bytes != real_bytes) {
            return "FIONREAD of " + std::to_string(i) + ": the real kernel gives " +
                   describe(real_result) + ", " + std::to_string(real_bytes) + "; the model " +
                   describe(modeled_result) + ", " + std::to_string(modeled_bytes);
        }
    }
    return {};
}

void sequence::settle()
{
    std::string what = unsettled();
    for (patience left; !what.empty() && left.any(); what = unsettled()) {
        std::this_thread::yield();
        ++moments_;
    }
    if (!what.empty()) {
        differ(what);
    }
}

} // namespace conformance
