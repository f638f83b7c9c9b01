# A locked key's node is in the list before it says whose it is.
# SPDX-License-Identifier: MIT
set(SOURCE src/table/writer.cpp)
set(FROM [[    write(fresh.hash, hash);
    if (auto done = publish(stripe, {link, *cell, 0, 0, 0, 0}, until, operation); !done) return done.error();
]])
set(TO [[    if (auto done = publish(stripe, {link, *cell, 0, 0, 0, 0}, until, operation); !done) return done.error();
    write(fresh.hash, hash);
]])
set(SUBJECT table.lock)
set(MODE kept)
set(COMPLAINT "belongs elsewhere")
