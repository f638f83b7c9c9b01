# The command line's packages as headers alone, for a build for another system.
# SPDX-License-Identifier: MIT
#
# All three can be used so. Links to their folders: the folder in which these are holds this system's own headers.
set(header_packages ${CMAKE_BINARY_DIR}/header_packages)
file(MAKE_DIRECTORY ${header_packages})
foreach(header CLI/CLI.hpp fmt/format.h nlohmann/json.hpp)
  get_filename_component(folder ${header} DIRECTORY)
  find_path(samepage_${folder}_parent ${header} NO_CMAKE_FIND_ROOT_PATH PATHS /usr/include REQUIRED)
  file(CREATE_LINK ${samepage_${folder}_parent}/${folder} ${header_packages}/${folder} SYMBOLIC)
endforeach()
add_library(samepage_header_packages INTERFACE)
target_include_directories(samepage_header_packages SYSTEM INTERFACE ${header_packages})
target_compile_definitions(samepage_header_packages INTERFACE FMT_HEADER_ONLY)
foreach(package CLI11::CLI11 fmt::fmt nlohmann_json::nlohmann_json)
  add_library(${package} ALIAS samepage_header_packages)
endforeach()
