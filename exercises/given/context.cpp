// How a context is made, left and entered. Four things have to be told besides the processor: the
// C++ runtime (which exceptions are being handled), AddressSanitizer (where the stack is),
// ThreadSanitizer (whose history this is), and whoever reads the message when a stack overflows.
//
// The exchange of registers is 20 lines of assembly on x86-64 and 35 on 64-bit Arm
// (exchange_stacks.cpp), and the C library's swapcontext() elsewhere or with -DWORKBOOK_UCONTEXT.
// swapcontext() does the same and also sets the signal mask, by a system call: some 150 ns each
// time, for a mask that green threads share anyway.
//
// SPDX-License-Identifier: MIT
#include "given/context.hpp"

#include "given/exchange_stacks.hpp"

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cxxabi.h>
#include <stdexcept>
#include <sys/mman.h>
#include <system_error>
#include <thread>
#include <ucontext.h>
#include <unistd.h>
#include <utility>

#if defined(__SANITIZE_ADDRESS__)
#define WORKBOOK_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WORKBOOK_ASAN 1
#endif
#endif

extern "C" {
#ifdef WORKBOOK_ASAN
void __sanitizer_start_switch_fiber(void** save, const void* bottom, std::size_t size);
void __sanitizer_finish_switch_fiber(void* saved, const void** bottom, std::size_t* size);
void __asan_unpoison_memory_region(const volatile void* start, std::size_t size);
#endif
// Weak: absent unless the program is linked with ThreadSanitizer, whatever it was compiled with.
[[gnu::weak]] void* __tsan_get_current_fiber();
[[gnu::weak]] void* __tsan_create_fiber(unsigned flags);
[[gnu::weak]] void __tsan_destroy_fiber(void* fiber);
[[gnu::weak]] void __tsan_switch_to_fiber(void* fiber, unsigned flags);
}

#if defined(WORKBOOK_EXCHANGES_STACKS) && !defined(WORKBOOK_UCONTEXT)
namespace {

struct registers {
    void* stack_pointer = nullptr;

    void prepare(std::byte* stack, std::size_t size, void (*entry)(given::context*),
                 given::context* argument)
    {
        stack_pointer = workbook_prepare_stack(stack + size,
                                               reinterpret_cast<void (*)(void*)>(entry), argument);
    }
};

void exchange(registers& left, registers& entered)
{
    workbook_exchange_stacks(&left.stack_pointer, entered.stack_pointer);
}

} // namespace
#else
namespace {

struct registers {
    ucontext_t saved;

    void prepare(std::byte* stack, std::size_t size, void (*entry)(given::context*),
                 given::context* argument)
    {
        getcontext(&saved);
        saved.uc_stack = {.ss_sp = stack, .ss_flags = 0, .ss_size = size};
        saved.uc_link = nullptr;
        // makecontext passes ints; two of them make a pointer.
        const auto wide = reinterpret_cast<std::uintptr_t>(argument);
        static thread_local void (*start)(given::context*);
        start = entry;
        makecontext(&saved, reinterpret_cast<void (*)()>(+[](unsigned high, unsigned low) {
            start(reinterpret_cast<given::context*>(static_cast<std::uintptr_t>(high) << 32 | low));
        }),
                    2, static_cast<unsigned>(wide >> 32), static_cast<unsigned>(wide));
    }
};

void exchange(registers& left, registers& entered)
{
    swapcontext(&left.saved, &entered.saved);
}

} // namespace
#endif

namespace {

// What the C++ runtime keeps per thread: the stack of exceptions being handled, and how many are
// in flight. The layout is the Itanium C++ ABI's.
struct exceptions {
    void* caught = nullptr;
    unsigned int in_flight = 0;

    static exceptions& of_this_thread()
    {
        return *reinterpret_cast<exceptions*>(abi::__cxa_get_globals());
    }
};

[[noreturn]] void die(const char* message)
{
    std::fputs(message, stderr);
    std::abort();
}

} // namespace

