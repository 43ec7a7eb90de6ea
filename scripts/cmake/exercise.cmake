# workbook_exercise(exNN_name [EXPLORED] [USES exMM_name ...] [LIBRARIES asio] [SHARES contract.hpp]
#                   [APART folder ...])
#
# EXPLORED   its checkers are linked with the schedule explorer
# USES       reference answers (solutions/) that stub and solution may call
# LIBRARIES  asio, for answers or tests that include it
# SHARES     files in tests/support whose cases the test includes
# APART      folders in exercises/given with code that knows nothing of the workbook: compiled once,
#            the same object files go into every checker and program of the exercise
#
# Makes the student's checker (ex03_checker), the programs (ex03_process_pool and the same with
# _solution) and ctest's entries, and the same checker for a bug hunt that is going on (hunt03, of
# hunts/ex03_process_pool); in an instructor's build also the checkers of the solution (ref03),
# of each wrong and right answer (bad03.*, good03.*), of the fresh stub (new03) and of half-filled
# stubs (half03.*).
#
# SPDX-License-Identifier: MIT
include(promises)

set(WORKBOOK_EXERCISES "" CACHE INTERNAL "")
set(WORKBOOK_LEFT_OUT 0 CACHE INTERNAL "")
set(WORKBOOK_IN_ALL EXCLUDE_FROM_ALL)
if(WORKBOOK_INSTRUCTOR OR WORKBOOK_SANITIZE)
    set(WORKBOOK_IN_ALL)
endif()

# Tests in parts, tests/<name>/<1, 2 or 3>/. Read again when a test changes: promises.cmake sees to that.
if(EXISTS ${CMAKE_SOURCE_DIR}/scripts/tool/course/trimmed_test.py)
    execute_process(
        COMMAND ${Python3_EXECUTABLE} -S -E ${WORKBOOK_TOOL} trimmed_test
                ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/tests
        COMMAND_ERROR_IS_FATAL ANY)
endif()

