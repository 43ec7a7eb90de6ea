// The hub. On main's stack runs a loop: take whoever is first in the ready queue, switch to it,
// and it switches back when it waits. When nobody is ready, the loop waits in asio's io_context,
// whose completion handlers wake those who asked. Greenlets never switch to one another: each
// knows two places only, its own and the hub's. So each wait costs two switches, and a greenlet's
// stack can be freed by the hub, who is not standing on it.
//
// No lock guards anything here: one thread runs it all, and nothing happens between two waits. A
// wake() from another thread is posted to the io_context, which has the only lock, inside.
//
// SPDX-License-Identifier: MIT
#include "greenlet.hpp"

#include "given/context.hpp"
#include "given/todo.hpp"

#include <asio/post.hpp>
#include <asio/steady_timer.hpp>

#include <cstdio>
#include <deque>
#include <map>
#include <thread>
#include <vector>

namespace green {

struct hub;

struct core {
    core(hub& of, long counted, std::string called)
        : owner(of), number(counted), name(std::move(called))
    {}
    ~core();
    core(const core&) = delete;
    core& operator=(const core&) = delete;

    given::context& run();
    void require_own_thread(const char* what) const; // `what` is the function that was called

    hub& owner; // for its own thread: a handle may outlive the thread, and the hub with it
    const std::thread::id thread = std::this_thread::get_id();
    const long number; // 0 for main
    const std::string name;
    std::unique_ptr<given::context> context; // its stack; null for main, and once it has ended
    given::job body;                         // what it will run; empty once it has started
    bool done = false;
    std::exception_ptr error;  // how it ended, if not by returning
    bool asked = false;        // somebody has seen error
    std::vector<ticket> joins; // those who wait for its end

    std::uint64_t waits = 0; // the number of its next or present wait; grows when one is ended
    bool waiting = false;    // it is suspended, and in no queue
    const core* joining = nullptr; // whom it waits for, if it waits in join()

    bool kill_asked = false;     // by kill()
    bool kill_delivered = false; // greenlet_exit has been thrown: never twice
};

struct hub {
    hub() : main(std::make_shared<core>(*this, 0, "main")), running(main) {}
    ~hub();

    void switch_away(core& from);
    void run_until_main_is_ready();
    void resume(const std::shared_ptr<core>& next);
    std::string who_waits() const;

    given::context& home = given::context::current(); // main's stack, where the hub's loop runs
    std::shared_ptr<core> main;
    std::shared_ptr<core> running;             // whose code runs now
    bool looping = false;                      // main is inside run_until_main_is_ready()
    std::deque<std::shared_ptr<core>> ready;   // in the order in which they will run
    std::map<long, std::shared_ptr<core>> all; // every greenlet that has not ended, by number
    long spawned = 0;
    std::vector<std::unique_ptr<given::context>> forgotten; // stacks, while the hub goes
    asio::io_context loop{1}; // one thread runs it; any thread may post. Last, so that it goes
                              // first: timers that it knows lie on the greenlets' stacks
};

namespace {

hub& this_hub()
{
    static thread_local hub one;
    return one;
}

} // namespace

void core::require_own_thread(const char* what) const
{
    if (thread != std::this_thread::get_id()) {
        throw std::logic_error(std::string(what) + ": " + name + " belongs to another thread");
    }
}

// Those who have not ended are forgotten. Who has not started has only a callable, whose sockets
// must not outlive the io_context; the stacks of the others must, for timers lie on them.
hub::~hub()
{
    for (const auto& [number, one] : all) {
        one->body = given::job();
        forgotten.push_back(std::move(one->context));
    }
}

// Nobody can ask any more: the last handle is gone.
core::~core()
{
    if (!error || asked) {
        return;
    }
    try {
        std::rethrow_exception(error);
    } catch (const killed&) {
        return; // somebody wanted that
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "%s failed, and nobody asked: %s\n", name.c_str(), failure.what());
    } catch (...) {
        std::fprintf(stderr, "%s failed, and nobody asked\n", name.c_str());
    }
}

asio::io_context& loop()
{
    return this_hub().loop;
}

std::string current_name()
{
    return this_hub().running->name;
}

any_greenlet::any_greenlet(std::shared_ptr<core> made) : core_(std::move(made)) {}

bool any_greenlet::done() const
{
    return core_->done;
}

std::string any_greenlet::name() const
{
    return core_->name;
}

namespace {

// Whose code calls, if it has a stack to wait on: a completion handler of plain asio has not.
const std::shared_ptr<core>& waiter()
{
    hub& here = this_hub();
    if (here.looping && here.running == here.main) {
        throw std::logic_error("a completion handler cannot wait; let it spawn a greenlet");
    }
    return here.running;
}

} // namespace

ticket prepare_wait()
{
    const std::shared_ptr<core>& self = waiter();
    return {self, self->waits};
}

any_greenlet start([[maybe_unused]] std::string name, [[maybe_unused]] given::job body)
{
    todo("make a greenlet with a stack of its own, and put it at the end of the ready queue");
}

// The whole life of a greenlet, on its own stack: nothing may leave it but the way to the hub.
given::context& core::run()
{
    todo("run the body, keep how it ended, wake those who wait for the end, and name the hub's "
         "context");
}

// Leaves `from`, who waits or is in the ready queue; returns when its turn has come.
void hub::switch_away(core& from)
{
    if (&from == main.get()) {
        run_until_main_is_ready();
    } else {
        given::switch_to(home);
    }
}

void hub::run_until_main_is_ready()
{
    todo("give those who are ready their turns, and wait for the world outside when nobody is");
}

void hub::resume([[maybe_unused]] const std::shared_ptr<core>& next)
{
    todo("let this greenlet run until it waits, and free its stack if it has ended");
}

void wait([[maybe_unused]] const ticket& turn)
{
    todo("suspend the caller until its ticket is woken, unless it has been already");
}

void wake([[maybe_unused]] const ticket& turn)
{
    todo("end the wait that this ticket stands for, unless it is over, from whatever thread");
}

void any_greenlet::join() const
{
    todo("wait until this greenlet has ended");
}

void any_greenlet::wait_for_result() const
{
    todo("wait for the end, then rethrow what the greenlet ended with");
}

void sleep([[maybe_unused]] std::chrono::nanoseconds time)
{
    todo("let others run for that long, or for one turn if the time is zero or less");
}

void wait_readable([[maybe_unused]] asio::ip::tcp::socket& socket)
{
    todo("wait until this socket can be read, or the wait fails");
}

void any_greenlet::kill() const
{
    todo("make the greenlet's wait throw greenlet_exit, and wait for its end");
}

// "main waits for a, a waits for b, b waits": main first, then in the order of their numbers.
std::string hub::who_waits() const
{
    todo("say who waits, and for whom, main first");
}

} // namespace green
