# A loaned message is sent before its block says by which record: a killed sender's block is lent again.
# SPDX-License-Identifier: MIT
set(SOURCE src/channel/ring.cpp)
set(FROM [[    body_->blocks[block].position.store(position, std::memory_order_relaxed);
    ready.sequence = begin(position, position + loaned_record_bytes, true);
    // release: pairs with the acquire in look_closer() (payload)
    word_at(data_at(position)).store(block, std::memory_order_release);
    commit(position, position + loaned_record_bytes, loaned_record, size_bytes);]])
set(TO [[    ready.sequence = begin(position, position + loaned_record_bytes, true);
    // release: pairs with the acquire in look_closer() (payload)
    word_at(data_at(position)).store(block, std::memory_order_release);
    commit(position, position + loaned_record_bytes, loaned_record, size_bytes);
    body_->blocks[block].position.store(position, std::memory_order_relaxed);]])
set(SUBJECT channel.publish)
set(MODE kept)
set(COMPLAINT "a torn message")
