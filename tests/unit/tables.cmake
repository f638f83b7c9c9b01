# Unit tests of tables.
# SPDX-License-Identifier: MIT
add_executable(table_unit_test
  ../process/main.cpp
  table_checkpoint_test.cpp
  table_compact_test.cpp
  table_damage_test.cpp
  table_feed_test.cpp
  table_layout_test.cpp
  table_lock_test.cpp
  table_test.cpp
  table_thread_test.cpp
  table_verify_test.cpp)
target_include_directories(table_unit_test PRIVATE ${samepage_SOURCE_DIR}/src)
target_link_libraries(table_unit_test PRIVATE samepage_objects process_runner GTest::gtest)
samepage_precompile(table_unit_test <gtest/gtest.h>)
samepage_add_suites(table_unit_test damaged_table_test table_checkpoint_test table_compact_test table_feed_test
                    table_layout_test table_lock_test table_test table_thread_test table_verify_test)
