# Reading the promises of an exercise, its Catch2 cases, out of the test's source, so that each is an
# entry of ctest's before anything is built.
#
# SPDX-License-Identifier: MIT

# Sets <out> to a list of "sentence|step|flags", flags being some of: stretch soak explore.
# Arguments: the files to read, the test first.
function(workbook_read_promises id out)
    set(promises)
    set(seen)
    foreach(file IN LISTS ARGN)
        if(NOT EXISTS ${file})
            message(FATAL_ERROR "${id} has no ${file}")
        endif()
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
        file(STRINGS ${file} lines REGEX "^[ \t]*(TEST_CASE|TEMPLATE_TEST_CASE|SCENARIO)")
        foreach(line IN LISTS lines)
            if(NOT line MATCHES "^TEST_CASE\\(\"([^\"]*)\",(.*)$")
                message(FATAL_ERROR "${file}: a case must stand on one line that begins with "
                                    "TEST_CASE(\"sentence\", \"[tags]\"): ${line}")
            endif()
            set(sentence "${CMAKE_MATCH_1}")
            set(tags "${CMAKE_MATCH_2}")
            if(NOT sentence MATCHES "^[A-Za-z0-9][A-Za-z0-9 '.:()+=<>/-]*$")
                message(FATAL_ERROR "${file}: \"${sentence}\": letters, digits, spaces and "
                                    "'.:()+=<>/- only, or the test's name would mean something else")
            endif()
            if(sentence MATCHES "ex[0-9][0-9]")
                message(FATAL_ERROR "${file}: \"${sentence}\" names an exercise, so ctest -R would "
                                    "select it for that one too")
            endif()
            if(sentence IN_LIST seen)
                message(FATAL_ERROR "${file}: \"${sentence}\" stands twice")
            endif()
            list(APPEND seen "${sentence}")
            set(step 1)
            if(tags MATCHES "\\[step([0-9]+)\\]")
                set(step ${CMAKE_MATCH_1})
            endif()
            set(flags)
            foreach(flag stretch soak explore)
                if(tags MATCHES "\\[${flag}\\]")
                    string(APPEND flags " ${flag}")
                endif()
            endforeach()
            list(APPEND promises "${sentence}|${step}|${flags}")
        endforeach()
    endforeach()
    if(NOT promises)
        message(FATAL_ERROR "${id}: no TEST_CASE found in ${ARGN}")
    endif()
    set(${out} "${promises}" PARENT_SCOPE)
endfunction()
