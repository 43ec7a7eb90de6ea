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

namespace {

// Where a kill arrives: at the start, and at the end of every wait.
void exit_if_killed(core& self)
{
    if (self.kill_asked && !self.kill_delivered) {
        self.kill_delivered = true;
        throw greenlet_exit{};
    }
}

} // namespace

any_greenlet start(std::string name, given::job body)
{
    hub& here = this_hub();
    const long number = ++here.spawned;
    if (name.empty()) {
        name = "greenlet #" + std::to_string(number);
    }
    auto made = std::make_shared<core>(here, number, std::move(name));
    made->body = std::move(body);
    made->context = std::make_unique<given::context>(
        [self = made.get()]() -> given::context& { return self->run(); }, made->name);
    here.all[number] = made;
    here.ready.push_back(made);
    return any_greenlet(made);
}

// The whole life of a greenlet, on its own stack: nothing may leave it but the way to the hub.
given::context& core::run()
{
    given::job call = std::move(body); // destroyed on this stack, as the body ends
    try {
        exit_if_killed(*this);
        call();
    } catch (const greenlet_exit&) {
        error = std::make_exception_ptr(killed(name + " was killed"));
    } catch (...) {
        error = std::current_exception();
    }
    done = true;
    for (const ticket& one : joins) {
        wake(one);
    }
    return owner.home;
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
    looping = true;
    const std::shared_ptr<bool> leave(&looping, [](bool* flag) { *flag = false; });
    for (;;) {
        loop.restart(); // it stops by itself whenever it has no work left
        if (!ready.empty()) {
            loop.poll();
        } else if (loop.run_one() == 0) {
            throw deadlock("deadlock: " + who_waits());
        }
        // Only those who are ready now: one that gets ready again has its turn after the poll.
        for (std::size_t turns = ready.size(); turns > 0; --turns) {
            const std::shared_ptr<core> next = std::move(ready.front());
            ready.pop_front();
            if (next == main) {
                return;
            }
            resume(next);
        }
    }
}

void hub::resume(const std::shared_ptr<core>& next)
{
    running = next;
    given::switch_to(*next->context);
    running = main;
    if (next->done) {
        next->context.reset(); // here and not earlier: until now somebody stood on it
        all.erase(next->number);
    }
}

void wait(const ticket& turn)
{
    const std::shared_ptr<core> self = waiter();
    if (turn.who.lock() != self) {
        throw std::logic_error("wait: this ticket is not " + self->name + "'s");
    }
    if (turn.number == self->waits) { // nobody was quicker
        self->waiting = true;
        try {
            self->owner.switch_away(*self);
        } catch (...) { // main's deadlock: the wait is over, whoever wakes it later is too late
            self->waiting = false;
            ++self->waits;
            throw;
        }
    }
    exit_if_killed(*self);
}

void wake(const ticket& turn)
{
    const std::shared_ptr<core> who = turn.who.lock();
    if (!who) {
        return;
    }
    if (who->thread != std::this_thread::get_id()) {
        asio::post(who->owner.loop, [turn] { wake(turn); });
        return;
    }
    if (turn.number != who->waits) {
        return; // that wait is over
    }
    ++who->waits;
    if (who->waiting) { // otherwise it has not come to wait() yet, and will not stop there
        who->waiting = false;
        who->owner.ready.push_back(who);
    }
}

void any_greenlet::join() const
{
    core_->require_own_thread("join");
    core& self = *this_hub().running;
    if (core_.get() == &self) {
        throw std::logic_error("join: " + self.name + " waits for itself");
    }
    if (core_->done) {
        return;
    }
    const ticket turn = prepare_wait();
    core_->joins.push_back(turn);
    self.joining = core_.get();
    const std::shared_ptr<core> leave(&self, [](core* joined) { joined->joining = nullptr; });
    wait(turn);
}

void any_greenlet::wait_for_result() const
{
    join();
    if (core_->error) {
        core_->asked = true;
        std::rethrow_exception(core_->error);
    }
}

void sleep(std::chrono::nanoseconds time)
{
    if (time <= std::chrono::nanoseconds::zero()) {
        const std::shared_ptr<core> self = waiter();
        self->owner.ready.push_back(self); // behind all who can run; nobody needs to wake it
        self->owner.switch_away(*self);
        exit_if_killed(*self);
        return;
    }
    const ticket turn = prepare_wait();
    asio::steady_timer clock(loop(), time);
    clock.async_wait([turn](std::error_code) { wake(turn); });
    wait(turn);
}

void wait_readable(asio::ip::tcp::socket& socket)
{
    const ticket turn = prepare_wait();
    // Not a local variable: whoever is killed leaves before the handler is called.
    const auto outcome = std::make_shared<std::error_code>();
    socket.async_wait(asio::ip::tcp::socket::wait_read, [turn, outcome](std::error_code error) {
        *outcome = error;
        wake(turn);
    });
    wait(turn);
    if (*outcome) {
        throw std::system_error(*outcome, "wait_readable");
    }
}

void any_greenlet::kill() const
{
    core_->require_own_thread("kill");
    core& one = *core_;
    if (one.done) {
        return;
    }
    if (&one == this_hub().running.get()) {
        one.kill_delivered = true;
        throw greenlet_exit{};
    }
    if (!one.kill_asked) { // a second one must not end the waits of its cleaning up
        one.kill_asked = true;
        wake({core_, one.waits});
    }
    join();
}

// "main waits for a, a waits for b, b waits": main first, then in the order of their numbers.
std::string hub::who_waits() const
{
    const auto say = [](const core& one) {
        return one.name + " waits" + (one.joining ? " for " + one.joining->name : "");
    };
    std::string text = say(*main);
    for (const auto& [number, one] : all) {
        text += ", " + say(*one);
    }
    return text;
}

} // namespace green
