// SPDX-License-Identifier: MIT
#include "support/traces.hpp"

#include "support/watch_page.hpp"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cxxabi.h>
#include <exception>
#include <typeinfo>

#include <dlfcn.h>
#include <unistd.h>
#include <unwind.h>

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define WORKBOOK_SEES_THROWS 1 // the sanitizers have a __cxa_throw of their own
#endif

namespace support {
namespace {

pid_t home = 0; // the case's process; 0: no traces are left
std::terminate_handler terminate_before = nullptr;
alignas(16) char signal_stack[64 * 1024];

_Unwind_Reason_Code add_frame(_Unwind_Context* context, void* out)
{
    auto& into = *static_cast<trace*>(out);
    into.frame[into.frames] = reinterpret_cast<void*>(_Unwind_GetIP(context));
    return ++into.frames < trace::most_frames ? _URC_NO_REASON : _URC_END_OF_STACK;
}

void write_down(trace& into)
{
    into.process = ::getpid();
    into.thread = ::gettid();
    into.frames = 0;
    _Unwind_Backtrace(add_frame, &into);
}

// False if somebody else has it.
bool take(trace& one)
{
    int free = 0;
    return one.whole.compare_exchange_strong(free, 2);
}

trace& end_of_this_process()
{
    return ::getpid() == home ? page->end : page->end_of_a_child;
}

void on_terminate()
{
    trace& end = end_of_this_process();
    if (take(end)) {
        const std::exception_ptr current = std::current_exception();
        std::memcpy(&end.about, &current, sizeof end.about);
        end.signal = SIGABRT;
        std::snprintf(end.what, sizeof end.what, "std::terminate");
        write_down(end);
        end.whole = 1;
    }
    terminate_before();
}

void on_fault(int number, siginfo_t* info, void*)
{
    trace& end = end_of_this_process();
    if (take(end)) {
        end.signal = number;
        // Of an address that cannot be one at all the kernel says nothing.
        end.about = info->si_code == SI_KERNEL ? reinterpret_cast<void*>(-1) : info->si_addr;
        write_down(end);
        end.whole = 1;
    }
    std::signal(number, SIG_DFL);
    std::raise(number); // on the way back from here
}

void on_question(int, siginfo_t*, void*)
{
    const int slot = page->standing++;
    if (slot < watch_page::most_threads) {
        write_down(page->stands[slot]);
        page->stands[slot].whole = 1;
    }
}

void handle_if_nobody_does(int number, void (*handler)(int, siginfo_t*, void*))
{
    struct sigaction action {};
    sigaction(number, nullptr, &action);
    if (action.sa_handler == SIG_DFL) {
        action.sa_sigaction = handler;
        action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
        sigaction(number, &action, nullptr);
    }
}

} // namespace

#ifdef WORKBOOK_SEES_THROWS
namespace {

void describe(trace& into, const std::type_info& type, void* exception)
{
    int problem = 0;
    char* readable = abi::__cxa_demangle(type.name(), nullptr, nullptr, &problem);
    const char* name = readable != nullptr ? readable : type.name();
    // Of a type that a case declares: what Catch2 calls the case's function tells nothing.
    constexpr const char* in_a_case = "C_A_T_C_H_T_E_S_T_";
    if (const char* scope = std::strstr(name, in_a_case); scope != nullptr) {
        const char* own = std::strstr(scope, "()::");
        name = own != nullptr ? own + 4 : name;
    }
    // Public, of this library's type_info: whether a handler for the other type would catch it.
    if (typeid(std::exception).__do_catch(&type, &exception, 1)) {
        std::snprintf(into.what, sizeof into.what, "%s \"%s\"", name,
                      static_cast<std::exception*>(exception)->what());
    } else {
        std::snprintf(into.what, sizeof into.what, "%s", name);
    }
    std::free(readable);
}

void note_throw(void* exception, const std::type_info& type)
{
    if (home == 0) {
        return;
    }
    trace& one = page->thrown[page->throws++ % watch_page::most_throws];
    one.whole = 2;
    one.about = exception;
    describe(one, type, exception);
    write_down(one);
    one.whole = 1;
}

} // namespace
#endif

void leave_traces()
{
    home = ::getpid();
    page->traced = home;
    stack_t alternative{};
    alternative.ss_sp = signal_stack;
    alternative.ss_size = sizeof signal_stack;
    sigaltstack(&alternative, nullptr);
    for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL}) {
        handle_if_nobody_does(number, on_fault);
    }
    if (!signals_are_counted::declared()) {
        handle_if_nobody_does(SIGABRT, on_fault);
        handle_if_nobody_does(SIGPIPE, on_fault);
        handle_if_nobody_does(where_are_you(), on_question);
    }
    terminate_before = std::set_terminate(on_terminate);
}

} // namespace support

namespace support {
namespace {

void note_opening(int descriptor)
{
    if (home != 0 && ::getpid() == home) {
        trace& one = page->opened[descriptor];
        one.whole = 2;
        write_down(one);
        one.whole = 1;
    }
}

} // namespace
} // namespace support

namespace explorer {

// The explorer's, which stands in front of these calls.
void opened_outside(int descriptor) noexcept
{
    if (descriptor < support::watch_page::most_descriptors) {
        support::note_opening(descriptor);
    }
}

} // namespace explorer

#ifdef WORKBOOK_SEES_THROWS
// Every throw comes through here, on its way to the library. It has a name of its own because
// clang's <cxxabi.h> declares __cxa_throw() as well.
extern "C" [[noreturn]] void thrown(void* exception, void* type,
                                    void (*destroy)(void*)) __asm__("__cxa_throw");
extern "C" void thrown(void* exception, void* type, void (*destroy)(void*))
{
    using thrower = void (*)(void*, void*, void (*)(void*));
    static constinit std::atomic<thrower> real = nullptr; // no guard: the explorer sees to those
    if (real == nullptr) {
        real = reinterpret_cast<thrower>(::dlsym(RTLD_NEXT, "__cxa_throw"));
    }
    support::note_throw(exception, *static_cast<const std::type_info*>(type));
    real.load()(exception, type, destroy);
    std::abort();
}
#endif
