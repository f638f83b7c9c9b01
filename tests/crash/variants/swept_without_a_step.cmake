# A table's writer frees what has expired without writing down that it does.
# SPDX-License-Identifier: MIT
set(SOURCE src/table/expiry.cpp)
set(FROM [[            if (auto done = erase(hash, at, until, operation); !done) return done;
]])
set(TO [[            const unsigned its_class = class_of(record_bytes(at.record.lengths));
            write(*at.slot, 0);
            stripe& its = body_->stripes[stripe_of(hash)];
            write(its.before, slot);
            if (auto done = space_.give(stripe_of(hash), its_class, slot_offset(slot), its.before, until, operation);
                !done)
                return done;
            write(its.records, read(its.records) - 1);
]])
set(SUBJECT table.sweep)
set(MODE kept)
set(COMPLAINT "lost")
