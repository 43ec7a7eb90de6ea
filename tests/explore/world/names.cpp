// Addresses and ports. There is one host, 127.0.0.0/8; 0.0.0.0 stands for all of it.
//
// SPDX-License-Identifier: MIT
#include "explore/world/state.hpp"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/un.h>

namespace explorer::world {
namespace {

constexpr uint16_t first_free_port = 40000;
constexpr int free_ports = 20000;

bool overlap(uint32_t one, uint32_t other)
{
    return one == other || one == htonl(INADDR_ANY) || other == htonl(INADDR_ANY);
}

bool may_share(const file& one, const file& other)
{
    if (one.options.reuse_port != 0 && other.options.reuse_port != 0) {
        return true;
    }
    return one.options.reuse_address != 0 && other.options.reuse_address != 0 &&
           other.state != tcp_state::listening;
}

bool is_held(uint16_t port)
{
    for (int i = 0; i < files_used; ++i) {
        if (files[i].is == kind::tcp && files[i].holds_port == port) {
            return true;
        }
    }
    return false;
}

} // namespace

bool is_loopback(uint32_t address)
{
    return ntohl(address) >> 24 == IN_LOOPBACKNET;
}

bool is_taken(const file& one, name wanted)
{
    for (int i = 0; i < files_used; ++i) {
        const file& other = files[i];
        if (&other != &one && other.is == kind::tcp && other.holds_port == wanted.port &&
            overlap(other.local.address, wanted.address) && !may_share(one, other)) {
            return true;
        }
    }
    return false;
}

bool take_free_port(file& one)
{
    for (int tried = 0; tried < free_ports; ++tried) {
        const uint16_t port = htons(static_cast<uint16_t>(first_free_port + ports_given));
        ports_given = (ports_given + 1) % free_ports;
        if (!is_held(port)) {
            one.local.port = port;
            one.holds_port = port;
            return true;
        }
    }
    return false;
}

void release_port(file& one)
{
    if (!one.chose_port) {
        one.holds_port = 0;
    }
}

outcome read_name(const sockaddr* address, socklen_t size, name& out)
{
    if (size < name_size) {
        return -EINVAL;
    }
    sockaddr_in in;
    memcpy(&in, address, sizeof in);
    if (in.sin_family != AF_INET) {
        return -EAFNOSUPPORT;
    }
    out = {in.sin_addr.s_addr, in.sin_port};
    return 0;
}

void write_name(const file& of, const name& what, sockaddr* address, socklen_t* size)
{
    if (address == nullptr) {
        return;
    }
    sockaddr_in in{};
    in.sin_family = of.is == kind::tcp ? AF_INET : AF_UNIX; // one of a pair has no name
    in.sin_port = what.port;
    in.sin_addr.s_addr = what.address;
    const socklen_t whole = of.is == kind::tcp ? sizeof in : sizeof in.sin_family;
    memcpy(address, &in, *size < whole ? *size : whole);
    *size = whole;
}

outcome bind(int descriptor, const sockaddr* address, socklen_t size)
{
    outcome problem = 0;
    file* one = socket_of(descriptor, problem);
    if (one == nullptr) {
        return problem;
    }
    if (one->is == kind::local) {
        return missing("bind() of a local socket");
    }
    name wanted;
    if (problem = read_name(address, size, wanted); problem != 0) {
        return problem;
    }
    if (wanted.address != htonl(INADDR_ANY) && !is_loopback(wanted.address)) {
        return -EADDRNOTAVAIL;
    }
    if (one->state != tcp_state::closed || one->holds_port != 0) {
        return -EINVAL;
    }
    one->local.address = wanted.address;
    if (wanted.port == 0 ? !take_free_port(*one) : is_taken(*one, wanted)) {
        one->local.address = htonl(INADDR_ANY);
        return -EADDRINUSE;
    }
    if (wanted.port != 0) {
        one->local.port = wanted.port;
        one->holds_port = wanted.port;
    }
    one->chose_port = one->chose_port || wanted.port != 0;
    one->chose_address = one->chose_address || wanted.address != htonl(INADDR_ANY);
    one->remote = {};
    return 0;
}

outcome getsockname(int descriptor, sockaddr* address, socklen_t* size)
{
    outcome problem = 0;
    const file* one = socket_of(descriptor, problem);
    if (one == nullptr) {
        return problem;
    }
    write_name(*one, one->local, address, size);
    return 0;
}

outcome getpeername(int descriptor, sockaddr* address, socklen_t* size)
{
    outcome problem = 0;
    const file* one = socket_of(descriptor, problem);
    if (one == nullptr) {
        return problem;
    }
    if (one->is == kind::tcp &&
        (one->remote.port == 0 || one->state == tcp_state::closed ||
         one->state == tcp_state::connecting || one->state == tcp_state::listening)) {
        return -ENOTCONN;
    }
    write_name(*one, one->remote, address, size);
    return 0;
}

} // namespace explorer::world
