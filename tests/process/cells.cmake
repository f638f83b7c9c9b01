# Process tests of cells, channels and locks.
# SPDX-License-Identifier: MIT
add_executable(structured_process_test
  cell_actor.cpp
  cell_process_test.cpp
  channel_actor.cpp
  channel_process_test.cpp
  lock_process_test.cpp
  main.cpp)
target_include_directories(structured_process_test PRIVATE ${samepage_SOURCE_DIR}/src)
target_link_libraries(structured_process_test PRIVATE process_runner samepage_objects GTest::gtest)
samepage_precompile(structured_process_test <gtest/gtest.h>)
samepage_add_suites(structured_process_test cell_process_test channel_process_test lock_process_test)
if(NOT WIN32)
  target_sources(structured_process_test PRIVATE bits_test.cpp cell_posix_test.cpp channel_posix_test.cpp
                                                 descriptor_test.cpp)
  samepage_add_suites(structured_process_test bits_test cell_posix_test channel_posix_test descriptor_test)
  if(TARGET actor32)
    add_dependencies(structured_process_test actor32)
  endif()
  # A sanitizer's own system calls would be counted too, and its runtime has its own ways with signals, crowds and
  # forks by the hundred.
  if(NOT SAMEPAGE_SANITIZED)
    target_sources(structured_process_test PRIVATE bias_test.cpp participants_test.cpp system_calls_test.cpp
                                                   waiting_test.cpp)
    samepage_add_suites(structured_process_test bias_test participants_test system_calls_test waiting_test)
    # A program of its own: it puts a clock of its own in front of the C library's.
    add_executable(clock_process_test cell_actor.cpp clock_test.cpp main.cpp)
    target_link_libraries(clock_process_test PRIVATE process_runner samepage_objects GTest::gtest)
    samepage_add_suites(clock_process_test clock_test)
  endif()
endif()
