# Nobody looks what a table's dead owner of the space was just handing out.
# SPDX-License-Identifier: MIT
set(SOURCE src/table/space.cpp)
set(FROM [[    if (const std::uint64_t offset = read(body_->pending); offset != 0) {]])
set(TO [[    if (const std::uint64_t offset = 0; offset != 0) {]])
set(SUBJECT table.new_slab)
set(MODE kept)
set(COMPLAINT "has cells that nobody can get")
