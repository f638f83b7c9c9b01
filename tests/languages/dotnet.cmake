# The example in C#, run by Mono. Left out, with one line, where there is none.
# SPDX-License-Identifier: MIT
find_program(SAMEPAGE_MCS mcs DOC "Mono's C# compiler")
find_program(SAMEPAGE_MONO mono DOC "Mono, which runs programs for .NET")
if(NOT SAMEPAGE_MCS OR NOT SAMEPAGE_MONO OR NOT BUILD_SHARED_LIBS OR SAMEPAGE_SANITIZED)
  message(STATUS "left out: languages.dotnet needs Mono (mono-mcs, mono-runtime) and the shared library")
  return()
endif()
set(stock ${CMAKE_CURRENT_BINARY_DIR}/Stock.exe)
set(source ${PROJECT_SOURCE_DIR}/examples/dotnet/Stock.cs)
add_custom_command(OUTPUT ${stock} DEPENDS ${source} VERBATIM
  COMMAND ${SAMEPAGE_MCS} -nologo -warnaserror+ -out:${stock} ${source})
add_custom_target(dotnet_stock ALL DEPENDS ${stock})
# The same test as the one of the example in C, and one program beside the other.
file(GENERATE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/dotnet_stock CONTENT
  "#!/bin/sh\nLD_LIBRARY_PATH='$<TARGET_FILE_DIR:samepage>' exec '${SAMEPAGE_MONO}' '${stock}' \"$@\"\n"
  FILE_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
set(abi ${PROJECT_SOURCE_DIR}/tests/abi)
add_test(NAME languages.dotnet COMMAND ${abi}/in_scratch.sh ${abi}/stock_test.sh
  ${CMAKE_CURRENT_BINARY_DIR}/dotnet_stock $<TARGET_FILE:stock>)
set_tests_properties(languages.dotnet PROPERTIES TIMEOUT 300 LABELS abi)
