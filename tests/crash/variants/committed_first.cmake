# A channel's record is there before its bytes are.
# SPDX-License-Identifier: MIT
set(SOURCE src/channel/ring.cpp)
set(FROM [[    shared::store_bytes(data_at(position), message.data(), message.size());
    commit(position, position + record_bytes, message_record, message.size(), ready.sequence + 1);]])
set(TO [[    commit(position, position + record_bytes, message_record, message.size(), ready.sequence + 1);
    shared::store_bytes(data_at(position), message.data(), message.size());]])
set(SUBJECT channel.send)
set(MODE kept)
set(COMPLAINT "a torn message")
