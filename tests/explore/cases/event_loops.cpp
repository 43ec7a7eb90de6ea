// asio's event loop, as it is installed, on the simulated kernel.
//
// SPDX-License-Identifier: MIT
#include "explore/cases/cases.hpp"
#include "explore/explore.hpp"

#include <asio.hpp>
#include <memory>
#include <string>
#include <thread>

namespace cases {
namespace {

using asio::ip::tcp;

tcp::endpoint any_port()
{
    return {asio::ip::address_v4::loopback(), 0};
}

// Two threads run the loop; handlers that count must not run at the same time.
template <bool Wrong>
void handlers_without_a_strand()
{
    asio::io_context loop;
    auto in_turn = asio::make_strand(loop);
    int count = 0; // of handlers; used on the strand
    for (int i = 0; i < 2; ++i) {
        if constexpr (Wrong) {
            asio::post(loop, [&] { ++count; });
        } else {
            asio::post(in_turn, [&] { ++count; });
        }
    }
    std::thread other([&] { loop.run(); });
    loop.run();
    other.join();
    EXPLORE_REQUIRE(count == 2);
}

// A server of one answer. The buffer must live until the handler runs.
template <bool Wrong>
void buffer_gone_before_the_read()
{
    asio::io_context loop;
    tcp::acceptor acceptor(loop, any_port());
    tcp::socket peer(loop);
    std::unique_ptr<char[]> buffer;
    acceptor.async_accept(peer, [&](asio::error_code refused) {
        EXPLORE_REQUIRE(!refused);
        const std::unique_ptr<char[]> local = std::make_unique<char[]>(8);
        buffer = std::make_unique<char[]>(8);
        char* const used = Wrong ? local.get() : buffer.get();
        peer.async_read_some(asio::buffer(used, 8), [&](asio::error_code, std::size_t) {
            asio::write(peer, asio::buffer("a", 1));
            peer.close();
        });
    });
    std::thread client([where = acceptor.local_endpoint()] {
        asio::io_context own;
        tcp::socket socket(own);
        socket.connect(where);
        asio::write(socket, asio::buffer("a", 1));
        char answer = 0;
        asio::read(socket, asio::buffer(&answer, 1));
        EXPLORE_REQUIRE(answer == 'a');
    });
    loop.run();
    client.join();
}

// A time limit on a read: whichever of the two comes first, the other is called off.
template <bool Wrong>
void time_limit_ignored()
{
    asio::io_context loop;
    tcp::acceptor acceptor(loop, any_port());
    tcp::socket silent(loop);
    silent.connect(acceptor.local_endpoint());
    tcp::socket peer = acceptor.accept();
    char byte = 0;
    bool timed_out = false;
    asio::steady_timer limit(loop, std::chrono::seconds(5));
    limit.async_wait([&](asio::error_code cancelled) {
        if (!cancelled && !Wrong) {
            peer.cancel();
        }
    });
    peer.async_read_some(asio::buffer(&byte, 1), [&](asio::error_code error, std::size_t) {
        timed_out = error == asio::error::operation_aborted;
        limit.cancel();
    });
    loop.run();
    EXPLORE_REQUIRE(timed_out);
}

} // namespace

std::vector<twin> of_event_loops()
{
    return {
        {"handlers_without_a_strand", "handlers of two threads count without a strand",
         handlers_without_a_strand<true>, handlers_without_a_strand<false>},
        {"buffer_gone_before_the_read", "a buffer does not live until its read is done",
         buffer_gone_before_the_read<true>, buffer_gone_before_the_read<false>},
        {"time_limit_ignored", "a read that nobody answers is never called off",
         time_limit_ignored<true>, time_limit_ignored<false>},
    };
}

} // namespace cases
