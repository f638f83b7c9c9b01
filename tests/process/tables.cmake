# Process tests of tables.
# SPDX-License-Identifier: MIT
target_sources(structured_process_test PRIVATE table_actor.cpp table_feed_process_test.cpp
               table_lock_process_test.cpp table_process_test.cpp)
samepage_add_suites(structured_process_test table_feed_process_test table_lock_process_test table_process_test)
add_executable(table_history_test historian.cpp history.cpp main.cpp table_history_test.cpp)
target_include_directories(table_history_test PRIVATE ${samepage_SOURCE_DIR}/src)
target_link_libraries(table_history_test PRIVATE process_runner samepage_objects GTest::gtest)
samepage_add_suites(table_history_test history_test table_history_test)
if(NOT WIN32)
  target_sources(structured_process_test PRIVATE table_feed_posix_test.cpp table_posix_test.cpp)
  samepage_add_suites(structured_process_test table_feed_posix_test table_posix_test)
  # A program of its own: it puts a clock of its own in front of the C library's, as a sanitizer's runtime does.
  if(NOT SAMEPAGE_SANITIZED)
    add_executable(table_expiry_test main.cpp table_expiry_test.cpp)
    target_include_directories(table_expiry_test PRIVATE ${samepage_SOURCE_DIR}/src)
    target_link_libraries(table_expiry_test PRIVATE process_runner samepage_objects GTest::gtest)
    samepage_add_suites(table_expiry_test table_expiry_test)
  endif()
endif()
