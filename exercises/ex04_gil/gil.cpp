// Your GIL. Its header has the promises and the private part, which is yours; WORKBOOK.md has the
// steps. Work in this order: the constructor, acquire(), release(), check_interval(), and then the
// two functions at the end, which use them.
//
// SPDX-License-Identifier: MIT
#include "gil.hpp"

#include "given/todo.hpp"

gil::gil(std::chrono::microseconds interval) : interval_(interval)
{
    todo("refuse an interval that is not positive");
}

void gil::acquire()
{
    todo("wait until no thread holds the GIL, then take it");
}

void gil::release()
{
    todo("give the GIL up and wake one thread that waits for it");
}

void gil::check_interval()
{
    todo("give way to a thread that has asked for the GIL");
}

allow_threads::allow_threads(gil& lock) : lock_(lock)
{
    todo("give the GIL up until this object is destroyed");
}

// Complete as it stands: once the constructor has done its half, this does the other one.
allow_threads::~allow_threads()
{
    lock_.acquire();
}

given::interpreter_lock interpreter_lock_of([[maybe_unused]] gil& lock)
{
    todo("let the interpreter take, give up, offer and do without this GIL");
}
