// samepage bridge: goes on as samepage-bridge, a program of its own, which carries objects between machines.
// SPDX-License-Identifier: MIT
#include "../failure.hpp"
#include "../system.hpp"
#include "commands.hpp"

namespace samepage::cli {

namespace {

class bridge : public command {
   public:
    void declare(arguments& a) override { a.example("samepage bridge --help"); }
    int run(bool) override { return run_words({"--help"}); }
    bool takes_words_as_they_are() const override { return true; }

    int run_words(const std::vector<std::string>& words) override {
        std::vector<std::string> line = {"samepage-bridge"};
        line.insert(line.end(), words.begin(), words.end());
        try {
            become(line);
        } catch (const failure& f) {
            if (f.exit_status() != status_no_such_command) throw;
            throw failure(status_no_such_command, "not_supported",
                          "not_supported: samepage-bridge isn't installed here; it is a package of its own, built "
                          "where libnats is (cmake -DSAMEPAGE_BRIDGE=ON)");
        }
    }
};

}  // namespace

std::unique_ptr<command> make_bridge() { return std::make_unique<bridge>(); }

}  // namespace samepage::cli
