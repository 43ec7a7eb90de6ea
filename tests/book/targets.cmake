# The small cases that the book's reader plays, in an instructor's build. What scripts/book/games has
# recorded of them must still be what they do.
#
# SPDX-License-Identifier: MIT
file(GLOB game_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/book/games/[^.]*.cpp)
explorer_program(book_games judged ${game_sources})

set(EX_name book_games)
workbook_build_entry(self.book-games book_games "" self)
add_test(NAME self.book-games
    COMMAND ${Python3_EXECUTABLE} ${WORKBOOK_TOOL} games --check
        ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/book_games)
set_tests_properties(self.book-games PROPERTIES FIXTURES_REQUIRED self.book-games_built TIMEOUT 1500
    LABELS self)
