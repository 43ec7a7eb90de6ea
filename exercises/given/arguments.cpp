// SPDX-License-Identifier: MIT
#include "given/arguments.hpp"

#include "given/todo.hpp"

#include <charconv>
#include <cstdio>
#include <cstring>

namespace given {

int whole_number(std::string_view text, std::string_view name, int least, int most)
{
    int value = 0;
    const char* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || stopped != end || value < least || value > most) {
        throw usage_error(std::string(name) + ": '" + std::string(text) +
                          "' is not a whole number from " + std::to_string(least) + " to " +
                          std::to_string(most));
    }
    return value;
}

int run_program(int argc, char** argv, const char* usage,
                const std::function<int(std::vector<std::string>)>& body)
{
    std::vector<std::string> arguments(argv + 1, argv + argc);
    for (const std::string& argument : arguments) {
        if (argument == "--help" || argument == "-h") {
            std::fputs(usage, stdout);
            return 0;
        }
    }
    const char* slash = std::strrchr(argv[0], '/');
    const char* program = slash ? slash + 1 : argv[0];
    std::setvbuf(stdout, nullptr, _IOLBF, 0); // a pipe's reader sees each line as it is printed
    try {
        return body(std::move(arguments));
    } catch (const usage_error& error) {
        std::fprintf(stderr, "%s: %s (try --help)\n", program, error.what());
        return 2;
    } catch (const todo_error& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 3;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", program, error.what());
        return 1;
    }
}

} // namespace given
