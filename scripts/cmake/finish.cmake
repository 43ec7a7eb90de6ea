# After all exercises: what the tool needs to know of them (workbook.json), and the project's checks
# of itself.
#
# SPDX-License-Identifier: MIT

set(json "")
foreach(name IN LISTS WORKBOOK_EXERCISES)
    string(SUBSTRING ${name} 0 4 id)
    set(cases "")
    foreach(promise IN LISTS WORKBOOK_PROMISES_${name})
        string(REGEX MATCH "^([^|]*)\\|([0-9]+)\\|(.*)$" matched "${promise}")
        set(case "{\"sentence\": \"${CMAKE_MATCH_1}\", \"step\": ${CMAKE_MATCH_2}")
        set(flags "${CMAKE_MATCH_3}")
        foreach(flag stretch soak explore)
            set(set false)
            if(flags MATCHES "${flag}")
                set(set true)
            endif()
            string(APPEND case ", \"${flag}\": ${set}")
        endforeach()
        list(APPEND cases "     ${case}}")
    endforeach()
    string(REPLACE ";" ",\n" cases "${cases}")
    set(explored false)
    if(WORKBOOK_EXPLORED_${name})
        set(explored true)
    endif()
    set(bin ${CMAKE_RUNTIME_OUTPUT_DIRECTORY})
    list(APPEND json "  {\"name\": \"${name}\", \"id\": \"${id}\", \"explored\": ${explored},
   \"target\": \"${id}_checker\", \"student_checker\": \"${bin}/${id}_checker\",
   \"program_target\": \"${name}\", \"program\": \"${bin}/${name}\",
   \"solution_program_target\": \"${name}_solution\", \"solution_program\": \"${bin}/${name}_solution\",
   \"cases\": [\n${cases}]}")
endforeach()
string(REPLACE ";" ",\n" json "${json}")
file(WRITE ${CMAKE_BINARY_DIR}/workbook.json
    "{\"source\": \"${CMAKE_SOURCE_DIR}\",\n \"exercises\": [\n${json}\n]}\n")

workbook_finish_places()

if(WORKBOOK_SANITIZE AND WORKBOOK_LEFT_OUT)
    math(EXPR left_out "${WORKBOOK_LEFT_OUT} / 2") # counted for the stub and for the solution
    message(STATUS "${left_out} explored cases are left out: the explorer and "
                   "-fsanitize=${WORKBOOK_SANITIZE} exclude each other")
endif()

if(WORKBOOK_INSTRUCTOR)
    if(TARGET explorer_runtime AND EXISTS ${CMAKE_SOURCE_DIR}/tests/explore/targets.cmake)
        include(${CMAKE_SOURCE_DIR}/tests/explore/targets.cmake)
        include(${CMAKE_SOURCE_DIR}/tests/book/targets.cmake)
    endif()
    if(WORKBOOK_EXPLORER)
        include(${CMAKE_SOURCE_DIR}/tests/checker/targets.cmake)
        include(${CMAKE_SOURCE_DIR}/tests/grade/targets.cmake)
        include(${CMAKE_SOURCE_DIR}/tests/bughunt/targets.cmake)
    endif()
    foreach(check stubs sections figures wrong-answers contracts equivalents placeholders explorer
            pictures games names format spdx imports lint types tool book book-in-a-browser)
        add_test(NAME self.${check}
            COMMAND ${Python3_EXECUTABLE} ${WORKBOOK_TOOL} selfcheck ${check}
            WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
        set_tests_properties(self.${check} PROPERTIES TIMEOUT 1500 SKIP_RETURN_CODE 77 LABELS self)
        if(check MATCHES "tool|book")
            set_tests_properties(self.${check} PROPERTIES COST ${WORKBOOK_LONG})
        endif()
    endforeach()
    if(WORKBOOK_EXPLORER AND WORKBOOK_EXERCISES)
        add_test(NAME self.report-sizes
            COMMAND ${Python3_EXECUTABLE} ${WORKBOOK_TOOL} report_sizes --sample ${CMAKE_BINARY_DIR})
        list(TRANSFORM WORKBOOK_EXERCISES REPLACE "^ex([0-9][0-9]).*" "bad\\1_built" OUTPUT_VARIABLE built)
        set_tests_properties(self.report-sizes PROPERTIES FIXTURES_REQUIRED "${built}" TIMEOUT 900
            LABELS self)
    endif()
    foreach(name IN LISTS WORKBOOK_EXERCISES)
        if(WORKBOOK_EXPLORER AND WORKBOOK_PROMISES_${name} MATCHES "explore")
            string(SUBSTRING ${name} 2 2 number)
            add_test(NAME self.proofs-${number}
                COMMAND ${Python3_EXECUTABLE} ${WORKBOOK_TOOL} proofs
                    ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/ref${number})
            set_tests_properties(self.proofs-${number} PROPERTIES
                FIXTURES_REQUIRED ref${number}_built COST ${WORKBOOK_LONG} TIMEOUT 3000 LABELS self)
        endif()
    endforeach()
endif()
