# Formats: offsets pinned, and files that earlier versions made.
# SPDX-License-Identifier: MIT
add_executable(layout_test ../process/main.cpp layout_test.cpp)
target_include_directories(layout_test PRIVATE ${samepage_SOURCE_DIR}/src)
target_compile_definitions(layout_test PRIVATE GOLDEN_DIR="${CMAKE_CURRENT_SOURCE_DIR}")
target_link_libraries(layout_test PRIVATE samepage_objects process_runner GTest::gtest)
samepage_add_suites(layout_test layout_test)
