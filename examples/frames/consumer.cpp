// Looks at the frames of the channel "frames" where they lie: `consumer [COUNT]`, for ever without a count.
// SPDX-License-Identifier: MIT
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <samepage/channel.hpp>

int main(int count, char** words) {
    struct {
        std::uint32_t number, width, height;
    } head{};
    const long frames_max = count > 1 ? std::atol(words[1]) : -1;
    auto channel = samepage::channel_bytes::create("frames");
    if (!channel) return std::puts(channel.error().message().c_str()), 1;
    auto subscriber = channel->subscribe();
    if (!subscriber) return std::puts(subscriber.error().message().c_str()), 1;
    for (long frames = 0; frames != frames_max;) {
        const auto seen = subscriber->receive_view();
        if (!seen) return std::puts(seen.error().message().c_str()), 1;
        const auto bytes = seen->bytes();
        if (bytes.size() < sizeof head) continue;
        std::memcpy(&head, bytes.data(), sizeof head);
        const auto pixels = bytes.subspan(sizeof head);
        std::uint64_t sum = 0;
        for (const auto pixel : pixels) sum += std::to_integer<std::uint8_t>(pixel);
        // Only now is it known that no sender has overwritten it meanwhile, and that it is what it says.
        if (!seen->is_valid() || pixels.size() != std::uint64_t{head.width} * head.height || pixels.empty()) continue;
        std::printf("frame %u: %u x %u, brightness %.1f, missed %llu\n", head.number, head.width, head.height,
                    static_cast<double>(sum) / static_cast<double>(pixels.size()),
                    static_cast<unsigned long long>(seen->missed()));
        std::fflush(stdout);
        frames++;
    }
}
