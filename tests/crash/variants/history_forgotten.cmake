# Who finishes a dead one's step in a table leaves the history as it was.
# SPDX-License-Identifier: MIT
set(SOURCE src/table/writer.cpp)
set(FROM [[return finish(stripe, read(body_->history), until, operation);]])
set(TO [[return finish(stripe, 0, until, operation);]])
set(SUBJECT table.history_put)
set(MODE kept)
set(COMPLAINT "the table's bytes cannot be")
