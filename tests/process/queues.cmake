# Process tests of queues.
# SPDX-License-Identifier: MIT
target_sources(structured_process_test PRIVATE queue_actor.cpp queue_process_test.cpp)
samepage_add_suites(structured_process_test queue_process_test)
if(NOT WIN32)
  target_sources(structured_process_test PRIVATE queue_posix_test.cpp)
  samepage_add_suites(structured_process_test queue_posix_test)
endif()
