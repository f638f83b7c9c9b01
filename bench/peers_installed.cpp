// Addresses, iceoryx's daemon, and the list of peers that are not installed.
// SPDX-License-Identifier: MIT
#include "peers_installed.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>

namespace bench::peers {

std::string left_out() {
    std::string lines;
#ifndef SAMEPAGE_BENCH_ZEROMQ
    lines += "left out: ZeroMQ: not installed (libzmq3-dev)\n";
#endif
#ifndef SAMEPAGE_BENCH_NNG
    lines += "left out: nng: not installed (libnng-dev)\n";
#endif
#ifndef SAMEPAGE_BENCH_ICEORYX
    lines += "left out: iceoryx: not installed (iceoryx, libiceoryx-posh-dev)\n";
#endif
    return lines;
}

std::string ipc_address(const std::string& directory) {
    static unsigned number = 0;
    return (directory.empty() ? "" : "ipc://" + directory + "/") + "peer" + std::to_string(++number);
}

#ifdef SAMEPAGE_BENCH_ICEORYX
namespace {

// Pools for what is sent here; iceoryx' own default takes more than a hundred MiB.
constexpr const char* configuration = R"([general]
version = 1
[[segment]]
[[segment.mempool]]
size = 128
count = 8192
[[segment.mempool]]
size = 1049600
count = 32
)";

}  // namespace

roudi::roudi(const std::string& directory) {
    const std::string config = directory + "/roudi.toml", log = directory + "/roudi.log";
    std::FILE* const file = std::fopen(config.c_str(), "w");
    if (file == nullptr) return;
    std::fputs(configuration, file);
    std::fclose(file);
    process_ = std::make_unique<child>([&] {
        const int to = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        ::dup2(to, STDOUT_FILENO);
        ::dup2(to, STDERR_FILENO);
        ::execlp("iox-roudi", "iox-roudi", "-m", "off", "-c", config.c_str(), static_cast<char*>(nullptr));
        std::_Exit(1);
    });
    // It says so when it is ready.
    for (unsigned tries = 0; tries < 500 && !is_there_ && !process_->has_ended(); ++tries) {
        ::usleep(10'000);
        std::FILE* const said = std::fopen(log.c_str(), "r");
        char line[256];
        while (said != nullptr && std::fgets(line, sizeof line, said) != nullptr) {
            is_there_ = is_there_ || std::string(line).find("is ready for clients") != std::string::npos;
        }
        if (said != nullptr) std::fclose(said);
    }
}

// Asked to end, so that it takes its memory away.
roudi::~roudi() {
    process_->terminate();
    for (unsigned tries = 0; tries < 300 && !process_->has_ended(); ++tries) ::usleep(10'000);
}
#endif

}  // namespace bench::peers
