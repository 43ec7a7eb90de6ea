// The calls of a random sequence. Where the model is known to differ from the real kernel the call
// is not made; each such place names the line of differences.md that says why.
//
// SPDX-License-Identifier: MIT
#include "explore/world/conformance/sequence.hpp"

#include "explore/world/state.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>

namespace conformance {
namespace {

// "Sizes of buffers": no more than this lies in a connection, but for fill_and_drain().
constexpr std::size_t most_under_way = 2000;
constexpr int backlog = 64; // "A full queue": more than one sequence connects
constexpr int nobodys_port = 1;

std::string number(long value)
{
    return std::to_string(value);
}

sockaddr_in loopback(int port)
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

const sockaddr* generic(const sockaddr_in& address)
{
    return reinterpret_cast<const sockaddr*>(&address);
}

// Which port the descriptor is bound to, in that kernel.
template <class Kernel>
int port_of(Kernel& kernel, int place)
{
    sockaddr_in address{};
    socklen_t size = sizeof address;
    kernel.getsockname(kernel.at(place), reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
}

const world::file* modeled_file(const modeled_kernel& kernel, int place)
{
    return world::file_of(kernel.at(place));
}

} // namespace

int sequence::any()
{
    std::vector<int> choice;
    for (std::size_t i = 0; i < open_.size(); ++i) {
        if (open_[i]) {
            choice.push_back(static_cast<int>(i));
        }
    }
    return choice.empty() || chance(2) ? -1 : choice[random_() % choice.size()];
}

int sequence::any(role wanted)
{
    std::vector<int> choice;
    for (std::size_t i = 0; i < open_.size(); ++i) {
        if (open_[i] && roles_[i] == wanted) {
            choice.push_back(static_cast<int>(i));
        }
    }
    return choice.empty() || chance(3) ? any() : choice[random_() % choice.size()];
}

int sequence::any_stream()
{
    constexpr role streams[] = {role::tcp,    role::tcp,   role::tcp,
                                role::reader, role::local, role::writer};
    return any(streams[below(6)]);
}

template <class Condition>
int sequence::find(Condition condition)
{
    std::vector<int> choice;
    for (std::size_t i = 0; i < open_.size(); ++i) {
        const int place = static_cast<int>(i);
        if (open_[i] && roles_[i] == role::tcp && condition(*modeled_file(modeled_, place))) {
            choice.push_back(place);
        }
    }
    return choice.empty() ? -1 : choice[random_() % choice.size()];
}

int sequence::find_listener()
{
    return find([](const world::file& one) { return one.state == world::tcp_state::listening; });
}

// One that has a port and is not connected. "Lingering connections": either nobody connected to
// that port yet, or it cannot be shared anyhow.
int sequence::find_bound()
{
    return find([this](const world::file& one) {
        const bool listens = one.state == world::tcp_state::listening;
        return one.holds_port != 0 && one.believes == world::belief::unconnected &&
               ((listens && one.options.reuse_port == 0) ||
                called_ports_.count(ntohs(one.holds_port)) == 0);
    });
}

// Whether so many bytes may be sent there.
bool sequence::has_room(int place, std::size_t size)
{
    const world::file* one = modeled_file(modeled_, place);
    return one == nullptr || one->other == nullptr || one->other->in.used + size <= most_under_way;
}

void sequence::open_tcp(int flags)
{
    open((flags & SOCK_NONBLOCK) != 0 ? "socket nonblocking" : "socket", {role::tcp},
         [=](auto& kernel, int*) {
             const long made = kernel.socket(AF_INET, SOCK_STREAM | flags);
             const int on = 1; // "Waiting for acknowledgements"
             kernel.setsockopt(static_cast<int>(made), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
             return made;
         });
}

void sequence::open_something()
{
    if (open_.size() >= most_places) {
        return;
    }
    const int flags = chance(50) ? SOCK_NONBLOCK : 0;
    const int cloexec = chance(50) ? SOCK_CLOEXEC : 0;
    const auto make_pair = [](auto method) {
        return [method](auto& kernel, int* fresh) { return method(kernel, fresh); };
    };
    switch (below(8)) {
    case 0:
        open("socketpair", {role::local, role::local}, make_pair([=](auto& kernel, int* ends) {
                 return kernel.socketpair(SOCK_STREAM | flags | cloexec, ends);
             }));
        return;
    case 1:
        open("pipe", {role::reader, role::writer}, make_pair([=](auto& kernel, int* ends) {
                 return kernel.pipe(ends, flags | cloexec);
             }));
        return;
    case 2: {
        const int semaphore = chance(30) ? EFD_SEMAPHORE : 0;
        const auto first = static_cast<unsigned>(below(3));
        open("eventfd " + number(first) + (semaphore != 0 ? " semaphore" : ""), {role::counter},
             [=](auto& kernel, int*) { return kernel.eventfd(first, flags | semaphore); });
        return;
    }
    case 3:
        open("timerfd_create", {role::timer},
             [=](auto& kernel, int*) { return kernel.timerfd_create(flags); });
        return;
    case 4:
    case 5:
        open("epoll_create", {role::epoll},
             [](auto& kernel, int*) { return kernel.epoll_create(); });
        return;
    default:
        open_tcp(flags | cloexec);
        return;
    }
}

void sequence::make_listener()
{
    const int place = any(role::tcp);
    const int other = chance(25) ? find_bound() : -1;
    if (chance(40)) {
        const int on = 1;
        both(with("reuse address", place), [=](auto& kernel) {
            return observed{
                kernel.setsockopt(kernel.at(place), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on)};
        });
    }
    const bool anywhere = chance(30);
    both(with("bind", place, other < 0 ? "port 0" : "port of " + number(other)), [=](auto& kernel) {
        sockaddr_in address = loopback(other < 0 ? 0 : port_of(kernel, other));
        address.sin_addr.s_addr = htonl(anywhere ? INADDR_ANY : INADDR_LOOPBACK);
        return observed{kernel.bind(kernel.at(place), generic(address), sizeof address)};
    });
    both(with("listen", place),
         [=](auto& kernel) { return observed{kernel.listen(kernel.at(place), backlog)}; });
}

void sequence::connect_somewhere()
{
    connect_to(any(role::tcp), chance(10) ? -1 : find_listener());
}

void sequence::connect_to(int place, int listener)
{
    const bool wait = !world::is_nonblocking(modeled_.at(place));
    called_ports_.insert(listener < 0 ? nobodys_port : port_of(modeled_, listener));
    both(with("connect", place, listener < 0 ? "nobody's port" : "to " + number(listener)),
         [=](auto& kernel) {
             const sockaddr_in to =
                 loopback(listener < 0 ? nobodys_port : port_of(kernel, listener));
             return observed{kernel.connect(kernel.at(place), generic(to), sizeof to, wait)};
         });
}

void sequence::accept_one()
{
    const int listener = chance(95) ? find_listener() : any();
    const int fd = modeled_.at(listener);
    if (open_.size() >= most_places || (!world::is_nonblocking(fd) && !world::can_accept(fd))) {
        return;
    }
    const int flags = chance(50) ? SOCK_NONBLOCK : 0;
    open(with("accept", listener), {role::tcp}, [=](auto& kernel, int*) {
        return kernel.accept(kernel.at(listener), nullptr, nullptr, flags);
    });
}

// All that it takes to have one, mostly.
void sequence::make_connection()
{
    if (find_listener() < 0) {
        open_tcp(SOCK_NONBLOCK);
        make_listener();
    }
    open_something();
    connect_somewhere();
    accept_one();
}

// Adds MSG_DONTWAIT where the call could block.
void sequence::limit(int place, int& flags)
{
    if (!world::is_nonblocking(modeled_.at(place))) {
        flags |= MSG_DONTWAIT;
    }
}

void sequence::send_some()
{
    const int place = any_stream();
    const auto size = static_cast<std::size_t>(chance(10) ? 0 : below(300));
    if (!has_room(place, size)) {
        return;
    }
    std::string bytes(size, '\0');
    for (char& one : bytes) {
        one = static_cast<char>(++next_byte_);
    }
    const std::size_t half = size / 2;
    const int pieces = chance(30) && size > 1 ? 2 : 1;
    const bool as_file = chance(40);
    int flags = chance(60) ? MSG_NOSIGNAL : 0;
    limit(place, flags);
    const bool named = chance(5);
    const sockaddr_in to = loopback(nobodys_port);
    const iovec parts[] = {{bytes.data(), pieces == 2 ? half : size},
                           {bytes.data() + half, size - half}};
    const int fd = modeled_.at(place);
    if (as_file && !world::is_nonblocking(fd) &&
        !world::can_send(fd, world::entrance::file, parts, pieces)) {
        return;
    }
    if (place >= 0 && roles_[static_cast<std::size_t>(place)] == role::counter && size > 8) {
        return; // "The kernel's age"
    }
    both(with(as_file ? "write" : "send", place, number(static_cast<long>(size))),
         [&](auto& kernel) {
             observed out;
             out.result = as_file ? kernel.write(kernel.at(place), parts, pieces)
                                  : kernel.send(kernel.at(place), parts, pieces, flags,
                                                named ? generic(to) : nullptr);
             out.sigpipe = out.result < 0 && kernel.raised_sigpipe();
             return out;
         });
}

void sequence::receive_some()
{
    const int place = any_stream();
    const auto size = static_cast<std::size_t>(chance(5) ? 0 : chance(30) ? 3000 : below(300));
    const int pieces = chance(30) && size > 1 ? 2 : 1;
    const bool as_file = chance(40);
    int flags = chance(20) ? MSG_PEEK : 0;
    limit(place, flags);
    const int fd = modeled_.at(place);
    if (as_file && !world::is_nonblocking(fd) &&
        !world::can_receive(fd, world::entrance::file, size)) {
        return;
    }
    both(with(as_file                   ? "read"
              : (flags & MSG_PEEK) != 0 ? "recv peek"
                                        : "recv",
              place, number(static_cast<long>(size))),
         [=](auto& kernel) {
             std::string bytes(size, '\0');
             const std::size_t half = size / 2;
             const iovec parts[] = {{bytes.data(), pieces == 2 ? half : size},
                                    {bytes.data() + half, size - half}};
             observed out;
             out.result = as_file ? kernel.read(kernel.at(place), parts, pieces)
                                  : kernel.recv(kernel.at(place), parts, pieces, flags);
             out.text = bytes;
             return out;
         });
}

void sequence::shut_down()
{
    const int place = any(chance(80) ? role::tcp : role::local);
    const int how = below(10) == 0 ? 3 : below(3);
    both(with("shutdown", place, number(how)),
         [=](auto& kernel) { return observed{kernel.shutdown(kernel.at(place), how)}; });
}

void sequence::close_one()
{
    const int place = any();
    if (place >= 0 && chance(20)) {
        const linger how = {chance(80), below(2) * 5};
        both(with("linger", place, number(how.l_onoff) + ", " + number(how.l_linger)),
             [=](auto& kernel) {
                 return observed{
                     kernel.setsockopt(kernel.at(place), SOL_SOCKET, SO_LINGER, &how, sizeof how)};
             });
    }
    close_at(place);
}

void sequence::close_at(int place)
{
    if (place >= 0) {
        open_[static_cast<std::size_t>(place)] = false;
    }
    both(with("close", place), [=](auto& kernel) {
        const observed out{kernel.close(kernel.at(place))};
        if (place >= 0) {
            kernel.numbers[static_cast<std::size_t>(place)] = -1;
        }
        return out;
    });
}

void sequence::duplicate_one()
{
    const int place = any();
    if (place < 0 || open_.size() >= most_places) {
        return;
    }
    const role is = roles_[static_cast<std::size_t>(place)];
    if (chance(60)) {
        open(with("dup", place), {is},
             [=](auto& kernel, int*) { return kernel.dup(kernel.at(place)); });
        return;
    }
    const int onto = any();
    const int flags = chance(30) ? O_CLOEXEC : chance(10) ? O_APPEND : 0;
    const long result = both(with("dup3", place, number(onto)), [=](auto& kernel) {
        const int number = kernel.at(onto);
        const long made = kernel.dup_to(kernel.at(place), number, flags);
        return observed{made == number ? 0 : made};
    });
    if (result == 0) {
        roles_[static_cast<std::size_t>(onto)] = is;
    }
}

void sequence::look_at_names()
{
    const int place = any(role::tcp);
    const bool own = chance(50);
    both(with(own ? "getsockname" : "getpeername", place), [=](auto& kernel) {
        sockaddr_in name{};
        socklen_t size = sizeof name;
        auto* out = reinterpret_cast<sockaddr*>(&name);
        observed seen{own ? kernel.getsockname(kernel.at(place), out, &size)
                          : kernel.getpeername(kernel.at(place), out, &size)};
        seen.text = number(name.sin_family) + " " + number(size) + " " +
                    number(ntohl(name.sin_addr.s_addr));
        seen.ports = {ntohs(name.sin_port)};
        return seen;
    });
}

} // namespace conformance
