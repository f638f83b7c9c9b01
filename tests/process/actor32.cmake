# A 32-bit build of the library and of the actor, where the compiler can: tests share with it, and else are skipped.
# SPDX-License-Identifier: MIT
include(CheckCXXSourceCompiles)
set(CMAKE_REQUIRED_FLAGS -m32)
check_cxx_source_compiles("#include <string>\nint main() { return std::string(\"x\").size() == 1 ? 0 : 1; }"
                          SAMEPAGE_COMPILES_32_BIT)
unset(CMAKE_REQUIRED_FLAGS)
if(SAMEPAGE_COMPILES_32_BIT AND CMAKE_SIZEOF_VOID_P EQUAL 8 AND NOT SAMEPAGE_SANITIZED)
  get_target_property(library_sources samepage_objects SOURCES)
  list(TRANSFORM library_sources PREPEND ${samepage_SOURCE_DIR}/)
  add_library(samepage_objects32 OBJECT ${library_sources})
  add_executable(actor32 actor.cpp actor32.cpp cell_actor.cpp channel_actor.cpp queue_actor.cpp role.cpp
                         table_actor.cpp)
  foreach(target samepage_objects32 actor32)
    target_include_directories(${target} PRIVATE ${samepage_SOURCE_DIR}/include ${samepage_SOURCE_DIR}/src)
    target_compile_definitions(${target} PRIVATE SAMEPAGE_STATIC _FILE_OFFSET_BITS=64)
    target_compile_options(${target} PRIVATE -m32)
  endforeach()
  target_link_options(actor32 PRIVATE -m32)
  target_link_libraries(actor32 PRIVATE samepage_objects32 Threads::Threads)
  add_dependencies(process_test actor32)
  set_source_files_properties(bits_test.cpp region_linux_test.cpp PROPERTIES
    COMPILE_DEFINITIONS ACTOR32="${CMAKE_CURRENT_BINARY_DIR}/actor32")
endif()
