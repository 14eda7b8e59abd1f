# What can be chosen at configure time, and what holds for every target of the project.
option(SLOY_PROGRAM "Build the sloy program" ${PROJECT_IS_TOP_LEVEL})
option(SLOY_TESTS "Build the tests" ${PROJECT_IS_TOP_LEVEL})
option(SLOY_BENCH "Build bench/, programs that measure kernels" OFF)
option(SLOY_INSTALL "Install the library, and the program where it is built" ${PROJECT_IS_TOP_LEVEL})
option(SLOY_OPENMP "Compute on several threads through OpenMP" ON)
option(SLOY_WERROR "Treat warnings as errors" OFF)
option(SLOY_FUZZERS "Build tests/fuzz with libFuzzer (clang)" OFF)
set(SLOY_SANITIZE "" CACHE STRING "Sanitizers, as in -fsanitize=: address,undefined")

if(SLOY_OPENMP AND NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  message(FATAL_ERROR "SLOY_OPENMP needs g++: oneDNN computes through GNU's OpenMP runtime, and two "
    "runtimes in one process fight for the cores. With ${CMAKE_CXX_COMPILER_ID}: -DSLOY_OPENMP=OFF")
endif()
if(SLOY_FUZZERS AND NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  message(FATAL_ERROR "SLOY_FUZZERS needs clang++: cmake --preset sanitize")
endif()

if(PROJECT_IS_TOP_LEVEL)
  find_program(SLOY_CCACHE ccache)
  if(SLOY_CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}
        CCACHE_NOHASHDIR=1 CCACHE_DEPEND=1 CCACHE_SLOPPINESS=pch_defines,time_macros ${SLOY_CCACHE})
  endif()
  set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
  set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
  set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
endif()

# Flags of our own sources. Nothing of this reaches a user of the installed library.
add_library(sloy_flags INTERFACE)
target_compile_features(sloy_flags INTERFACE cxx_std_20)
target_compile_options(sloy_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -ffp-contract=off
  -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # g++ 12 warns of overlap inside std::string's own operator+ (GCC bug 105651).
  target_compile_options(sloy_flags INTERFACE -Wno-restrict)
endif()
get_property(several_build_types GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
if(NOT CMAKE_BUILD_TYPE AND NOT several_build_types)
  message(STATUS "Sloy is compiled with -O3: no CMAKE_BUILD_TYPE is given")
  target_compile_options(sloy_flags INTERFACE -O3)
  target_compile_definitions(sloy_flags INTERFACE NDEBUG)
endif()
# Of targets with precompiled headers. Behind them g++ 12 takes std::string's insides for ours, and
# warns of them; the others are what a compiler cache asks for.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  set(SLOY_PRECOMPILED_OPTIONS -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread
    -fpch-preprocess)
else()
  set(SLOY_PRECOMPILED_OPTIONS "SHELL:-Xclang -fno-pch-timestamp")
endif()
if(SLOY_WERROR)
  target_compile_options(sloy_flags INTERFACE -Werror)
endif()
if(SLOY_SANITIZE)
  # Bad pointers are the address sanitizer's to find: looking for them twice makes loops many times
  # as slow.
  target_compile_options(sloy_flags INTERFACE -fsanitize=${SLOY_SANITIZE} -fno-sanitize-recover=all
    -fno-sanitize=null,object-size,pointer-overflow,vptr -fno-omit-frame-pointer)
  target_link_options(sloy_flags INTERFACE -fsanitize=${SLOY_SANITIZE})
endif()
