// The server of WORKBOOK.md's "Exploring a server of your own", which quotes it and the report on
// it.
//
// SPDX-License-Identifier: MIT
#include "explore/cases/cases.hpp"
#include "explore/explore.hpp"

#include <string>
#include <thread>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace cases {
namespace {

void send_all(int to, const std::string& text)
{
    for (std::size_t sent = 0; sent < text.size();) {
        const ssize_t size = send(to, &text[sent], text.size() - sent, MSG_NOSIGNAL);
        if (size < 0) {
            return;
        }
        sent += static_cast<std::size_t>(size);
    }
}

// A client sends its name, a line, and is greeted.
class greeter {
public:
    greeter() { listen(listener_, 5); } // on a port that the system picks
    ~greeter() { close(listener_); }

    template <bool Wrong>
    void serve_one()
    {
        const int client = accept(listener_, nullptr, nullptr);
        char part[64];
        std::string name;
        do {
            const ssize_t size = recv(client, part, sizeof part, 0);
            if (size <= 0) {
                break;
            }
            name.append(part, static_cast<std::size_t>(size));
        } while (!Wrong && !name.ends_with('\n'));
        send_all(client, "hello " + name.substr(0, name.find('\n')));
        close(client);
    }

    int connected() const
    {
        sockaddr_in where{};
        socklen_t size = sizeof where;
        getsockname(listener_, reinterpret_cast<sockaddr*>(&where), &size);
        const int client = socket(AF_INET, SOCK_STREAM, 0);
        connect(client, reinterpret_cast<const sockaddr*>(&where), size);
        return client;
    }

private:
    const int listener_ = socket(AF_INET, SOCK_STREAM, 0);
};

template <bool Wrong>
void greets_half_a_name()
{
    greeter server;
    std::thread serves([&] { server.serve_one<Wrong>(); });
    const int client = server.connected();
    send_all(client, "Ada\n");
    std::string reply;
    char byte = 0;
    while (recv(client, &byte, 1, 0) == 1) { // until the server closes
        reply += byte;
    }
    close(client);
    serves.join();
    EXPLORE_REQUIRE(reply == "hello Ada");
}

} // namespace

std::vector<twin> of_own_servers()
{
    return {
        {"greets_half_a_name",
         "one recv() is taken for one line",
         greets_half_a_name<true>,
         greets_half_a_name<false>,
         {.short_transfers = 1}},
    };
}

} // namespace cases
