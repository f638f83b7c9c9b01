# A table's change is refused although it was made, since the space can't be had afterwards.
# SPDX-License-Identifier: MIT
set(SOURCE src/table/writer.cpp)
set(FROM [[    if (done || done.error().code() != errc::corrupt) return {};]])
set(TO [[    if (done || done.error().code() == errc::timed_out) return {};]])
set(SUBJECT table.recover_space)
set(MODE alone)
set(COMPLAINT "is lost")
