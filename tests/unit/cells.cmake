# Unit tests of structured objects: cells, locks, channels and what they are made of.
# SPDX-License-Identifier: MIT
add_executable(structured_test
  ../process/main.cpp
  cell_test.cpp
  cell_thread_test.cpp
  channel_ring_test.cpp
  channel_test.cpp
  channel_thread_test.cpp
  header_test.cpp
  lock_test.cpp
  sole_writer_test.cpp
  wait_word_test.cpp
  words_test.cpp)
target_include_directories(structured_test PRIVATE ${samepage_SOURCE_DIR}/src)
target_link_libraries(structured_test PRIVATE samepage_objects process_runner GTest::gtest)
samepage_precompile(structured_test <gtest/gtest.h>)
samepage_add_suites(structured_test cell_test cell_thread_test channel_ring_test channel_test channel_thread_test
                    damaged_cell_test header_test lock_test sole_putter_test sole_sender_test wait_word_test
                    words_test)
samepage_add_suites(structured_test sole_writer_test/0 sole_writer_test/1 sole_writer_test/2)
if(NOT WIN32)
  target_sources(structured_test PRIVATE bell_test.cpp)
  samepage_add_suites(structured_test bell_os_test bell_test)
endif()
