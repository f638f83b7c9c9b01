# Makes a deliberately broken copy of a source, for tests that must notice.
# SPDX-License-Identifier: MIT
#
# Usage: cmake -D VARIANT=… -D ROOT=… -D OUT=… -P patch.cmake
# The variant's file sets SOURCE (below ROOT) and FROM and TO, two texts. FROM must stand in it exactly once: when the
# source has moved on, the variant must follow.
include(${VARIANT})
file(READ ${ROOT}/${SOURCE} text)
string(FIND "${text}" "${FROM}" first)
string(FIND "${text}" "${FROM}" last REVERSE)
if(first EQUAL -1 OR NOT first EQUAL last)
  message(FATAL_ERROR "${VARIANT}: this must stand in ${SOURCE} exactly once; mend the variant:\n${FROM}")
endif()
string(REPLACE "${FROM}" "${TO}" text "${text}")
file(WRITE ${OUT} "${text}")
