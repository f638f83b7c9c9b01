# Process tests of tables.
# SPDX-License-Identifier: MIT
target_sources(structured_process_test PRIVATE table_actor.cpp table_feed_process_test.cpp
               table_lock_process_test.cpp table_process_test.cpp)
samepage_add_suites(structured_process_test table_feed_process_test table_lock_process_test table_process_test)
if(NOT WIN32)
  target_sources(structured_process_test PRIVATE table_posix_test.cpp)
  samepage_add_suites(structured_process_test table_posix_test)
endif()
