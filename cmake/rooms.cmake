# Compiler settings and the two functions every room uses: room() and room_test().

option(CONTAINER_TESTS "Build the tests" ON)
option(CONTAINER_WERROR "Treat compiler warnings as errors" ON)
set(CONTAINER_SANITIZE "" CACHE STRING "Sanitizers for everything, for example address,undefined")

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE}")
endif()

add_library(compile_settings INTERFACE)
target_compile_options(compile_settings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wold-style-cast -Wcast-qual
  -Wundef -Wextra-semi -fno-plt -ffunction-sections -fdata-sections -fstack-protector-strong)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # False alarms of GCC 12: overlaps in std::string (its bug 105651), and the operators new and delete of Asio's
  # coroutine frames.
  target_compile_options(compile_settings INTERFACE -Wno-restrict -Wno-mismatched-new-delete)
endif()
if(CONTAINER_WERROR)
  target_compile_options(compile_settings INTERFACE -Werror)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT CONTAINER_SANITIZE)
  target_compile_definitions(compile_settings INTERFACE _FORTIFY_SOURCE=2)
endif()
# Boost.Asio without its own threads, Boost without the libraries that it would auto-link.
target_compile_definitions(compile_settings INTERFACE
  BOOST_ERROR_CODE_HEADER_ONLY BOOST_ASIO_NO_DEPRECATED FMT_HEADER_ONLY=1)
target_include_directories(compile_settings INTERFACE "${CMAKE_SOURCE_DIR}/src" "${CMAKE_SOURCE_DIR}")
if(CONTAINER_SANITIZE)
  target_compile_options(compile_settings INTERFACE -fsanitize=${CONTAINER_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC's manual: sanitizers make this warning see what is not there.
    target_compile_options(compile_settings INTERFACE -Wno-maybe-uninitialized)
    if(CONTAINER_SANITIZE MATCHES "thread")
      # Asio's fences, which the thread sanitizer does not see; the mutex of its loop orders the same accesses.
      target_compile_options(compile_settings INTERFACE -Wno-tsan)
    endif()
  endif()
  target_link_options(compile_settings INTERFACE -fsanitize=${CONTAINER_SANITIZE})
endif()

find_package(Threads REQUIRED)

# room(NAME SOURCES file... [DEPS target...]): a static library of one folder.
function(room name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPS" ${ARGN})
  if(arg_SOURCES)
    add_library(${name} STATIC ${arg_SOURCES})
    target_link_libraries(${name} PUBLIC compile_settings ${arg_DEPS})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE compile_settings ${arg_DEPS})
  endif()
endfunction()

# Every program whose tests have the label "unit", which is all that the sanitizers are run on.
add_custom_target(unit_programs)

# room_test(NAME SOURCES file... [DEPS target...] [LABELS label] [TIMEOUT seconds] [FIXTURE name] [ENGINES engine...]):
# one GoogleTest program; each of its tests is a test of ctest. With ENGINES it is run once for each engine, because
# starting one takes seconds, with the tests that have the engine in their name; it is skipped when they all are.
# FIXTURE: the tests run after those that have the property FIXTURES_SETUP of that name.
function(room_test name)
  cmake_parse_arguments(arg "" "TIMEOUT;LABELS;FIXTURE" "SOURCES;DEPS;ENGINES" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  if(NOT arg_LABELS)
    set(arg_LABELS unit)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE compile_settings test_data ${arg_DEPS} GTest::gmock)
  if(arg_ENGINES)
    target_sources(${name} PRIVATE "${CMAKE_SOURCE_DIR}/tests/support/engine_test_main.cpp")
    foreach(engine ${arg_ENGINES})
      add_test(NAME ${name}.${engine} COMMAND ${name} "--gtest_filter=*${engine}*")
      # Engines share the machine's cgroups and package manager: one program at a time.
      set_tests_properties(${name}.${engine} PROPERTIES LABELS engine TIMEOUT ${arg_TIMEOUT} RESOURCE_LOCK engines
        SKIP_RETURN_CODE 77 FIXTURES_REQUIRED "${arg_FIXTURE}")
    endforeach()
  else()
    target_link_libraries(${name} PRIVATE GTest::gtest_main)
    if(arg_LABELS STREQUAL "unit")
      add_dependencies(unit_programs ${name})
    endif()
    set(properties LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT})
    if(arg_LABELS STREQUAL "engine")
      list(APPEND properties RESOURCE_LOCK engines)
    endif()
    if(arg_FIXTURE)
      list(APPEND properties FIXTURES_REQUIRED "${arg_FIXTURE}")
    endif()
    gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 PROPERTIES ${properties})
  endif()
endfunction()
