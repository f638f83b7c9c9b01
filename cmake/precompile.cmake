# samepage_precompile(TARGET [HEADER...]): what most files include, compiled once for a target.
# SPDX-License-Identifier: MIT
#
# The 32-bit Windows build takes 40 % less of the processor so. What users build does without: there each file has to
# include what it needs.
option(SAMEPAGE_PRECOMPILE "Compile common headers once for each large target" OFF)

function(samepage_precompile target)
  if(SAMEPAGE_PRECOMPILE)
    target_precompile_headers(${target} PRIVATE <algorithm> <array> <atomic> <chrono> <cstddef> <cstdint> <cstring>
      <functional> <memory> <optional> <span> <string> <string_view> <thread> <utility> <vector> ${ARGN})
  endif()
endfunction()
