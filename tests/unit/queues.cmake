# Unit tests of queues.
# SPDX-License-Identifier: MIT
target_sources(structured_test PRIVATE queue_test.cpp queue_damage_test.cpp queue_thread_test.cpp)
samepage_add_suites(structured_test queue_test damaged_queue_test queue_thread_test)
