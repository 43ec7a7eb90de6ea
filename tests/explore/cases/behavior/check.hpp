// What the checks of the explorer's promises have in common.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "explore/explore.hpp"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace cases {

struct check {
    const char* name;
    void (*run)();
};

std::vector<check> checks_of_library();
std::vector<check> checks_of_threads();
std::vector<check> checks_of_kernels_threads();
std::vector<check> checks_of_memory();
std::vector<check> checks_of_older_values();
std::vector<check> checks_of_spinning();
std::vector<check> checks_of_time();
std::vector<check> checks_of_failures();
std::vector<check> checks_of_outside();
std::vector<check> checks_of_network();
std::vector<check> checks_of_processes();
std::vector<check> checks_of_searching();
std::vector<check> checks_of_reports();
std::vector<check> checks_of_causes();
std::vector<check> checks_of_what_is_left();

// Thrown by a check; what() says what was promised and what came instead.
class broken : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

inline void expect(bool holds, const std::string& what)
{
    if (!holds) {
        throw broken(what);
    }
}

inline void expect_pass(const explorer::result& got)
{
    expect(!got.failed && !got.out_of_time, "expected a pass, got:\n" + got.report);
}

inline void expect_failure(const explorer::result& got, const std::string& kind,
                           const std::string& mentioned = {})
{
    expect(got.failed && got.kind == kind,
           "expected '" + kind + "', got '" + got.kind + "':\n" + got.report);
    expect(got.report.find(mentioned) != std::string::npos,
           "expected the report to mention '" + mentioned + "':\n" + got.report);
}

// Sets a variable of the environment while it lives.
class with_environment {
public:
    with_environment(const char* name, const char* value) : name_(name) { setenv(name, value, 1); }
    ~with_environment() { unsetenv(name_); }
    with_environment(const with_environment&) = delete;
    with_environment& operator=(const with_environment&) = delete;

private:
    const char* name_;
};

inline void in_a_thread(void (*function)())
{
    std::thread(function).join();
}

// What follows "Cause: " or "Advice: ", in one line.
inline std::string told_as(const std::string& report, const std::string& word)
{
    const auto at = report.find("\n" + word);
    if (at == std::string::npos) {
        return {};
    }
    std::string text = report.substr(at + 1, report.find("\n\n", at) - at - 1);
    text = text.substr(0, text.find("\nAdvice: "));
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
}

void looked_and_then_slept(); // a body that one can sleep through; in causes.cpp

} // namespace cases
