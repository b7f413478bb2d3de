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

# room_test(NAME SOURCES file... [DEPS target...] [LABELS label...] [TIMEOUT seconds]):
# one GoogleTest program; each of its tests is a test of ctest.
function(room_test name)
  cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;DEPS;LABELS" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  if(NOT arg_LABELS)
    set(arg_LABELS unit)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE compile_settings ${arg_DEPS} GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE TEST_DATA_DIR="${CMAKE_SOURCE_DIR}/tests/data")
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT})
endfunction()
