// Owning handles of libnats' objects, and the words for its failures.
// SPDX-License-Identifier: MIT
#pragma once

#include <nats/nats.h>

#include <memory>
#include <string>

namespace samepage::bridge {

template <auto Destroy>
struct destroyer {
    template <class T>
    void operator()(T* object) const noexcept {
        Destroy(object);
    }
};

using nats_message = std::unique_ptr<natsMsg, destroyer<natsMsg_Destroy>>;
using nats_subscription = std::unique_ptr<natsSubscription, destroyer<natsSubscription_Destroy>>;
using nats_stream_info = std::unique_ptr<jsStreamInfo, destroyer<jsStreamInfo_Destroy>>;
using nats_consumer_info = std::unique_ptr<jsConsumerInfo, destroyer<jsConsumerInfo_Destroy>>;

// How a request ended: the client's status, and JetStream's own code where the server answered with one.
struct outcome {
    natsStatus status = NATS_OK;
    int code = 0;  // jsErrCode; newer servers have more of them
    std::string text;

    explicit operator bool() const noexcept { return status == NATS_OK; }
    bool not_found() const noexcept {
        return status == NATS_NOT_FOUND || code == JSNoMessageFoundErr || code == JSStreamNotFoundErr;
    }
    // Somebody else has published meanwhile.
    bool overtaken() const noexcept {
        return code == JSStreamWrongLastSequenceErr || code == JSStreamWrongLastMsgIDErr;
    }
    // The servers, or this account, have no room left.
    bool full() const noexcept {
        return code == JSInsufficientResourcesErr || code == JSStorageResourcesExceededErr ||
               code == JSAccountResourcesExceededErr || code == JSMemoryResourcesExceededErr ||
               code == JSStreamStoreFailedErr || code == JSStreamMaxStreamBytesExceededErr;
    }
    // Nobody answered: the server may have done it, or not.
    bool unanswered() const noexcept {
        switch (status) {
            case NATS_TIMEOUT:
            case NATS_NO_RESPONDERS:
            case NATS_CONNECTION_CLOSED:
            case NATS_CONNECTION_DISCONNECTED:
            case NATS_NOT_YET_CONNECTED:
            case NATS_STALE_CONNECTION:
            case NATS_NO_SERVER:
            case NATS_IO_ERROR: return code == 0;
            default: return false;
        }
    }
    // Something is there that no bridge has written.
    bool foreign() const noexcept { return status == NATS_PROTOCOL_ERROR; }
};

}  // namespace samepage::bridge
