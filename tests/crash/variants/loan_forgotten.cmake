# A loaned message is sent before its block says by which record: a killed sender's block is lent again.
# SPDX-License-Identifier: MIT
set(SOURCE src/channel/ring.cpp)
set(FROM [[    body_->blocks[block].position.store(position, std::memory_order_relaxed);
    ready.sequence = body_->next.load(std::memory_order_relaxed);
    begin(head_at(position + loaned_record_bytes), ready.sequence + 1);
    // release: pairs with the acquire in look_closer() (payload)
    word_at(data_at(position)).store(block, std::memory_order_release);
    commit(position, position + loaned_record_bytes, loaned_record, size_bytes, ready.sequence + 1);]])
set(TO [[    ready.sequence = body_->next.load(std::memory_order_relaxed);
    begin(head_at(position + loaned_record_bytes), ready.sequence + 1);
    // release: pairs with the acquire in look_closer() (payload)
    word_at(data_at(position)).store(block, std::memory_order_release);
    commit(position, position + loaned_record_bytes, loaned_record, size_bytes, ready.sequence + 1);
    body_->blocks[block].position.store(position, std::memory_order_relaxed);]])
set(SUBJECT channel.publish)
set(MODE kept)
set(COMPLAINT "a torn message")
