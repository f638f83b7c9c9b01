# A cell's values all go into the same buffer: a killed writer leaves the newest one torn.
# SPDX-License-Identifier: MIT
set(SOURCE src/cell/values.hpp)
set(USERS src/cell/cell.cpp src/cell/values.cpp)
set(FROM [[static_cast<std::size_t>(version & last_buffer_) * stride_bytes_]])
set(TO [[static_cast<std::size_t>(version & 0) * stride_bytes_]])
set(SUBJECT cell.store)
set(MODE kept)
set(COMPLAINT "torn, lost or invented")
