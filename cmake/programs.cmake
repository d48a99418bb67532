# What is built around the library: the command, the tests, the benches. Natively only.

find_package(GTest REQUIRED)

# outboard: the command, with the hub inside.
find_package(PkgConfig REQUIRED)
pkg_check_modules(libedit REQUIRED IMPORTED_TARGET libedit)
room(cli KNOWS capi hub remote WITHOUT "main\\.cc$")
target_link_libraries(cli PRIVATE nlohmann_json::nlohmann_json PkgConfig::libedit)
add_executable(outboard src/cli/main.cc)
target_link_libraries(outboard PRIVATE cli)
install(TARGETS outboard)

# unit_tests: each *_test.cc beside the code it is about.
include(cmake/snippets.cmake)
file(GLOB_RECURSE unit_sources CONFIGURE_DEPENDS src/*_test.cc tests/snippets/*_test.cc tests/space/*_test.cc)
if(NOT unit_sources STREQUAL "")
  add_executable(unit_tests ${unit_sources} tests/repository.cc)
  target_link_libraries(unit_tests PRIVATE cli journal sync GTest::gtest_main GTest::gmock)
  add_library(c99_program OBJECT src/capi/header_test.c)
  set_target_properties(c99_program PROPERTIES C_STANDARD 99 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF)
  target_include_directories(c99_program PRIVATE include)
  target_compile_options(c99_program PRIVATE -pedantic -Wall -Wextra -Werror)
  target_link_libraries(unit_tests PRIVATE c99_program)
  # Some tests run these, from the same folder.
  add_executable(set_up_sidecar tests/programs/set_up_sidecar.cc)  # for set_up_process_test.cc
  target_link_libraries(set_up_sidecar PRIVATE worker)
  add_dependencies(unit_tests outboard snippet_readme snippet_guide_cpp snippet_set_up set_up_sidecar)
  target_compile_options(unit_tests PRIVATE -O1 -g1)  # they are compiled more often than run
  # Where this clone lies is told to one file alone: the rest compiles alike everywhere.
  set_source_files_properties(tests/repository.cc PROPERTIES
    COMPILE_DEFINITIONS OUTBOARD_ROOT="${PROJECT_SOURCE_DIR}")
endif()

# scenarios: runs tests/scenarios/ on a native host.
file(GLOB scenario_sources CONFIGURE_DEPENDS tests/scenario/*.cc)
if(NOT scenario_sources STREQUAL "")
  add_executable(scenarios ${scenario_sources})
  target_link_libraries(scenarios PRIVATE worker remote)
  add_dependencies(scenarios outboard)  # --host process and serve start it
endif()

# simulate: replicas, a hub, a network and disks in one process, by seed. It compiles the dialogue once more,
# with the faults that can be put back in.
file(GLOB simulation_sources CONFIGURE_DEPENDS tests/simulation/*.cc src/sync/*.cc src/hub/space/*.cc)
list(FILTER simulation_sources EXCLUDE REGEX "_test\\.cc$")
add_executable(simulate ${simulation_sources})
target_include_directories(simulate PRIVATE tests/simulation)
target_compile_definitions(simulate PRIVATE OUTBOARD_MUTANTS)
target_link_libraries(simulate PRIVATE base)

# fuzz_*: one program per decoder, for clang.
option(OUTBOARD_FUZZERS "Build the fuzzers (clang)" OFF)
if(OUTBOARD_FUZZERS)
  file(GLOB fuzz_sources CONFIGURE_DEPENDS tests/fuzz/*.cc)
  foreach(source IN LISTS fuzz_sources)
    get_filename_component(name ${source} NAME_WE)
    add_executable(${name} ${source})
    target_link_libraries(${name} PRIVATE engine journal sync)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    list(APPEND fuzzers ${name})
  endforeach()
  add_custom_target(fuzzers DEPENDS ${fuzzers})
endif()

# bench_*: ours beside direct SQLite and bare primitives.
option(OUTBOARD_BENCHES "Build the benches" ON)
if(OUTBOARD_BENCHES)
  file(GLOB bench_sources CONFIGURE_DEPENDS bench/native/*.cc)
  if(NOT bench_sources STREQUAL "")
    add_executable(bench ${bench_sources})
    target_link_libraries(bench PRIVATE worker remote)
    add_dependencies(bench outboard)  # some benches start it
    target_include_directories(bench PRIVATE bench/native)
  endif()
endif()
