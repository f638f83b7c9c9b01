# A channel gives its oldest messages up only after it has written over them.
# SPDX-License-Identifier: MIT
set(SOURCE src/channel/ring.cpp)
set(FROM [[    outcome ready = prepare(record_bytes, position);
    if (ready.how != sent::done) return ready;
    ready.sequence = body_->next.load(std::memory_order_relaxed);
    begin(head_at(position + record_bytes), ready.sequence + 1);
    shared::store_bytes(data_at(position), message.data(), message.size());
    commit(position, position + record_bytes, message_record, message.size(), ready.sequence + 1);]])
set(TO [[    const std::uint64_t before = body_->oldest.load();
    outcome ready = prepare(record_bytes, position);
    if (ready.how != sent::done) return ready;
    const std::uint64_t after = body_->oldest.exchange(before);
    ready.sequence = body_->next.load(std::memory_order_relaxed);
    begin(head_at(position + record_bytes), ready.sequence + 1);
    shared::store_bytes(data_at(position), message.data(), message.size());
    commit(position, position + record_bytes, message_record, message.size(), ready.sequence + 1);
    give_up(after);]])
set(SUBJECT channel.send_wrapping)
set(MODE kept)
set(COMPLAINT "kept from message")
