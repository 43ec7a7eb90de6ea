// SPDX-License-Identifier: MIT
#include "given/todo.hpp"

#include <cstdio>
#include <cstring>

char* todo_page = nullptr;

void todo(const char* sentence, std::source_location where)
{
    // "exercises/ex03_process_pool/pool.cpp" is about ex03.
    const char* file = where.file_name();
    const char* name = std::strstr(file, "/ex");
    const std::string exercise = name ? std::string(name + 1, 4) : "workbook";
    const std::string message = "TODO " + exercise + ": " + sentence + "\n  " + file + ":" +
                                std::to_string(where.line()) + "      scripts/workbook hint " +
                                exercise;
    // The first TODO reached is the one to report; a torn message from two threads at once would
    // still be a TODO, so no lock is taken here.
    if (todo_page && todo_page[0] == '\0') {
        std::snprintf(todo_page + 1, todo_page_size - 1, "%s", message.c_str() + 1);
        todo_page[0] = message[0]; // last: whoever sees it takes the whole for written
    }
    throw todo_error(message);
}
