// SPDX-License-Identifier: MIT
#include "explore/report/source_places.hpp"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cxxabi.h>
#include <elf.h>
#include <filesystem>
#include <fstream>
#include <link.h>
#include <sstream>
#include <string_view>
#include <unistd.h>

namespace explorer {
namespace {

struct program_image {
    unsigned long base = 0; // added to the addresses in the file
    unsigned long first = ~0ul;
    unsigned long last = 0;
};

int look_at_program(dl_phdr_info* info, std::size_t, void* out)
{
    auto& image = *static_cast<program_image*>(out);
    image.base = info->dlpi_addr;
    for (int i = 0; i < info->dlpi_phnum; ++i) {
        const auto& part = info->dlpi_phdr[i];
        if (part.p_type == PT_LOAD) {
            image.first = std::min(image.first, info->dlpi_addr + part.p_vaddr);
            image.last = std::max(image.last, info->dlpi_addr + part.p_vaddr + part.p_memsz);
        }
    }
    return 1; // the first one is the program itself
}

program_image this_program()
{
    program_image image;
    dl_iterate_phdr(look_at_program, &image);
    return image;
}

bool is_explorers_own(const std::string& file)
{
    const auto path = std::filesystem::path(file);
    const auto folder = path.parent_path();
    const auto is_ours = [](const std::filesystem::path& one) {
        return one.filename() == "explore" && one.parent_path().filename() == "tests";
    };
    return (is_ours(folder) && path.filename() != "canary.cpp") ||
           path.string().ends_with("tests/support/traces.cpp") || // which every throw goes through
           (is_ours(folder.parent_path()) && folder.filename() != "cases" &&
            folder.filename() != "bench");
}

bool is_library(const std::string& file)
{
    return file.find("/usr/") != std::string::npos || file.find("_deps/") != std::string::npos;
}

// By its mangled name. The line table alone does not tell: addr2line puts some inline functions of
// the library's headers into the file that includes them.
bool is_librarys_function(std::string_view name)
{
    for (const std::string_view part : {"_Z", "N", "K"}) {
        name.remove_prefix(name.starts_with(part) ? part.size() : 0);
    }
    constexpr std::string_view abbreviations = "tabsiod"; // St is std::, Ss std::string, and so on
    return (name.size() > 1 && name[0] == 'S' &&
            abbreviations.find(name[1]) != std::string_view::npos) ||
           name.starts_with("9__gnu_cxx");
}

// The source tree, that is the folder with WORKBOOK.md, above the file; ends in a slash or is
// empty.
std::string tree_above(const std::string& file)
{
    std::error_code ignored;
    for (auto folder = std::filesystem::path(file).parent_path();
         !folder.empty() && folder != folder.root_path(); folder = folder.parent_path()) {
        if (std::filesystem::exists(folder / "WORKBOOK.md", ignored)) {
            return folder.string() + "/";
        }
    }
    return {};
}

// Without its indentation.
std::string line_of(const std::string& file, int number)
{
    static std::map<std::string, std::vector<std::string>> files; // read so far
    const auto [lines, fresh] = files.try_emplace(file);
    if (fresh) {
        std::ifstream in(file);
        for (std::string line; std::getline(in, line);) {
            const auto first = line.find_first_not_of(" \t");
            lines->second.push_back(first == std::string::npos ? std::string()
                                                               : line.substr(first));
        }
        if (!lines->second.empty() && lines->second.front() == "sealed for students") {
            lines->second.clear(); // a reference, in a handout: its lines are nobody's to read
        }
    }
    const auto index = static_cast<std::size_t>(number) - 1;
    return index < lines->second.size() ? lines->second[index] : std::string();
}

struct symbol {
    unsigned long first;
    unsigned long size;
    std::string name;
};

// The program's variables (STT_OBJECT) or functions (STT_FUNC), from its symbol table; sorted by
// address.
std::vector<symbol> read_symbols(int type)
{
    std::ifstream in("/proc/self/exe", std::ios::binary);
    std::ostringstream all;
    all << in.rdbuf();
    const std::string program = all.str();
    const auto at = [&](unsigned long offset, unsigned long size) -> const char* {
        return offset + size <= program.size() ? program.data() + offset : nullptr;
    };
    std::vector<symbol> found;
    const auto* header = reinterpret_cast<const Elf64_Ehdr*>(at(0, sizeof(Elf64_Ehdr)));
    const auto section = [&](unsigned long number) {
        return reinterpret_cast<const Elf64_Shdr*>(
            at(header->e_shoff + number * header->e_shentsize, sizeof(Elf64_Shdr)));
    };
    for (unsigned long i = 0; header != nullptr && i < header->e_shnum; ++i) {
        const Elf64_Shdr* table = section(i);
        const Elf64_Shdr* names =
            table != nullptr && table->sh_type == SHT_SYMTAB ? section(table->sh_link) : nullptr;
        for (unsigned long k = 0; names != nullptr && k < table->sh_size / sizeof(Elf64_Sym); ++k) {
            const auto* one = reinterpret_cast<const Elf64_Sym*>(
                at(table->sh_offset + k * sizeof(Elf64_Sym), sizeof(Elf64_Sym)));
            if (one != nullptr && ELF64_ST_TYPE(one->st_info) == type && one->st_size > 0) {
                const char* name = at(names->sh_offset + one->st_name, 1);
                found.push_back({one->st_value, one->st_size, name != nullptr ? name : ""});
            }
        }
    }
    std::sort(found.begin(), found.end(),
              [](const symbol& one, const symbol& other) { return one.first < other.first; });
    return found;
}

std::string demangled(const std::string& mangled)
{
    int problem = 0;
    char* text = abi::__cxa_demangle(mangled.c_str(), nullptr, nullptr, &problem);
    std::string name = text != nullptr ? text : mangled;
    std::free(text);
    return name;
}

// The function in a form for people, if it is a constructor: "pool::pool(int)"; else empty.
std::string constructor_named(const std::string& mangled)
{
    const std::string name = demangled(mangled);
    int depth = name.ends_with(')') ? 1 : 0;
    std::size_t open = name.size() - 1; // the bracket in front of the parameters
    while (depth > 0 && open > 0) {
        --open;
        depth += name[open] == ')' ? 1 : name[open] == '(' ? -1 : 0;
    }
    const auto scope = name.rfind("::", open);
    if (depth != 0 || open == 0 || scope == std::string::npos || !name.ends_with(')')) {
        return {};
    }
    const std::string own = name.substr(scope + 2, open - scope - 2);
    const std::string before = name.substr(0, scope);
    const std::string of_class = before.substr(0, before.find('<')); // as far as it has a name
    const auto is_that = [&](const std::string& text) {
        return text == own || text.ends_with("::" + own);
    };
    return is_that(before) || is_that(of_class) ? name : std::string();
}

// Without its scope: "count" for "(anonymous namespace)::count".
std::string readable(const std::string& mangled)
{
    const std::string name = demangled(mangled);
    const auto scope = name.rfind("::");
    return scope == std::string::npos ? name : name.substr(scope + 2);
}

} // namespace

std::string short_name(const place& where)
{
    return where.known() ? std::filesystem::path(where.file).filename().string() + ":" +
                               std::to_string(where.line)
                         : std::string();
}

std::map<void*, std::vector<source_places::frame>> source_places::frames_;

source_places::source_places(const std::set<void*>& addresses)
{
    const program_image image = this_program();
    std::vector<void*> asked;
    char name[] = "/tmp/explorer.XXXXXX";
    const int descriptor = mkstemp(name);
    FILE* questions = descriptor < 0 ? nullptr : fdopen(descriptor, "w");
    if (questions == nullptr) {
        problem_ = "no place in /tmp to ask addr2line from";
        return;
    }
    for (void* const address : addresses) {
        const auto number = reinterpret_cast<unsigned long>(address);
        if (frames_.contains(address)) {
            continue;
        }
        if (number >= image.first && number < image.last) {
            asked.push_back(address);
            // A return address may already belong to the next line.
            std::fprintf(questions, "%lx\n", number - image.base - 1);
        }
    }
    std::fclose(questions);
    if (asked.empty()) {
        unlink(name);
        return;
    }
    std::ostringstream command;
    command << "addr2line -a -f -i -e /proc/" << getpid() << "/exe < " << name << " 2>/dev/null";
    FILE* answers = popen(command.str().c_str(), "r");
    char line[4096];
    std::size_t answered = 0;
    std::string function; // its name comes before its place
    while (answers != nullptr && std::fgets(line, sizeof line, answers) != nullptr) {
        line[std::strcspn(line, "\n")] = '\0';
        if (std::strncmp(line, "0x", 2) == 0) {
            ++answered;
            function.clear();
            continue;
        }
        if (function.empty()) {
            function = line;
            continue;
        }
        char* colon = std::strrchr(line, ':');
        if (answered > 0 && answered <= asked.size() && colon != nullptr) {
            *colon = '\0';
            frames_[asked[answered - 1]].push_back({line, std::atoi(colon + 1),
                                                    is_librarys_function(function),
                                                    constructor_named(function)});
        }
        function.clear();
    }
    const int status = answers != nullptr ? pclose(answers) : -1;
    unlink(name);
    if (status != 0 || answered == 0) {
        problem_ = "addr2line (package binutils) is missing: no places in the source";
    }
}

template <class Action>
place source_places::until(void* const* frames, int count, const Action& is_wanted) const
{
    place found;
    for (int i = 0; i < count; ++i) {
        const auto known = frames_.find(frames[i]);
        if (known == frames_.end()) {
            continue;
        }
        for (const frame& one : known->second) {
            if (one.line == 0 || one.file.starts_with("??") || is_explorers_own(one.file)) {
                continue;
            }
            if (one.library || is_library(one.file)) {
                found.library = std::filesystem::path(one.file).filename();
                continue;
            }
            const std::string tree = tree_above(one.file);
            found.file = one.file.substr(tree.size());
            found.line = one.line;
            found.text = line_of(one.file, one.line);
            found.constructor = one.constructor;
            if (is_wanted(found)) {
                return found;
            }
            found = place();
        }
    }
    return found;
}

bool is_of_class(const place& where)
{
    return where.text.starts_with("class ") || where.text.starts_with("struct ");
}

place source_places::of(void* const* frames, int count) const
{
    place of_class;
    place found = until(frames, count, [&](const place& one) {
        if (is_of_class(one)) {
            of_class = of_class.known() ? of_class : one;
            return false;
        }
        return true;
    });
    if (!found.known() && of_class.known()) {
        found = of_class;
    }
    found.in_class = of_class.known();
    found.library = of_class.known() ? of_class.library : found.library;
    return found;
}

std::vector<place> source_places::all(void* const* frames, int count) const
{
    std::vector<place> every;
    until(frames, count, [&](const place& one) {
        every.push_back(one);
        return false;
    });
    return every;
}

place source_places::definition_of(void* begin, const std::string& name) const
{
    constexpr int lines_of_a_head = 4;
    const auto known = frames_.find(begin);
    if (known == frames_.end() || known->second.empty() || known->second.back().library) {
        return {};
    }
    const frame& here = known->second.back();
    if (is_library(here.file)) {
        return {};
    }
    for (int line = here.line; line > std::max(0, here.line - lines_of_a_head); --line) {
        const std::string text = line_of(here.file, line);
        if (text.find(name + "(") != std::string::npos) {
            place found;
            found.file = here.file.substr(tree_above(here.file).size());
            found.line = line;
            found.text = text;
            return found;
        }
    }
    return {};
}

std::vector<place> functions_named(const std::string& name)
{
    static const std::vector<symbol> functions = read_symbols(STT_FUNC);
    const std::string as_part = std::to_string(name.size()) + name; // of a mangled name
    std::set<void*> begins;
    for (const symbol& one : functions) {
        const auto at = one.name.find(as_part);
        const bool is_part = at != std::string::npos && one.name.starts_with("_Z") &&
                             std::isdigit(static_cast<unsigned char>(one.name[at - 1])) == 0;
        if (is_part || one.name == name) {
            // Like a return address: one further than its first byte.
            begins.insert(reinterpret_cast<void*>(this_program().base + one.first + 1));
        }
    }
    const source_places source(begins);
    std::vector<place> found;
    for (void* const begin : begins) {
        found.push_back(source.definition_of(begin, name));
    }
    std::erase_if(found, [](const place& one) { return !one.known(); });
    return found;
}

std::string name_of_global(unsigned long address)
{
    static const std::vector<symbol> variables = read_symbols(STT_OBJECT);
    const unsigned long wanted = address - this_program().base;
    auto after =
        std::upper_bound(variables.begin(), variables.end(), wanted,
                         [](unsigned long value, const symbol& one) { return value < one.first; });
    if (after == variables.begin()) {
        return {};
    }
    const symbol& candidate = *--after;
    const unsigned long offset = wanted - candidate.first;
    if (offset >= candidate.size) {
        return {};
    }
    const std::string name = readable(candidate.name);
    return offset == 0 ? name : name + "+" + std::to_string(offset);
}

} // namespace explorer
