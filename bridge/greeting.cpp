// A server's first line, read from a socket: libnats doesn't tell which version it talks to.
// SPDX-License-Identifier: MIT
#include "greeting.hpp"

#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>

#include "failure.hpp"

namespace samepage::bridge {

namespace {

using clock = std::chrono::steady_clock;

[[noreturn]] void system_failure(int number) {
    throw cli::failure(cli::status_error, "system_error", std::strerror(number));
}

class socket_handle {
   public:
    explicit socket_handle(int descriptor) : descriptor_(descriptor) {}
    socket_handle(const socket_handle&) = delete;
    socket_handle& operator=(const socket_handle&) = delete;
    ~socket_handle() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    int get() const noexcept { return descriptor_; }

   private:
    int descriptor_;
};

void await(int descriptor, short events, clock::time_point end, const char* what) {
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - clock::now()).count();
        pollfd wanted{descriptor, events, 0};
        const int ready = left <= 0 ? 0 : ::poll(&wanted, 1, static_cast<int>(left));
        if (ready > 0) return;
        if (ready == 0) throw cli::failure(cli::status_timed_out, "timed_out", what);
        if (errno != EINTR) system_failure(errno);
    }
}

void connect_to(int descriptor, const addrinfo& to, clock::time_point end) {
    if (::connect(descriptor, to.ai_addr, to.ai_addrlen) == 0) return;
    if (errno != EINPROGRESS) system_failure(errno);
    await(descriptor, POLLOUT, end, "nothing answers there");
    int failed = 0;
    socklen_t size = sizeof failed;
    if (::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &failed, &size) != 0) system_failure(errno);
    if (failed != 0) system_failure(failed);
}

// The line "INFO {…}" without its end. A server's is a few hundred bytes; what has no end isn't one.
std::string first_line(const addrinfo& to, clock::time_point end) {
    const socket_handle s(::socket(to.ai_family, to.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, to.ai_protocol));
    if (s.get() < 0) system_failure(errno);
    connect_to(s.get(), to, end);
    std::string line;
    while (line.find('\n') == std::string::npos && line.size() < 65536) {
        await(s.get(), POLLIN, end, "something takes connections there, but says nothing");
        char piece[4096];
        const ssize_t n = ::recv(s.get(), piece, sizeof piece, 0);
        if (n > 0) line.append(piece, static_cast<std::size_t>(n));
        if (n == 0) break;
        if (n < 0 && errno != EAGAIN && errno != EINTR) system_failure(errno);
    }
    return line.substr(0, line.find('\n'));
}

greeting parse(const std::string& line) {
    const auto info = line.starts_with("INFO ") ? nlohmann::json::parse(line.substr(5), nullptr, false)
                                                : nlohmann::json(nlohmann::json::value_t::discarded);
    greeting g;
    try {
        g.version = info.at("version");
        g.name = info.value("server_name", "");
        g.cluster = info.value("cluster", "");
        g.max_payload_bytes = info.at("max_payload");
        g.has_jetstream = info.value("jetstream", false);
        g.wants_tls = info.value("tls_required", false);
        g.wants_login = info.value("auth_required", false);
    } catch (const nlohmann::json::exception&) {
        throw cli::failure(cli::status_error, "no_server", "what answers there is no NATS server, or speaks TLS first");
    }
    return g;
}

}  // namespace

address address_of(const std::string& url) {
    std::string rest = url;
    if (const std::size_t scheme = rest.find("://"); scheme != std::string::npos) {
        const bool is_known = rest.starts_with("nats:") || rest.starts_with("tls:");
        rest.erase(0, is_known ? scheme + 3 : rest.size());
    }
    rest = rest.substr(0, rest.find('/'));
    if (const std::size_t user = rest.rfind('@'); user != std::string::npos) rest = rest.substr(user + 1);
    address a{rest};
    if (rest.starts_with('[')) {  // an IPv6 address
        const std::size_t closing = rest.find(']');
        a.host.clear();
        if (closing != std::string::npos) a.host = rest.substr(1, closing - 1);
        if (!a.host.empty() && closing + 1 < rest.size()) a.port = rest.substr(closing + 2);
    } else if (const std::size_t colon = rest.rfind(':'); colon != std::string::npos) {
        a = {rest.substr(0, colon), rest.substr(colon + 1)};
    }
    const bool is_number =
        !a.port.empty() && a.port.size() <= 5 && a.port.find_first_not_of("0123456789") == std::string::npos;
    const bool is_host = !a.host.empty() && std::none_of(a.host.begin(), a.host.end(), [](unsigned char c) {
        return std::isspace(c) != 0 || std::iscntrl(c) != 0;
    });
    if (!is_host || !is_number || std::stoul(a.port) - 1 >= 65535)
        throw cli::usage_error("it is not nats://HOST:PORT, or tls://HOST:PORT");
    return a;
}

greeting greeting_of(const std::string& url, std::int64_t timeout_ms) {
    const address a = address_of(url);
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int failed = ::getaddrinfo(a.host.c_str(), a.port.c_str(), &wanted, &found); failed != 0)
        throw cli::failure(cli::status_not_found, "not_found", fmt::format("{}: {}", a.host, ::gai_strerror(failed)));
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> all(found, &::freeaddrinfo);
    for (const addrinfo* to = found;; to = to->ai_next) {
        try {
            const auto begun = clock::now();
            greeting g = parse(first_line(*to, begun + std::chrono::milliseconds(timeout_ms)));
            g.answered_ms = std::chrono::duration<double, std::milli>(clock::now() - begun).count();
            return g;
        } catch (const cli::failure&) {
            if (to->ai_next == nullptr) throw;
        }
    }
}

bool is_loopback(const std::string& url) {
    const std::string host = address_of(url).host;
    return host.starts_with("127.") || host == "localhost" || host == "::1";
}

bool is_before(const std::string& a, const std::string& b) {
    const char *left = a.c_str(), *right = b.c_str();
    for (;;) {
        char *left_end = nullptr, *right_end = nullptr;
        const unsigned long l = std::strtoul(left, &left_end, 10), r = std::strtoul(right, &right_end, 10);
        if (l != r) return l < r;
        if (*left_end != '.' && *right_end != '.') return false;
        left = left_end + (*left_end == '.' ? 1 : 0);
        right = right_end + (*right_end == '.' ? 1 : 0);
    }
}

}  // namespace samepage::bridge