namespace given {

struct context::state {
    std::function<context&()> body;
    std::string name;
    std::byte* mapping = nullptr; // guard, then stack; null for a thread's own stack
    bool finished = false;
    std::thread::id thread; // where it first ran
    registers saved;
    exceptions handled;
    void* fiber = nullptr;        // ThreadSanitizer's
    bool own_fiber = false;       // made by us, hence destroyed by us
    void* fake_stack = nullptr;   // AddressSanitizer's
    const void* bottom = nullptr; // AddressSanitizer: lowest address of the stack
    std::size_t size = 0;
};

} // namespace given

namespace {

thread_local given::context* running = nullptr;
thread_local given::context* came_from = nullptr; // set by each switch, for the one who arrives

using tracer = std::function<void(const std::string&)>;
thread_local tracer* traced = nullptr; // null unless somebody wants to know; a switch looks at it

// For the signal handler, which may look at nothing but plain memory.
struct running_stack {
    std::uintptr_t guard = 0;
    const char* name = "";
};
thread_local running_stack watched;

#ifndef WORKBOOK_ASAN
struct sigaction handler_before;

// A stack that has run into its guard. There is no stack left to run on, so this runs on another
// (sigaltstack), and uses write() only.
void on_bad_address(int signal, siginfo_t* info, void*)
{
    const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
    if (watched.guard != 0 && address >= watched.guard &&
        address < watched.guard + given::context::guard_bytes) {
        const auto say = [](const char* text) {
            [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text, std::strlen(text));
        };
        say("stack overflow in ");
        say(watched.name);
        say(": its 128 KiB of stack are used up (endless recursion, or a large local array)\n");
    }
    // The same instruction fails again, and now ends the process; a mistake that was not told here
    // is somebody else's to report.
    ::sigaction(signal, &handler_before, nullptr);
}
static_assert(given::context::stack_bytes == 128 * 1024, "the message names the size");

// The stack that a thread's handlers run on. Not an array in the thread: those that never make a
// context would have it, too.
class spare_stack {
public:
    spare_stack()
    {
        stack_t stack = {};
        stack.ss_sp = bytes_.get();
        stack.ss_size = size;
        ::sigaltstack(&stack, nullptr);
    }
    ~spare_stack()
    {
        stack_t none = {};
        none.ss_flags = SS_DISABLE;
        ::sigaltstack(&none, nullptr);
    }
    spare_stack(const spare_stack&) = delete;
    spare_stack& operator=(const spare_stack&) = delete;

private:
    static constexpr std::size_t size = 32 * 1024;
    std::unique_ptr<std::byte[]> bytes_ = std::make_unique_for_overwrite<std::byte[]>(size);
};

// Once a process: the handler. Once a thread: the stack that it runs on.
void prepare_overflow_message()
{
    static const bool installed = [] {
        struct sigaction action = {};
        action.sa_sigaction = on_bad_address;
        action.sa_flags = SA_SIGINFO | SA_ONSTACK;
        return ::sigaction(SIGSEGV, &action, &handler_before) == 0;
    }();
    static thread_local const spare_stack spare;
    (void)installed;
    (void)spare;
}
#else
void prepare_overflow_message() {} // AddressSanitizer reports overflows itself
#endif

} // namespace

