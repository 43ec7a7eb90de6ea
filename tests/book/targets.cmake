# The small cases that the book's reader plays, in an instructor's build. What scripts/book/games has
# recorded of them must still be what they do.
#
# SPDX-License-Identifier: MIT
file(GLOB game_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/book/games/[^.]*.cpp)
explorer_program(book_games judged ${game_sources})

set(entry "self.book-games.build (errors: ${WORKBOOK_BUILD_NAME}/book_games.log)")
add_test(NAME "${entry}"
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/scripts/tool/build_step.py
        --build-dir ${CMAKE_BINARY_DIR} --source-dir ${CMAKE_SOURCE_DIR} --exercise book_games
        --target book_games --log ${CMAKE_BINARY_DIR}/book_games.log)
set_tests_properties("${entry}" PROPERTIES FIXTURES_SETUP book_games_built RESOURCE_LOCK build_tree
    TIMEOUT 1800 LABELS "self;build")
add_test(NAME self.book-games
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/scripts/tool/games.py --check
        ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/book_games)
set_tests_properties(self.book-games PROPERTIES FIXTURES_REQUIRED book_games_built TIMEOUT 1500
    LABELS self)
