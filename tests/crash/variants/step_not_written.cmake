# A table's writer doesn't write down what it is about to publish.
# SPDX-License-Identifier: MIT
set(SOURCE src/table/steps.hpp)
set(USERS src/table/put_plainly.cpp src/table/space.cpp src/table/writer.cpp)
set(FROM [[    write(s.doing, how);
]])
set(TO [[    static_cast<void>(s);
    static_cast<void>(how);
]])
set(SUBJECT table.replace)
set(MODE kept)
set(COMPLAINT "are lost")
