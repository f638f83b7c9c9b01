# Checks one Promela model with spin, in a directory of its own.
# SPDX-License-Identifier: MIT
#
#   cmake -DMODEL=x.pml -DFLAGS=-DKILLS -DMUST_FAIL=OFF -DCC=cc -P check.cmake
execute_process(COMMAND spin ${FLAGS} -a ${MODEL} RESULT_VARIABLE status OUTPUT_VARIABLE said ERROR_VARIABLE said)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "spin: ${said}")
endif()
# What fails soon is compiled soon.
if(MUST_FAIL)
  set(level -O0)
else()
  set(level -O1)
endif()
execute_process(COMMAND ${CC} ${level} -w -DSAFETY -DVECTORSZ=2048 -o pan pan.c
                RESULT_VARIABLE status ERROR_VARIABLE said)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "compiling the verifier: ${said}")
endif()
execute_process(COMMAND ./pan -m200000 OUTPUT_VARIABLE said ERROR_VARIABLE said)
string(REGEX MATCH "errors: [0-9]+" errors "${said}")
string(REGEX MATCH "[0-9]+ states, stored" states "${said}")
message(STATUS "${MODEL} ${FLAGS}: ${errors}, ${states}")
if(errors STREQUAL "" OR said MATCHES "max search depth too small|out of memory|Search not completed" AND NOT MUST_FAIL)
  message(FATAL_ERROR "the search did not complete: ${said}")
endif()
if(MUST_FAIL AND errors STREQUAL "errors: 0")
  message(FATAL_ERROR "the broken variant passes: the model shows nothing")
endif()
if(NOT MUST_FAIL AND NOT errors STREQUAL "errors: 0")
  execute_process(COMMAND spin ${FLAGS} -t -p -g ${MODEL} OUTPUT_VARIABLE trail)
  message(FATAL_ERROR "${said}\n${trail}")
endif()
