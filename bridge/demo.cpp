// Playing two machines: each has a directory of names of its own, and a bridge is all that leads out of it.
// SPDX-License-Identifier: MIT
#include "demo.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "failure.hpp"
#include "samepage/table.hpp"
#include "system.hpp"

namespace samepage::bridge {

namespace {

namespace fs = std::filesystem;
using clock = std::chrono::steady_clock;

constexpr std::chrono::seconds patience{60};

// A folder of our own, gone at the end.
class folder {
   public:
    folder() : path_((fs::temp_directory_path() / "samepage-bridge-demo-XXXXXX").string()) {
        if (::mkdtemp(path_.data()) == nullptr)
            throw cli::failure(cli::status_error, "system_error", path_ + ": " + std::strerror(errno));
    }
    folder(const folder&) = delete;
    folder& operator=(const folder&) = delete;
    ~folder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    const std::string& path() const { return path_; }

   private:
    std::string path_;
};

template <class Condition>
auto await(Condition&& condition, const char* what) {
    const auto end = clock::now() + patience;
    while (true) {
        if (cli::interrupted()) throw cli::interrupt_heard();
        if (auto found = condition()) return found;
        if (clock::now() > end)
            throw cli::failure(cli::status_timed_out, "timed_out", fmt::format("timed_out: {}", what));
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
}

class demonstration {
   public:
    explicit demonstration(bool json) : quiet_(json) {}

    int play() {
        cli::catch_interrupts();
        start_server();
        const cli::child there = start_bridge("oslo", "--origin"), here = start_bridge("lima", "--mirror");

        say("\nA table is changed in oslo, and lima has the same:");
        put("bolt", "12");
        put("nut", "7");
        const double first_ms = await_value("bolt", "12");
        await_value("nut", "7");
        show("bolt");
        put("bolt", "11");
        const double next_ms = await_value("bolt", "11");
        show("bolt");
        erase("nut");
        await([&] { return !value("nut").has_value(); }, "an erased record stays in lima");
        say("The record of nut is gone in lima, too.");

        say(fmt::format("\n$ kill -9 {}                  # the server; oslo goes on meanwhile", server_->process_id()));
        server_->kill();
        put("bolt", "10");
        start_server();
        const double back_ms = await_value("bolt", "10");
        show("bolt");
        say("Nothing was lost, and neither side had to wait.");
        if (quiet_) {
            const nlohmann::ordered_json answer = {
                {"first_ms", first_ms}, {"next_ms", next_ms}, {"after_restart_ms", back_ms}};
            fmt::print("{}\n", answer.dump());
        }
        return cli::status_ok;
    }

   private:
    void say(const std::string& line) const {
        if (quiet_) return;
        fmt::print("{}\n", line);
        std::fflush(stdout);
    }

    std::string names(const std::string& host) const { return own_.path() + "/" + host; }

    // The same one comes back at the same port and with the same store.
    void start_server() {
        const std::string config = own_.path() + "/server.conf";
        std::ofstream(config) << fmt::format(
            "listen: \"127.0.0.1:{}\"\nports_file_dir: \"{}\"\nlog_file: \"{}/log\"\njetstream {{ store_dir: \"{}\" "
            "}}\n",
            port_, own_.path(), own_.path(), own_.path());
        const std::string debian = "/usr/sbin/nats-server";  // not in everybody's PATH
        const std::string program = ::access(debian.c_str(), X_OK) == 0 ? debian : "nats-server";
        try {
            server_.emplace(std::vector<std::string>{program, "-c", config});
        } catch (const cli::failure& f) {
            if (f.exit_status() != cli::status_no_such_command) throw;
            throw cli::failure(cli::status_not_found, "not_found",
                               "not_found: there is no nats-server to play with; install it (Debian: nats-server)");
        }
        const std::string ports =
            fmt::format("{}/{}_{}.ports", own_.path(), fs::path(program).filename().string(), server_->process_id());
        port_ = *await([&] { return port_in(ports); }, "nats-server doesn't start");
        say(fmt::format("$ {:<76}  # process {}", "nats-server", server_->process_id()));
    }

    static std::optional<int> port_in(const std::string& path) {
        std::ifstream file(path);
        const auto ports = nlohmann::json::parse(file, nullptr, false);
        if (!ports.is_object() || !ports.contains("nats") || ports["nats"].empty()) return std::nullopt;
        const std::string url = ports["nats"][0];
        return std::atoi(url.c_str() + url.rfind(':') + 1);
    }

    cli::child start_bridge(const std::string& host, const std::string& direction) const {
        fs::create_directory(names(host));
        cli::set_environment("SAMEPAGE_DIR", names(host).c_str());
        const std::string server = fmt::format("nats://127.0.0.1:{}", port_);
        cli::child bridge({cli::own_program(), "run", "--server", server, direction, "table:stock", "--host", host,
                           "--state", names(host) + "-state", "--log-level", "error"});
        say(fmt::format("{}$ {:<70}  # process {}", host,
                        fmt::format("samepage-bridge run --server {} {} table:stock", server, direction),
                        bridge.process_id()));
        return bridge;
    }

    static table_options reading() {
        table_options options;
        options.access = access::read_only;
        return options;
    }

    void put(const std::string& key, const std::string& text) {
        if (!oslo_) {
            cli::set_environment("SAMEPAGE_DIR", names("oslo").c_str());
            oslo_ = std::make_unique<table_bytes>(cli::need(table_bytes::create("stock")));
        }
        cli::need(oslo_->put_text(key, text));
        say(fmt::format("oslo$ samepage table put stock {} {}", key, text));
    }
    void erase(const std::string& key) {
        cli::need(oslo_->erase_text(key));
        say(fmt::format("oslo$ samepage table erase stock {}", key));
    }

    // As lima has it. Nothing: it hasn't.
    std::optional<std::string> value(const std::string& key) {
        if (!lima_) {
            cli::set_environment("SAMEPAGE_DIR", names("lima").c_str());
            auto opened = table_bytes::open("stock", reading());
            if (!opened) return std::nullopt;  // the bridge hasn't made it yet
            lima_ = std::make_unique<table_bytes>(*std::move(opened));
        }
        const auto got = lima_->get_text(key);
        if (!got && got.error().code() != errc::no_key) throw cli::failure(got.error());
        return got ? std::optional(std::string(got->text)) : std::nullopt;
    }
    // Milliseconds until lima has it.
    double await_value(const std::string& key, const std::string& text) {
        const auto begun = clock::now();
        await([&] { return value(key) == text; }, "a change doesn't arrive in lima");
        return std::chrono::duration<double, std::milli>(clock::now() - begun).count();
    }
    void show(const std::string& key) {
        say(fmt::format("lima$ samepage table get stock {}\n{}", key, value(key).value_or("")));
    }

    const bool quiet_;
    const folder own_;
    int port_ = -1;
    std::optional<cli::child> server_;
    std::unique_ptr<table_bytes> oslo_, lima_;
};

}  // namespace

int demo(bool json) { return demonstration(json).play(); }

}  // namespace samepage::bridge
