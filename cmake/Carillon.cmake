# How parts, programs and tests are declared. A part is lib/<name>: one target, one layer number; a
# part may use parts of its own layer only when they are declared before it, and never a higher one.

include_guard(GLOBAL)

# carillon_precompiled(<kind> [<headers...>])
# Declares carillon_<kind>_headers, which compiles once what nearly every source includes: parsing it takes up to
# half of the time of a source that is not optimized. Kinds differ by how their sources are compiled (position,
# optimization). The preset dev goes without, so that each source includes what it uses.
function(carillon_precompiled kind)
  set(target carillon_${kind}_headers)
  set(source ${CMAKE_SOURCE_DIR}/cmake/precompiled.cc)
  if(kind STREQUAL "part")
    add_library(${target} OBJECT ${source})
  else()
    add_executable(${target} ${source})
  endif()
  target_link_libraries(${target} PRIVATE absl::flat_hash_map protobuf::libprotobuf)
  target_precompile_headers(${target} PRIVATE <algorithm> <array> <atomic> <charconv> <chrono> <condition_variable>
    <deque> <filesystem> <fstream> <functional> <map> <memory> <mutex> <optional> <random> <set> <span> <sstream>
    <string> <thread> <tuple> <unordered_map> <variant> <vector>
    <absl/container/flat_hash_map.h> <absl/container/flat_hash_set.h> <absl/functional/any_invocable.h>
    <absl/status/statusor.h> <absl/strings/str_cat.h> <absl/strings/str_join.h> <absl/strings/str_split.h>
    <absl/synchronization/mutex.h> <absl/time/clock.h>
    <google/protobuf/descriptor.h> <google/protobuf/message.h> <google/protobuf/generated_message_reflection.h>
    ${ARGN})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")  # for ccache
    target_compile_options(${target} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
  endif()
endfunction()

# The target takes what is precompiled for its kind.
function(carillon_precompile target kind)
  if(NOT CARILLON_PRECOMPILE)
    return()
  endif()
  target_precompile_headers(${target} REUSE_FROM carillon_${kind}_headers)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")  # for ccache
    target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:SHELL:-Xclang -fno-pch-timestamp>)
  endif()
endfunction()

# What tests' code is compiled with unless it computes much.
set(CARILLON_UNOPTIMIZED -O0 -U_FORTIFY_SOURCE)  # fortification needs optimization

if(CARILLON_PRECOMPILE)
  carillon_precompiled(part)
  carillon_precompiled(program)
  if(CARILLON_TESTS)
    carillon_precompiled(test <gmock/gmock.h>)
    target_link_libraries(carillon_test_headers PRIVATE GTest::gmock)
    target_compile_options(carillon_test_headers PRIVATE ${CARILLON_UNOPTIMIZED})
  endif()
endif()

# carillon_part(<name> LAYER <n> SOURCES <files...> [USES <parts...>] [LIBS <libraries...>])
function(carillon_part name)
  cmake_parse_arguments(ARG "" "LAYER" "SOURCES;USES;LIBS" ${ARGN})
  if(ARG_SOURCES)
    add_library(carillon_${name} STATIC ${ARG_SOURCES})
    set(scope PUBLIC)
  else()
    add_library(carillon_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(carillon_${name} ${scope} ${CMAKE_CURRENT_SOURCE_DIR}/include)
  target_link_libraries(carillon_${name} ${scope} ${ARG_LIBS})
  if(ARG_SOURCES)
    target_link_libraries(carillon_${name} PRIVATE carillon_strict_warnings)
    carillon_precompile(carillon_${name} part)
  endif()
  set_property(GLOBAL PROPERTY carillon_layer_${name} ${ARG_LAYER})
  foreach(part IN LISTS ARG_USES)
    get_property(layer GLOBAL PROPERTY carillon_layer_${part})
    if(layer STREQUAL "")
      message(FATAL_ERROR "lib/${name} uses '${part}', which is not declared before it")
    endif()
    if(layer GREATER ARG_LAYER)
      message(FATAL_ERROR
        "lib/${name} (layer ${ARG_LAYER}) uses lib/${part} (layer ${layer}): a part never uses a higher layer")
    endif()
    target_link_libraries(carillon_${name} ${scope} carillon_${part})
  endforeach()
endfunction()

# carillon_links_none(<part> <libraries...>)
# Configuring fails where the part links one of them, through whatever it uses.
function(carillon_links_none part)
  set(ahead carillon_${part})
  set(seen)
  while(ahead)
    list(POP_FRONT ahead target)
    if(target IN_LIST seen OR NOT TARGET ${target})
      continue()
    endif()
    list(APPEND seen ${target})
    if(target IN_LIST ARGN)
      message(FATAL_ERROR "lib/${part} is not to link ${target}: see its README.md")
    endif()
    get_target_property(libraries ${target} INTERFACE_LINK_LIBRARIES)
    if(libraries)
      list(APPEND ahead ${libraries})
    endif()
  endwhile()
endfunction()

# carillon_program(<name> SOURCES <files...> [USES <parts...>] [LIBS <libraries...>])
function(carillon_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;USES;LIBS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  list(TRANSFORM ARG_USES PREPEND carillon_)
  target_link_libraries(${name} PRIVATE ${ARG_USES} ${ARG_LIBS} carillon_strict_warnings)
  carillon_precompile(${name} program)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
endfunction()

# carillon_test(<name> LABEL <unit|integration> SOURCES <files...> [USES <parts...>] [LIBS ...] [OPTIMIZED])
# One program and one CTest entry; it runs with CARILLON_SHARED naming tests/contracts. Code of tests is not
# optimized, which halves the time to compile it, unless it says that it computes much (OPTIMIZED); the
# parts that it tests are as they are everywhere.
function(carillon_test name)
  cmake_parse_arguments(ARG "OPTIMIZED" "LABEL;TIMEOUT" "SOURCES;USES;LIBS" ${ARGN})
  add_executable(test_${name} ${ARG_SOURCES})
  list(TRANSFORM ARG_USES PREPEND carillon_)
  target_link_libraries(test_${name} PRIVATE ${ARG_USES} ${ARG_LIBS}
    GTest::gmock GTest::gtest_main carillon_warnings)
  if(ARG_OPTIMIZED)
    carillon_precompile(test_${name} program)
  else()
    target_compile_options(test_${name} PRIVATE ${CARILLON_UNOPTIMIZED})
    carillon_precompile(test_${name} test)
  endif()
  target_compile_definitions(test_${name} PRIVATE
    CARILLON_CONTRACTS_DIR="${CMAKE_SOURCE_DIR}/tests/contracts")
  set_target_properties(test_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 900)
  endif()
  add_test(NAME ${ARG_LABEL}.${name} COMMAND test_${name})
  set_tests_properties(${ARG_LABEL}.${name} PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT})
endfunction()
