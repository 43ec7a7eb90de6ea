# The Python twin of ex13: the same server and clients with asyncio, whose await is our co_await.
#
#   twin.py [CLIENTS]
#   twin.py --serve [PORT] [racy]   until Ctrl+C
#
# SPDX-License-Identifier: MIT
import asyncio
import resource
import sys
import time

HOST = "127.0.0.1"  # `localhost` may be two addresses, each with a port of its own


class Server:
    def __init__(self, work, racy):
        self.work = work
        self.racy = racy
        self.n = 0

    async def handle(self, reader, writer):
        try:
            if self.racy:
                seen = self.n
                await self.work()  # here the others run, and read the same count
                number = self.n = seen + 1
            else:
                await self.work()
                number = self.n = self.n + 1  # no await between read and write
            writer.write(f"<{number}>\n".encode())
            await writer.drain()
        finally:
            writer.close()


async def request(port):
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        return (await reader.read()).decode()
    finally:
        writer.close()


async def serve(work, racy, port=0):
    server = await asyncio.start_server(
        Server(work, racy).handle, HOST, port, backlog=4096
    )
    return server, server.sockets[0].getsockname()[1]


class Meeting:
    """Waits until so many coroutines wait. One thread: nothing to lock."""

    def __init__(self, parties):
        self.missing = parties
        self.complete = asyncio.Event()

    async def wait(self):
        self.missing -= 1
        if self.missing <= 0:
            self.complete.set()
        await self.complete.wait()


async def count_clients(name, clients, racy):
    server, port = await serve(Meeting(clients).wait, racy)
    start = time.perf_counter()
    replies = await asyncio.gather(*(request(port) for _ in range(clients)))
    took = (time.perf_counter() - start) / clients * 1e6
    server.close()
    distinct = len(set(replies))
    print(
        f"{name}  {clients} clients at once: {distinct} different numbers, "
        f"{clients - distinct} updates lost, {took:.0f} us a client"
    )


async def try_time_out():
    may_end = asyncio.Event()
    server, port = await serve(may_end.wait, False)
    start = time.perf_counter()
    try:
        print(await asyncio.wait_for(request(port), 0.1), end="")
    except asyncio.TimeoutError:
        took = (time.perf_counter() - start) * 1e3
        print(f"100 ms for work without end: TimeoutError after {took:.0f} ms")
    may_end.set()
    server.close()
    await asyncio.sleep(0)  # the server's side sees that the client has gone


async def main(clients):
    await count_clients("safe", clients, False)
    await count_clients("racy", clients, True)
    await try_time_out()


async def serve_until_interrupt(port, racy):
    server, port = await serve(lambda: asyncio.sleep(1), racy, port)
    print(f"Listening on 127.0.0.1. Try, in another terminal:  nc localhost {port}\n"
          f"or, without nc:  scripts/workbook connect {port}\n"
          "Ctrl+C ends the server.", flush=True)
    await server.serve_forever()


def whole_number(text):
    return text.isdigit() and text.isascii()


def be_a_server(arguments):
    try:
        asyncio.run(serve_until_interrupt(int(arguments[0]) if arguments else 5000, arguments[1:]))
    except KeyboardInterrupt:
        print()
    except OSError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    arguments = sys.argv[1:]
    port, how = arguments[1:2], arguments[2:]
    if arguments[:1] == ["--serve"] and all(map(whole_number, port)) and how in ([], ["racy"]):
        be_a_server(arguments[1:])
        sys.exit()
    if len(arguments) > 1 or not all(whole_number(text) and int(text) > 0 for text in arguments):
        help_wanted = arguments == ["--help"]
        print("usage: twin.py [CLIENTS] | --serve [PORT] [racy]", file=sys.stdout if help_wanted else sys.stderr)
        sys.exit(0 if help_wanted else 2)
    clients = int(arguments[0]) if arguments else 1000
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 2 * clients + 50)), hard))
    asyncio.run(main(clients))
