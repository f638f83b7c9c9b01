# Who alone wrote in a cell still does when it is dead.
# SPDX-License-Identifier: MIT
set(SOURCE src/shared/participants.cpp)
set(FROM [[    if (*live)
        return error(errc::denied,]])
set(TO [[    if (word != 0)
        return error(errc::denied,]])
set(SUBJECT cell.sole)
set(MODE kept)
set(COMPLAINT "can't go on")
