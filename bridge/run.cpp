// Running the bridge.
// SPDX-License-Identifier: MIT
#include "run.hpp"

#include <signal.h>

#include "connection.hpp"
#include "failure.hpp"
#include "log.hpp"

namespace samepage::bridge {

int run(const run_options& options) {
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ends, nullptr);  // also of the threads that come
    ::signal(SIGPIPE, SIG_IGN);

    set_log(options.log_level, options.json);
    options.server.check();
    if (options.objects.empty())
        throw cli::usage_error("which objects? (--origin KIND:PLACE, --mirror KIND:PLACE, or --config)");
    const connection server(options.server, "samepage-bridge");
    int signal = 0;
    sigwait(&ends, &signal);
    return cli::status_ok;
}

}  // namespace samepage::bridge
