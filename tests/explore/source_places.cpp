// SPDX-License-Identifier: MIT
#include "explore/source_places.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cxxabi.h>
#include <elf.h>
#include <filesystem>
#include <fstream>
#include <link.h>
#include <sstream>
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
    return path.parent_path().filename() == "explore" && path.filename() != "canary.cpp";
}

bool is_library(const std::string& file)
{
    return file.find("/usr/") != std::string::npos || file.find("_deps/") != std::string::npos;
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

std::string line_of(const std::string& file, int number)
{
    std::ifstream in(file);
    std::string line;
    for (int i = 0; i < number; ++i) {
        if (!std::getline(in, line)) {
            return {};
        }
    }
    const auto first = line.find_first_not_of(" \t");
    return first == std::string::npos ? std::string() : line.substr(first);
}

} // namespace

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
        if (number >= image.first && number < image.last) {
            asked.push_back(address);
            // A return address may already belong to the next line.
            std::fprintf(questions, "%lx\n", number - image.base - 1);
        }
    }
    std::fclose(questions);
    std::ostringstream command;
    command << "addr2line -a -i -e /proc/" << getpid() << "/exe < " << name << " 2>/dev/null";
    FILE* answers = popen(command.str().c_str(), "r");
    char line[4096];
    std::size_t answered = 0;
    while (answers != nullptr && std::fgets(line, sizeof line, answers) != nullptr) {
        line[std::strcspn(line, "\n")] = '\0';
        if (std::strncmp(line, "0x", 2) == 0) {
            ++answered;
            continue;
        }
        char* colon = std::strrchr(line, ':');
        if (answered == 0 || answered > asked.size() || colon == nullptr) {
            continue;
        }
        *colon = '\0';
        frames_[asked[answered - 1]].push_back({line, std::atoi(colon + 1)});
    }
    const int status = answers != nullptr ? pclose(answers) : -1;
    unlink(name);
    if (status != 0 || answered == 0) {
        problem_ = "addr2line (package binutils) is missing: no places in the source";
    }
}

place source_places::of(void* const* frames, int count) const
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
            if (is_library(one.file)) {
                found.library = std::filesystem::path(one.file).filename();
                continue;
            }
            const std::string tree = tree_above(one.file);
            found.file = one.file.substr(tree.size());
            found.line = one.line;
            found.text = line_of(one.file, one.line);
            return found;
        }
    }
    return found;
}

std::string name_of_global(unsigned long address)
{
    static const std::string program = [] {
        std::ifstream in("/proc/self/exe", std::ios::binary);
        std::ostringstream all;
        all << in.rdbuf();
        return all.str();
    }();
    const unsigned long wanted = address - this_program().base;
    const auto at = [](unsigned long offset, unsigned long size) -> const char* {
        return offset + size <= program.size() ? program.data() + offset : nullptr;
    };
    const auto* header = reinterpret_cast<const Elf64_Ehdr*>(at(0, sizeof(Elf64_Ehdr)));
    for (int i = 0; header != nullptr && i < header->e_shnum; ++i) {
        const auto* table = reinterpret_cast<const Elf64_Shdr*>(
            at(header->e_shoff + static_cast<unsigned long>(i) * header->e_shentsize,
               sizeof(Elf64_Shdr)));
        if (table == nullptr || table->sh_type != SHT_SYMTAB) {
            continue;
        }
        const auto* names = reinterpret_cast<const Elf64_Shdr*>(
            at(header->e_shoff + static_cast<unsigned long>(table->sh_link) * header->e_shentsize,
               sizeof(Elf64_Shdr)));
        for (unsigned long k = 0; names != nullptr && k < table->sh_size / sizeof(Elf64_Sym); ++k) {
            const auto* symbol = reinterpret_cast<const Elf64_Sym*>(
                at(table->sh_offset + k * sizeof(Elf64_Sym), sizeof(Elf64_Sym)));
            if (symbol == nullptr || ELF64_ST_TYPE(symbol->st_info) != STT_OBJECT ||
                wanted < symbol->st_value || wanted >= symbol->st_value + symbol->st_size) {
                continue;
            }
            const char* mangled = at(names->sh_offset + symbol->st_name, 1);
            int problem = 0;
            char* readable = abi::__cxa_demangle(mangled, nullptr, nullptr, &problem);
            std::string name = readable != nullptr ? readable : mangled;
            std::free(readable);
            if (const auto scope = name.rfind("::"); scope != std::string::npos) {
                name.erase(0, scope + 2);
            }
            const unsigned long offset = wanted - symbol->st_value;
            return offset == 0 ? name : name + "+" + std::to_string(offset);
        }
    }
    return {};
}

} // namespace explorer
