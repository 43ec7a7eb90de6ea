// The usage text, taken apart twice: into forms, of which the first word behind the program's name
// chooses one, and into the ranges and defaults of its numbers.
//
// SPDX-License-Identifier: MIT
#include "given/arguments.hpp"

#include "given/todo.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <sstream>

namespace given {
namespace {

struct part {
    std::vector<std::string> words; // several in brackets: an option and its number
    bool optional = false;
    bool repeats = false;
};
using form = std::vector<part>;

struct range {
    int least = 0;
    int most = 0;
    std::vector<int> otherwise; // the default
};

bool is_name(const std::string& word)
{
    return std::isupper(static_cast<unsigned char>(word[0])) != 0;
}

bool is_option(const part& one)
{
    return one.optional && one.words[0].starts_with("--");
}

form form_of(const std::string& text)
{
    form parts;
    bool inside = false;
    std::istringstream words(text.substr(0, text.find("  ")));
    for (std::string word; words >> word;) {
        const bool opens = word.starts_with('[');
        word.erase(0, opens);
        const bool closes = word.ends_with(']');
        word.resize(word.size() - closes);
        const bool repeats = word.ends_with("...");
        word.resize(word.size() - 3 * repeats);
        if (!inside) {
            parts.push_back({{}, opens, repeats});
        }
        parts.back().words.push_back(word);
        inside = (inside || opens) && !closes;
    }
    return parts;
}

// "PORT: 0 to 65535, 5000 if not given"; false for any other line.
bool read_range(const std::string& line, std::string& name, range& of)
{
    std::istringstream words(line);
    std::string to;
    if (!(words >> name >> of.least >> to >> of.most) || !name.ends_with(':') || to != "to") {
        return false;
    }
    name.pop_back();
    if (words.get() == ',') {
        for (int value = 0; words >> value;) {
            of.otherwise.push_back(value);
        }
    }
    return true;
}

int number_in(const std::string& text, const std::string& name, const range& of)
{
    int value = 0;
    const char* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || stopped != end || value < of.least || value > of.most) {
        throw usage_error(name + ": '" + text + "' is not a whole number from " +
                          std::to_string(of.least) + " to " + std::to_string(of.most));
    }
    return value;
}

} // namespace

// Reads a usage text, then what was typed.
class command_line {
public:
    command_line(std::string_view usage, arguments& into) : into_(into)
    {
        std::istringstream lines{std::string(usage)};
        std::string program; // with what stands before it in each form
        std::string line;
        std::getline(lines, line);
        const auto begin = std::strlen("usage: ");
        program = line.substr(begin, line.find(' ', begin) - begin);
        do {
            std::string name;
            range of;
            if (line.find(program, 0) == begin) {
                forms_.push_back(form_of(line.substr(begin + program.size())));
            } else if (read_range(line, name, of)) {
                into_.numbers_[name] = of.otherwise;
                ranges_[name] = of;
            }
        } while (std::getline(lines, line));
    }

    void read(const std::vector<std::string>& typed)
    {
        const form& chosen = form_for(typed);
        auto place = chosen.begin(); // of what is no option
        for (auto next = typed.begin(); next != typed.end();) {
            const auto option = std::find_if(chosen.begin(), chosen.end(), [&](const part& one) {
                return is_option(one) && one.words[0] == *next;
            });
            place = std::find_if_not(place, chosen.end(), is_option);
            if (option != chosen.end()) {
                take(*option, next, typed.end());
            } else if (place != chosen.end()) {
                take(*place, next, typed.end());
                place += !place->repeats;
            } else {
                throw usage_error("'" + *next + "' is not understood");
            }
        }
        place = std::find_if(place, chosen.end(), [](const part& one) { return !one.optional; });
        if (place != chosen.end()) {
            throw usage_error(place->words[0] + " is missing");
        }
    }

private:
    using word = std::vector<std::string>::const_iterator;

    // The one that begins with the first word; otherwise the first that begins with none.
    const form& form_for(const std::vector<std::string>& typed) const
    {
        const form* found = nullptr;
        for (const form& one : forms_) {
            const bool has_word = !one.empty() && !one[0].optional && !is_name(one[0].words[0]);
            if (has_word && !typed.empty() && one[0].words[0] == typed[0]) {
                return one;
            }
            if (!has_word && found == nullptr) {
                found = &one;
            }
        }
        return found ? *found : forms_.at(0);
    }

    void take(const part& one, word& next, word end)
    {
        for (const std::string& wanted : one.words) {
            if (next == end) {
                throw usage_error(wanted + " is missing");
            }
            const bool is_number = is_name(wanted) && !next->starts_with("--");
            if (is_number) {
                if (!into_.has(wanted)) {
                    into_.numbers_[wanted].clear(); // the default
                }
                into_.numbers_[wanted].push_back(number_in(*next, wanted, ranges_.at(wanted)));
            } else if (*next != wanted) {
                throw usage_error("'" + *next + "' is not understood");
            }
            into_.given_.push_back(wanted);
            ++next;
        }
    }

    arguments& into_;
    std::vector<form> forms_;
    std::map<std::string, range> ranges_;
};

arguments::arguments(std::string_view usage, const std::vector<std::string>& typed)
{
    command_line(usage, *this).read(typed);
}

bool arguments::has(std::string_view word) const
{
    return std::find(given_.begin(), given_.end(), word) != given_.end();
}

int run_program(int argc, char** argv, const char* usage,
                const std::function<int(const arguments&)>& body)
{
    const std::vector<std::string> typed(argv + 1, argv + argc);
    for (const std::string& word : typed) {
        if (word == "--help" || word == "-h") {
            std::fputs(usage, stdout);
            return 0;
        }
    }
    const char* slash = std::strrchr(argv[0], '/');
    const char* program = slash ? slash + 1 : argv[0];
    std::setvbuf(stdout, nullptr, _IOLBF, 0); // a pipe's reader sees each line as it is printed
    try {
        return body(arguments(usage, typed));
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
