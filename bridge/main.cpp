// The samepage-bridge command.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <openssl/crypto.h>

#include <CLI/CLI.hpp>
#include <functional>
#include <nlohmann/json.hpp>

#include "board.hpp"
#include "config.hpp"
#include "demo.hpp"
#include "doctor.hpp"
#include "failure.hpp"
#include "run.hpp"
#include "system.hpp"
#include "takeover.hpp"
#include "units.hpp"

namespace {

namespace bridge = samepage::bridge;
namespace cli = samepage::cli;

// What the command line says; the command that was chosen does it.
struct command_line {
    CLI::App app{"Carries cells, channels and tables between machines, over NATS JetStream.", "samepage-bridge"};
    bool json = false;
    std::function<int()> chosen;

    command_line() {
        app.require_subcommand(1);
        app.set_version_flag("--version", "samepage-bridge " SAMEPAGE_VERSION);
        app.footer(
            "Exit status: 0 good, 1 error, 2 wrong usage, 3 not found, 4 timed out, 5 exists or conflict, "
            "6 denied, 7 full, 8 corrupt.");
        declare_run();
        declare_status();
        declare_takeover();
        declare_doctor();
        command("demo", "Play two machines that share a table, with a server of its own",
                [this] { return bridge::demo(json); });
    }

    CLI::App* command(const char* name, const char* summary, std::function<int()> f) {
        CLI::App* c = app.add_subcommand(name, summary);
        c->add_flag("--json", json, "Answers and messages as JSON");
        c->callback([this, f = std::move(f)] { chosen = f; });
        return c;
    }

    bridge::run_options run;
    std::vector<std::string> origins, mirrors;
    std::string config, log_level, keep;

    // What run is told of servers and objects, doctor can be told, too.
    void declare_objects(CLI::App& c) {
        run.server.declare(c);
        c.add_option("--origin", origins, "An object of this machine, for the others")
            ->type_name("KIND:PLACE[=NAME]")
            ->expected(1)
            ->allow_extra_args(false)
            ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
        c.add_option("--mirror", mirrors, "An object of another machine, to be read here")
            ->type_name("KIND:PLACE[=NAME]")
            ->expected(1)
            ->allow_extra_args(false)
            ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
        c.add_option("--config", config, "The same and more in a file")->type_name("bridge.toml");
        c.add_option("--replicas", run.replicas, "Servers that keep each object (default: 1)")->check(CLI::Range(1, 5));
    }

    std::string state, host, object;
    bridge::server_options server;

    void declare_status() {
        CLI::App* c = command("status", "Say how each object is that is carried here",
                              [this] { return bridge::status(state, json); });
        c->add_option("--state", state, "Where the bridge keeps its own state")->type_name("DIR");
    }

    void declare_takeover() {
        CLI::App* c = command("takeover", "Make this host the origin of an object whose origin is gone",
                              [this] { return bridge::takeover(server, object, state, host, json); });
        c->add_option("object", object, "What it is called at the servers")->type_name("KIND:NAME")->required();
        server.declare(*c);
        c->add_option("--state", state, "Where the bridge keeps its own state")->type_name("DIR");
        c->add_option("--host", host, "How the others are told who owns it")->type_name("NAME");
    }

    void read_objects() {
        for (const std::string& text : origins)
            run.objects.push_back(bridge::object_spec::parse(text, bridge::direction::origin));
        for (const std::string& text : mirrors)
            run.objects.push_back(bridge::object_spec::parse(text, bridge::direction::mirror));
        if (!config.empty()) bridge::read_config(config, run);
    }

    void declare_run() {
        CLI::App* c = command("run", "Carry objects until it is stopped", [this] { return run_it(); });
        declare_objects(*c);
        c->add_option("--state", run.state, "Where the bridge keeps its own state")->type_name("DIR");
        c->add_option("--host", run.host, "How the others are told who owns an object")->type_name("NAME");
        c->add_option("--keep", keep, "The most that servers keep of a channel (default: 256M)")->type_name("SIZE");
        c->add_option("--log-level", log_level, "error, warn, info (default) or debug")->type_name("LEVEL");
    }

    void declare_doctor() {
        declare_objects(*command("doctor", "Look whether the servers suit, and say what to do", [this] {
            read_objects();
            return bridge::doctor({run.server, run.objects, run.replicas}, json);
        }));
    }

    int run_it() {
        if (!log_level.empty()) run.log_level = bridge::parse_log_level(log_level);
        if (!keep.empty()) {
            const auto size_bytes = cli::parse_size(keep);
            if (!size_bytes) throw cli::usage_error(fmt::format("'{}' is not a size, as 256M", keep));
            run.keep_bytes = *size_bytes;
        }
        read_objects();
        run.json = json;
        return bridge::run(run);
    }
};

int report(const cli::failure& f, bool json) {
    if (json) {
        const nlohmann::ordered_json answer = {
            {"error", f.code()}, {"message", f.what()}, {"exit_status", f.exit_status()}};
        fmt::print(stderr, "{}\n", answer.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    } else {
        fmt::print(stderr, "samepage-bridge: {}\n", f.what());
    }
    return f.exit_status();
}

}  // namespace

int main(int argc, char** argv) {
    // At the end libnats frees what OpenSSL's own clean-up would free again.
    OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr);
    command_line line;
    try {
        line.app.parse(argc, argv);
        return line.chosen();
    } catch (const CLI::ParseError& e) {
        if (e.get_exit_code() == 0) return line.app.exit(e);  // --help, --version
        return report(cli::usage_error(e.what()), line.json);
    } catch (const cli::failure& f) {
        return report(f, line.json);
    } catch (const cli::interrupt_heard&) {
        cli::end_interrupted();
    } catch (const std::exception& e) {
        return report(cli::failure(cli::status_error, "system", std::string("system: ") + e.what()), line.json);
    }
}