# The answers made from patches and stubs, listed for each exercise in WORKBOOK_ANSWERS_<name>.
if(WORKBOOK_INSTRUCTOR AND EXISTS ${CMAKE_SOURCE_DIR}/scripts/tool/course/answers.py)
    file(GLOB_RECURSE made_from CONFIGURE_DEPENDS
        ${CMAKE_SOURCE_DIR}/tests/wrong_answers/*.patch ${CMAKE_SOURCE_DIR}/tests/right_answers/*.patch
        ${CMAKE_SOURCE_DIR}/solutions/[^.]*.?pp ${CMAKE_SOURCE_DIR}/exercises/ex*.?pp)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${made_from}
        ${CMAKE_SOURCE_DIR}/scripts/tool/course/answers.py)
    execute_process(
        COMMAND ${Python3_EXECUTABLE} ${WORKBOOK_TOOL} answers
                --source-dir ${CMAKE_SOURCE_DIR} --out ${CMAKE_BINARY_DIR}/answers
        RESULT_VARIABLE failed)
    if(failed)
        message(FATAL_ERROR "An answer could not be made, see above.")
    endif()
    include(${CMAKE_BINARY_DIR}/answers/answers.cmake)
endif()

# The objects of exercises/given/<folder>: -O2, no sanitizer, no precompiled header, and nothing that
# the exercise or its flavor asks for. Not fortified and with exceptions: third_party.cpp says why.
function(workbook_apart folder)
    if(TARGET apart_${folder})
        return()
    endif()
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/exercises/given/${folder}/[^.]*.cpp)
    add_library(apart_${folder} OBJECT EXCLUDE_FROM_ALL ${sources})
    target_compile_options(apart_${folder} PRIVATE -O2 -U_FORTIFY_SOURCE -fexceptions
                                                   -fno-sanitize=all)
endfunction()

# Links `target`, made of a test's and an answer's objects, into a checker. More objects follow as
# link items: as sources they would come before the target's own.
function(workbook_link_checker target)
    set(objects instantiated_${EX_flavor})
    if("asio" IN_LIST EX_LIBRARIES)
        list(APPEND objects instantiated_${EX_flavor}_asio)
    endif()
    if(EX_flavor STREQUAL "explored" AND EX_EXPLORED)
        list(APPEND objects explorer_library explorer_canary explorer_runtime)
    elseif(EX_flavor STREQUAL "explored")
        list(APPEND objects empty_hooks)
    endif()
    list(TRANSFORM EX_APART PREPEND apart_ OUTPUT_VARIABLE apart)
    list(APPEND objects ${apart})
    list(TRANSFORM objects REPLACE "(.+)" "$<TARGET_OBJECTS:\\1>")
    target_link_libraries(${target} PRIVATE ${objects})
    foreach(used IN LISTS EX_USES)
        target_link_libraries(${target} PRIVATE reference_${used}_${EX_flavor})
    endforeach()
    # Given code comes before the support, which is not instrumented; but who asks for todo_page comes
    # after it, and not every linker looks back. An answer with a main() of its own must not be the
    # checker.
    target_link_options(${target} PRIVATE LINKER:-u,todo_page,-u,workbook_checkers_main)
    target_link_libraries(${target} PRIVATE given_${EX_flavor} workbook_support)
    if("asio" IN_LIST EX_LIBRARIES)
        target_link_libraries(${target} PRIVATE workbook_asio_${EX_flavor})
    endif()
    if(EX_EXPLORED AND NOT EX_flavor STREQUAL "explored" AND TARGET explorer_absent)
        target_link_libraries(${target} PRIVATE explorer_absent)
    endif()
    target_link_libraries(${target} PRIVATE fmt::fmt ${CMAKE_DL_LIBS} atomic)
endfunction()

# Settings for a target that is compiled for a checker or belongs to one.
function(workbook_judged target folder)
    target_include_directories(${target} BEFORE PRIVATE ${folder})
    foreach(used IN LISTS EX_USES)
        target_link_libraries(${target} PRIVATE reference_${used}_${EX_flavor})
    endforeach()
    target_link_libraries(${target} PRIVATE fmt::fmt)
    workbook_compile_as(${target} ${EX_flavor} judged ${EX_LIBRARIES})
    if(folder STREQUAL "${CMAKE_SOURCE_DIR}/solutions/${EX_name}")
        workbook_reads_solutions(${target})
    endif()
endfunction()

# The answer's sources: every .cpp but the program's, and but hidden files, which editors leave there
# (Emacs' .#x.cpp leads nowhere).
function(workbook_sources folder out)
    file(GLOB sources CONFIGURE_DEPENDS ${folder}/[^.]*.cpp)
    list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
    set(${out} ${sources} PARENT_SCOPE)
endfunction()

# The object library `target`: the test in `files`, compiled against the headers in `folder`.
function(workbook_test_objects target files folder)
    add_library(${target} OBJECT EXCLUDE_FROM_ALL ${files})
    workbook_judged(${target} ${folder})
    if(NOT files STREQUAL EX_test) # what only other cases call is called by nobody there
        target_compile_options(${target} PRIVATE -Wno-unused)
    endif()
endfunction()

# A checker for the answer in `folder`, of which it compiles the `sources`. More words are objects that
# are there already: the test's, and the rest of the answer's.
function(workbook_checker target folder in_all sources)
    add_executable(${target} ${in_all} ${sources} ${ARGN})
    workbook_judged(${target} ${folder})
    workbook_link_checker(${target})
endfunction()

# Labels, for ctest -L. A student's build has none: ctest would end each run with a table of them.
function(workbook_label test)
    if(WORKBOOK_INSTRUCTOR OR WORKBOOK_SANITIZE)
        set_tests_properties("${test}" PROPERTIES LABELS "${ARGN}")
    endif()
endfunction()

# A ctest entry that builds `target` before the others of its `group`. With a file of `cases`, the
# built checker must have these and no others. Python looks for no packages (-S): it would take longer
# than the rest of the script.
function(workbook_build_entry group target cases)
    set(compare)
    if(cases)
        # The digest goes along, because another exercise's build may configure again and rewrite
        # the file under a ctest that still has the old entries.
        file(SHA256 ${cases} digest)
        set(compare --cases ${cases} --promises ${digest}
            --checker ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/${target})
    endif()
    set(entry "${group}.build (errors: ${WORKBOOK_BUILD_NAME}/${group}.log)")
    add_test(NAME "${entry}"
        COMMAND ${Python3_EXECUTABLE} -S -E ${WORKBOOK_TOOL} build_step
            --build-dir ${CMAKE_BINARY_DIR} --source-dir ${CMAKE_SOURCE_DIR} --exercise ${EX_name}
            --target ${target} --log ${CMAKE_BINARY_DIR}/${group}.log ${compare})
    set_tests_properties("${entry}" PROPERTIES FIXTURES_SETUP ${group}_built
        RESOURCE_LOCK build_tree TIMEOUT 1800)
    workbook_label("${entry}" build ${ARGN})
endfunction()

# One entry for each promise, run by `target`.
function(workbook_promise_entries group target mode)
    workbook_hold_place(${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/${target})
    foreach(promise place IN ZIP_LISTS EX_promises EX_places)
        string(REGEX MATCH "^([^|]*)\\|([0-9]+)\\|(.*)$" matched "${promise}")
        set(sentence "${CMAKE_MATCH_1}")
        set(step "${CMAKE_MATCH_2}")
        string(STRIP "${CMAKE_MATCH_3}" flags)
        string(REPLACE " " ";" flags "${flags}")
        if("soak" IN_LIST flags AND (NOT WORKBOOK_INSTRUCTOR OR NOT group MATCHES "^ref"))
            continue()
        endif()
        if("explore" IN_LIST flags AND NOT WORKBOOK_EXPLORER)
            math(EXPR left_out "${WORKBOOK_LEFT_OUT} + 1")
            set(WORKBOOK_LEFT_OUT ${left_out} CACHE INTERNAL "")
            continue()
        endif()
        add_test(NAME "${group}: ${sentence}"
            COMMAND ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/${target} ${mode} "${sentence}")
        set_tests_properties("${group}: ${sentence}" PROPERTIES FIXTURES_REQUIRED ${group}_built
            TIMEOUT 150)
        if("soak" IN_LIST flags) # one at a time, or they take the processor from one another
            set_tests_properties("${group}: ${sentence}" PROPERTIES RESOURCE_LOCK soak)
        endif()
        workbook_label("${group}: ${sentence}" ${EX_id} step${step} ${flags} ${ARGN})
        workbook_test_place("${group}: ${sentence}" "${place}")
    endforeach()
endfunction()

# The checker of the answer in `folder`, named `target`, and the entries of its build and of its
# promises; more words are labels. The test's objects are those of `test`, if that is a target.
function(workbook_checker_and_entries group target folder in_all test)
    workbook_sources(${folder} sources)
    if(NOT TARGET ${test})
        workbook_test_objects(${test} "${EX_tests}" ${folder})
    endif()
    workbook_checker(${target} ${folder} "${in_all}" "${sources}" $<TARGET_OBJECTS:${test}>)
    workbook_build_entry(${group} ${target} ${CMAKE_BINARY_DIR}/${EX_id}.cases ${ARGN})
    workbook_promise_entries(${group} ${target} "" ${ARGN})
endfunction()

# Whether two answers have the same headers, as they are now: CMake runs again if one is changed.
function(workbook_same_headers one other out)
    set(digests_one)
    set(digests_other)
    foreach(which one other)
        file(GLOB headers CONFIGURE_DEPENDS ${${which}}/[^.]*.hpp)
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${headers})
        foreach(header IN LISTS headers)
            file(SHA256 ${header} digest)
            get_filename_component(file ${header} NAME)
            list(APPEND digests_${which} ${file}:${digest})
        endforeach()
    endforeach()
    set(${out} OFF PARENT_SCOPE)
    if(digests_one STREQUAL digests_other)
        set(${out} ON PARENT_SCOPE)
    endif()
endfunction()

# The checker of a bug hunt, if one is going on. Its test is compiled already, for an answer with the
# same headers: the student's, or else the solution's, which most mistakes leave alone.
function(workbook_hunt hunt stub solution)
    workbook_sources(${hunt} hunted)
    if(NOT hunted)
        return()
    endif()
    set(test hunt${EX_number}_test)
    workbook_same_headers(${hunt} ${stub} as_the_students)
    workbook_same_headers(${hunt} ${solution} as_the_solutions)
    if(as_the_students)
        set(test ${EX_id}_checker_test)
    elseif(as_the_solutions)
        set(test solution${EX_number}_test)
        if(NOT TARGET ${test})
            workbook_test_objects(${test} "${EX_tests}" ${solution})
        endif()
    endif()
    workbook_checker_and_entries(hunt${EX_number} hunt${EX_number} ${hunt} EXCLUDE_FROM_ALL ${test}
        student)
endfunction()

function(workbook_program target folder main in_all)
    workbook_sources(${folder} sources)
    # Compiled from a copy in a folder of its own: #include "x.hpp" looks beside main.cpp first, where
    # the stub's header lies, and the solution's program would mix the two.
    foreach(file IN LISTS main sources)
        if(NOT EXISTS ${file} OR IS_DIRECTORY ${file})
            cmake_path(RELATIVE_PATH file BASE_DIRECTORY ${CMAKE_SOURCE_DIR} OUTPUT_VARIABLE gone)
            message(FATAL_ERROR
                "${gone} is gone, or no file; to have it again: scripts/workbook reset ${EX_id}")
        endif()
    endforeach()
    configure_file(${main} ${CMAKE_BINARY_DIR}/programs/${target}/main.cpp COPYONLY)
    set(main ${CMAKE_BINARY_DIR}/programs/${target}/main.cpp)
    get_target_property(reference reference_${EX_name}_plain SOURCE_FOLDER)
    if(sources AND folder STREQUAL reference) # compiled already, in the same way
        set(sources $<TARGET_OBJECTS:reference_${EX_name}_plain>)
    endif()
    add_executable(${target} ${in_all} ${main} ${sources})
    target_include_directories(${target} BEFORE PRIVATE ${folder})
    workbook_compile_as(${target} plain program)
    if(folder STREQUAL "${CMAKE_SOURCE_DIR}/solutions/${EX_name}")
        workbook_reads_solutions(${target})
    endif()
    foreach(used IN LISTS EX_USES)
        target_link_libraries(${target} PRIVATE reference_${used}_plain)
    endforeach()
    foreach(folder IN LISTS EX_APART)
        target_sources(${target} PRIVATE $<TARGET_OBJECTS:apart_${folder}>)
    endforeach()
    target_link_libraries(${target} PRIVATE given_plain fmt::fmt Threads::Threads ${CMAKE_DL_LIBS})
    if("asio" IN_LIST EX_LIBRARIES)
        target_link_libraries(${target} PRIVATE workbook_asio_plain)
    endif()
endfunction()

# A check of the project: the program runs to its end, on the solution and without arguments.
function(workbook_program_runs what target)
    if(NOT TARGET programs_all)
        add_custom_target(programs_all ALL)
        workbook_build_entry(programs programs_all "" self)
    endif()
    add_dependencies(programs_all ${target})
    add_test(NAME self.program-of-${what} COMMAND ${target})
    set_tests_properties(self.program-of-${what} PROPERTIES FIXTURES_REQUIRED programs_built TIMEOUT 150)
    workbook_label(self.program-of-${what} self)
endfunction()

# The solution as a library, for the exercises that use it.
function(workbook_reference)
    set(folder ${CMAKE_SOURCE_DIR}/solutions/${EX_name})
    if(EX_id STREQUAL "ex11" AND WORKBOOK_OWN_GREENLET)
        set(folder ${CMAKE_SOURCE_DIR}/exercises/${EX_name})
    endif()
    workbook_sources(${folder} sources)
    foreach(flavor explored plain)
        if(NOT TARGET given_${flavor})
            continue()
        endif()
        set(library reference_${EX_name}_${flavor})
        if(sources)
            add_library(${library} STATIC EXCLUDE_FROM_ALL ${sources})
            target_include_directories(${library} PUBLIC ${folder})
            workbook_compile_as(${library} ${flavor} shared)
            workbook_reads_solutions(${library})
            set(public PUBLIC)
        else()
            add_library(${library} INTERFACE)
            target_include_directories(${library} INTERFACE ${folder})
            set(public INTERFACE)
        endif()
        set_target_properties(${library} PROPERTIES SOURCE_FOLDER ${folder})
        foreach(used IN LISTS EX_USES)
            target_link_libraries(${library} ${public} reference_${used}_${flavor})
        endforeach()
        target_link_libraries(${library} ${public} given_${flavor} fmt::fmt)
        if("asio" IN_LIST EX_LIBRARIES)
            target_link_libraries(${library} ${public} workbook_asio_${flavor})
        endif()
    endforeach()
endfunction()

# The checker of an answer that answers.py made. What it has in common with the solution is compiled
# for that one: of the answer, all but the .cpp files in `changed`; and the test, unless `changed` is
# "header". Of the test that it then compiles a wrong answer's holds only the cases that must fail.
function(workbook_made_checker check changed)
    set(made ${CMAKE_BINARY_DIR}/answers/${check})
    set(folder ${made}/${EX_name})
    set(ref ref${EX_number})
    if(changed STREQUAL "header")
        workbook_sources(${folder} sources)
        set(test ${EX_test})
        if(EXISTS ${made}/tests/${EX_name}_test.cpp)
            set(test ${made}/tests/${EX_name}_test.cpp)
        endif()
        workbook_test_objects(${check}_test ${test} ${folder})
        set(shared $<TARGET_OBJECTS:${check}_test>)
    else()
        string(REPLACE "," ";" sources "${changed}")
        string(REPLACE "." "\\." pattern "${sources}")
        string(REPLACE ";" "|" pattern "${pattern}")
        list(TRANSFORM sources PREPEND ${folder}/)
        set(shared $<TARGET_OBJECTS:${ref}_test>
            "$<FILTER:$<TARGET_OBJECTS:${ref}>,EXCLUDE,/(${pattern})\\.o$>")
    endif()
    workbook_checker(${check} ${folder} "" "${sources}" ${shared})
endfunction()

# A right answer passes with the smallest and with the largest of the numbers that the tests may draw.
# Explored cases draw none: a short search will do.
function(workbook_ends_of_what_is_drawn group check)
    set(draws)
    foreach(file IN LISTS EX_test EX_SHARES)
        file(STRINGS ${file} draws_here REGEX "drawn\\(")
        list(APPEND draws ${draws_here})
    endforeach()
    if(NOT draws)
        return()
    endif()
    foreach(end smallest largest)
        add_test(NAME self.${end}-${check} COMMAND ${check} --all)
        set_tests_properties(self.${end}-${check} PROPERTIES FIXTURES_REQUIRED ${group}_built TIMEOUT 600
            ENVIRONMENT "WORKBOOK_NUMBERS=${end};WORKBOOK_SCHEDULES=2000")
        workbook_label(self.${end}-${check} ${EX_id} self)
    endforeach()
endfunction()

# Wrong and right answers, fresh and half-filled stubs: checkers made from WORKBOOK_ANSWERS_<name>,
# whose entries are "check|header or the .cpp files that differ|sentence|...".
function(workbook_made_answers)
    foreach(answer IN LISTS WORKBOOK_ANSWERS_${EX_name})
        string(REPLACE "|" ";" parts "${answer}")
        list(POP_FRONT parts check changed)
        workbook_made_checker(${check} "${changed}")
        string(REGEX MATCH "^[a-z]+[0-9]+" group ${check})
        if(NOT TARGET ${group}_all)
            add_custom_target(${group}_all)
            workbook_build_entry(${group} ${group}_all "")
        endif()
        add_dependencies(${group}_all ${check})
        if(check MATCHES "^new")
            workbook_promise_entries(${group} ${check} --unfinished)
            continue()
        endif()
        if(check MATCHES "^bad")
            set(mode --fails)
        elseif(check MATCHES "^good")
            set(mode --all)
            set(parts)
        else()
            set(mode --half)
        endif()
        string(REPLACE "<semicolon>" "\\;" parts "${parts}") # as answers.py writes it
        add_test(NAME ${check} COMMAND ${check} ${mode} ${parts})
        set_tests_properties(${check} PROPERTIES FIXTURES_REQUIRED ${group}_built TIMEOUT 600)
        if(mode STREQUAL "--all" AND EX_EXPLORED)
            set_tests_properties(${check} PROPERTIES COST ${WORKBOOK_LONG}) # the whole budget, each case
        endif()
        if(mode STREQUAL "--all")
            workbook_ends_of_what_is_drawn(${group} ${check})
        endif()
        if(mode STREQUAL "--half") # the whole solution is searched for longer, this need not be
            set_tests_properties(${check} PROPERTIES ENVIRONMENT WORKBOOK_SCHEDULES=2000)
        endif()
        workbook_label(${check} ${EX_id} ${group})
    endforeach()
endfunction()

function(workbook_exercise name)
    cmake_parse_arguments(PARSE_ARGV 1 EX "EXPLORED" "" "USES;LIBRARIES;SHARES;APART")
    if(NOT name MATCHES "^ex([0-9][0-9])_[a-z_]+$" OR EX_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "workbook_exercise(${name} ${ARGN}): a name such as ex03_process_pool, "
                            "then EXPLORED, USES, LIBRARIES, SHARES, APART")
    endif()
    set(EX_name ${name})
    set(EX_number ${CMAKE_MATCH_1})
    set(EX_id ex${EX_number})
    set(EX_test ${CMAKE_SOURCE_DIR}/tests/${name}_test.cpp)
    set(stub ${CMAKE_SOURCE_DIR}/exercises/${name})
    set(solution ${CMAKE_SOURCE_DIR}/solutions/${name})
    set(EX_flavor plain)
    if(WORKBOOK_EXPLORER)
        set(EX_flavor explored)
    endif()
    file(GLOB EX_tests ${CMAKE_BINARY_DIR}/tests/${name}/*/${name}_test.cpp)
    if(NOT EX_tests)
        set(EX_tests ${EX_test})
    endif()
    list(TRANSFORM EX_SHARES PREPEND ${CMAKE_SOURCE_DIR}/tests/support/)
    workbook_read_promises(${EX_id} EX_promises ${EX_test} ${EX_SHARES})
    workbook_case_places(EX_places ${EX_test} ${EX_SHARES})

    foreach(folder IN LISTS EX_APART)
        workbook_apart(${folder})
    endforeach()
    workbook_reference()

    # What a built checker must list, or its promises have changed since this was read.
    list(TRANSFORM EX_promises REPLACE "\\|.*$" "" OUTPUT_VARIABLE sentences)
    string(REPLACE ";" "\n" lines "${sentences}")
    file(WRITE ${CMAKE_BINARY_DIR}/${EX_id}.cases "${lines}\n")

    # Never in "all": a student's unfinished edit must not stop an instructor's build.
    workbook_checker_and_entries(${EX_id} ${EX_id}_checker ${stub} EXCLUDE_FROM_ALL
        ${EX_id}_checker_test student)
    workbook_program(${name} ${stub} ${stub}/main.cpp EXCLUDE_FROM_ALL)
    workbook_program(${name}_solution ${solution} ${stub}/main.cpp "${WORKBOOK_IN_ALL}")
    if(WORKBOOK_INSTRUCTOR OR WORKBOOK_SANITIZE)
        workbook_checker_and_entries(ref${EX_number} ref${EX_number} ${solution} ""
            ref${EX_number}_test)
    endif()
    workbook_hunt(${CMAKE_SOURCE_DIR}/hunts/${name} ${stub} ${solution})
    if(WORKBOOK_INSTRUCTOR)
        workbook_program_runs(${EX_id} ${name}_solution)
        workbook_ends_of_what_is_drawn(ref${EX_number} ref${EX_number})
        workbook_made_answers()
    endif()

    set(described ${WORKBOOK_EXERCISES} ${name})
    set(WORKBOOK_EXERCISES ${described} CACHE INTERNAL "")
    set(WORKBOOK_PROMISES_${name} "${EX_promises}" CACHE INTERNAL "")
    set(WORKBOOK_EXPLORED_${name} ${EX_EXPLORED} CACHE INTERNAL "")
endfunction()