namespace given {

context::context() : state_(std::make_unique<state>())
{
    state_->name = "a thread's own stack";
    state_->thread = std::this_thread::get_id();
    if (__tsan_get_current_fiber) {
        state_->fiber = __tsan_get_current_fiber();
    }
}

context::context(std::function<context&()> body, std::string name)
    : state_(std::make_unique<state>())
{
    prepare_overflow_message();
    const std::size_t all = guard_bytes + stack_bytes;
    void* mapping = ::mmap(nullptr, all, PROT_NONE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (mapping == MAP_FAILED) {
        throw std::system_error(errno, std::generic_category(), "no memory for another stack");
    }
    state_->mapping = static_cast<std::byte*>(mapping);
    std::byte* stack = state_->mapping + guard_bytes;
    if (::mprotect(stack, stack_bytes, PROT_READ | PROT_WRITE) != 0) {
        const int error = errno;
        ::munmap(mapping, all);
        throw std::system_error(error, std::generic_category(),
                                "no mapping for another stack (see vm.max_map_count)");
    }
    state_->body = std::move(body);
    state_->name = std::move(name);
    state_->bottom = stack;
    state_->size = stack_bytes;
    state_->saved.prepare(stack, stack_bytes, enter, this);
    if (__tsan_create_fiber) {
        state_->fiber = __tsan_create_fiber(0);
        state_->own_fiber = true;
    }
}

context::~context()
{
    if (!state_->mapping) {
        return; // a thread's own stack, as the thread ends
    }
    if (this == running) {
        die("a context was destroyed while it was running: its stack is in use\n");
    }
#ifdef WORKBOOK_ASAN
    __asan_unpoison_memory_region(state_->mapping + guard_bytes, stack_bytes);
#endif
    if (state_->own_fiber) {
        __tsan_destroy_fiber(state_->fiber);
    }
    ::munmap(state_->mapping, guard_bytes + stack_bytes);
}

context& context::current()
{
    if (!running) {
        static thread_local context own;
        running = &own;
    }
    return *running;
}

bool context::on_own_stack() noexcept
{
    return !running || !running->state_->mapping;
}

bool context::finished() const
{
    return state_->finished;
}

namespace {

// The first thing done after each switch, on the stack that was switched to.
template <class State>
void arrive([[maybe_unused]] State& left, State& entered)
{
#ifdef WORKBOOK_ASAN
    const void* bottom = nullptr;
    std::size_t size = 0;
    __sanitizer_finish_switch_fiber(entered.fake_stack, &bottom, &size);
    left.bottom = bottom; // how the bounds of a thread's own stack become known
    left.size = size;
#endif
    exceptions::of_this_thread() = entered.handled;
}

} // namespace

// Whoever calls this inlined into another function must not have kept the address of a thread-local
// variable across the switch; contexts never change threads, so it would still be right.
[[gnu::noinline]] void switch_to(context& to)
{
    context& from = context::current();
    context::state& left = *from.state_;
    context::state& entered = *to.state_;
    if (&to == &from) {
        throw std::logic_error("switch_to: this context is already running");
    }
    if (entered.finished) {
        throw std::logic_error("switch_to: this context is finished");
    }
    if (entered.thread == std::thread::id{}) {
        entered.thread = left.thread;
    } else if (entered.thread != left.thread) {
        throw std::logic_error("switch_to: this context belongs to another thread");
    }

    if (traced) {
        (*traced)(entered.mapping ? entered.name : std::string());
    }
    left.handled = exceptions::of_this_thread();
    came_from = &from;
    running = &to;
    watched = {entered.mapping ? reinterpret_cast<std::uintptr_t>(entered.mapping) : 0,
               entered.name.c_str()};
#ifdef WORKBOOK_ASAN
    // A stack that will not be gone back to gives up its fake stack (null instead of a place).
    __sanitizer_start_switch_fiber(left.finished ? nullptr : &left.fake_stack, entered.bottom,
                                   entered.size);
#endif
    if (__tsan_switch_to_fiber) {
        __tsan_switch_to_fiber(entered.fiber, 0);
    }
    exchange(left.saved, entered.saved);
    arrive(*came_from->state_, left); // somebody has switched back to `from`
}

void trace_switches(std::function<void(const std::string&)> trace)
{
    static thread_local tracer kept; // looked at through `traced`, which needs no initialisation
    traced = nullptr;
    kept = std::move(trace);
    if (kept) {
        traced = &kept;
    }
}

void context::enter(context* started)
{
    arrive(*came_from->state_, *started->state_);
    context* next = nullptr;
    {
        const auto body = std::exchange(started->state_->body, nullptr);
        [&]() noexcept { next = &body(); }();
    }
    started->state_->finished = true;
    switch_to(*next);
    die("a finished context was gone back to\n");
}

} // namespace given
