# An array's mark is there before its head is.
# SPDX-License-Identifier: MIT
set(SOURCE src/ndarray/ndarray.cpp)
set(FROM [[    h.version = ndarrays::format_version;]])
set(TO [[    h.mark.store(ndarrays::magic);
    h.version = ndarrays::format_version;]])
set(SUBJECT ndarray.create)
set(MODE alone)
set(COMPLAINT "open: ")
