# A cell's new version is published before its bytes are written.
# SPDX-License-Identifier: MIT
set(SOURCE src/cell/values.hpp)
set(USERS src/cell/cell.cpp src/cell/values.cpp)
set(FROM [[        const std::uint64_t check = checked_ ? shared::check_of(value, version) : 0;]])
set(TO [[        current_->store(version, std::memory_order_release);
        const std::uint64_t check = checked_ ? shared::check_of(value, version) : 0;]])
set(SUBJECT cell.store)
set(MODE kept)
set(COMPLAINT "torn, lost or invented")
