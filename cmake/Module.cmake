# sekisho_module(NAME SOURCES a.cc … [PUBLIC target …] [PRIVATE target …])
#
# One folder of agent/ as one static library, sekisho_NAME, with its alias sekisho::NAME. Headers are
# included as "name/file.h". PUBLIC: what the module's headers need; PRIVATE: what only its .cc files
# need. A module that includes what it does not link fails to build or to link: that is the layering.
function(sekisho_module name)
  cmake_parse_arguments(arg "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(sekisho_${name} STATIC ${arg_SOURCES})
  add_library(sekisho::${name} ALIAS sekisho_${name})
  target_include_directories(sekisho_${name} PUBLIC ${PROJECT_SOURCE_DIR}/agent)
  target_link_libraries(sekisho_${name} PUBLIC ${arg_PUBLIC} PRIVATE sekisho::build_flags ${arg_PRIVATE})
  sekisho_hide_folder(sekisho_${name})
endfunction()

# sekisho_tell_sanitizer(TARGET PRIVATE|PUBLIC)
#
# SEKISHO_SANITIZED is 1 with a sanitizer and 0 without one, for what takes long or has another heap there.
# The compiler's own word is taken back where Protobuf's headers are included (proto/CMakeLists.txt).
function(sekisho_tell_sanitizer target visibility)
  if(SEKISHO_SANITIZE)
    target_compile_definitions(${target} ${visibility} SEKISHO_SANITIZED=1)
  else()
    target_compile_definitions(${target} ${visibility} SEKISHO_SANITIZED=0)
  endif()
endfunction()

# sekisho_test(NAME SOURCES a_test.cc … LIBS target … [LABELS unit|integration|e2e] [TIMEOUT s] [ONE_THREAD])
#
# One GoogleTest program, registered as one ctest per test case, or as one under a sanitizer, and part of the
# target tests-LABEL. ONE_THREAD: neither the tests nor what they test have another one. With a sanitizer all
# others of the unit and integration tests have the label "threads", too, and are part of tests-threads.
function(sekisho_test name)
  cmake_parse_arguments(arg "ONE_THREAD" "TIMEOUT" "SOURCES;LIBS;LABELS" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${name} PRIVATE sekisho::build_flags ${arg_LIBS} GTest::gmock GTest::gtest_main)
  if(SEKISHO_SANITIZE AND arg_LABELS MATCHES "^(unit|integration)$" AND NOT arg_ONE_THREAD)
    list(APPEND arg_LABELS threads)
  endif()
  foreach(label IN LISTS arg_LABELS)
    if(NOT TARGET tests-${label})
      add_custom_target(tests-${label})
    endif()
    add_dependencies(tests-${label} ${name})
  endforeach()
  if(SEKISHO_SANITIZE)
    # To start an instrumented program takes longer than most of its cases: once is enough.
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT 900)
    return()
  endif()
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST
    PROPERTIES LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT})
endfunction()
