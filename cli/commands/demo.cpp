// samepage demo: plays the article with two real processes, sends a file through, and kills the holder.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "../checksum.hpp"
#include "../content.hpp"
#include "../failure.hpp"
#include "../json.hpp"
#include "../output.hpp"
#include "../system.hpp"
#include "../units.hpp"
#include "commands.hpp"
#include "samepage/catalog.hpp"

namespace samepage::cli {

namespace {

constexpr const char* sentence = "Hello world, I'm writing to a shared page file.";

// The name itself where it is free; where somebody uses it, one of our own.
std::string free_name(const std::string& wish) {
    return look_up(wish) ? fmt::format("{}-{}", wish, own_process_id()) : wish;
}

class demo : public command {
   public:
    void declare(arguments& a) override {
        a.text("--file", file_, "FILE", "The file that goes through a region; default: this program itself");
    }

    int run(bool json) override {
        quiet_ = json;
        program_ = own_program();
        const std::string name = free_name("hello"), large = free_name("large");
        child holder = start({"share", name, sentence});
        const std::string text = output_of({"read", name, "--wait", "30s"});
        if (text != std::string(sentence) + "\n")
            throw failure(status_error, "demo_failed", "the second process read something else: " + text);

        const std::string file = file_.value_or(program_);
        const checksum written = send_file(large, file), got = read_file(large);
        sender_.reset();
        say(fmt::format("{} went through, cksum {} here and {} there\n", size_text(written.size_bytes()),
                        written.value(), got.value()));
        if (written != got) throw failure(status_error, "demo_failed", "the file came back changed");

        say(fmt::format("$ kill -9 {}", holder.process_id()));
        holder.kill();
        child reader = start({"read", name});
        reader.read_output([](const char*, std::size_t) {});
        const bool gone = reader.status() == status_not_found;
        if (!gone)
            throw failure(status_error, "demo_failed", name + " is still there after its only holder was killed");
        say("The name went with its last holder: nothing to clean up.");
        if (json) {
            json_object answer;
            answer.set("text", sentence).set("file_bytes", written.size_bytes());
            answer.set("checksum_written", std::uint64_t{written.value()});
            answer.set("checksum_read", std::uint64_t{got.value()}).set("name_gone", gone);
            print_line(answer.dump());
        }
        return status_ok;
    }

   private:
    void say(const std::string& line) const {
        if (quiet_) return;
        print_line(line);
        flush_output();
    }

    child start(const std::vector<std::string>& words) const {
        std::vector<std::string> all = {program_};
        all.insert(all.end(), words.begin(), words.end());
        child process(all);
        std::string shown = "samepage";
        for (const std::string& w : words)
            shown.append(" ").append(w.find(' ') == std::string::npos ? w : "\"" + w + "\"");
        say(fmt::format("$ {:<72}  # process {}", shown, process.process_id()));
        return process;
    }

    std::string output_of(const std::vector<std::string>& words) const {
        child process = start(words);
        std::string out;
        process.read_output([&](const char* bytes, std::size_t n) { out.append(bytes, n); });
        if (process.status() != status_ok) throw failure(status_error, "demo_failed", "the second process failed");
        if (!quiet_) print(out);
        say("");
        return out;
    }

    // Returns when the other process has said that the file is in the region.
    checksum send_file(const std::string& name, const std::string& file) {
        sender_ = std::make_unique<child>(start({"share", name, "--file", file, "--json"}));
        if (!sender_->wait_for_line()) throw failure(status_error, "demo_failed", "cannot share " + file);
        checksum sum;
        const input in = open_input(file);
        std::vector<char> piece(65536);
        while (const std::size_t n = read_some(in.file.get(), file, piece)) sum.add({piece.data(), n});
        return sum;
    }

    checksum read_file(const std::string& name) const {
        checksum sum;
        child process = start({"read", name, "--raw"});
        process.read_output([&](const char* bytes, std::size_t n) { sum.add({bytes, n}); });
        if (process.status() != status_ok) throw failure(status_error, "demo_failed", "cannot read the file back");
        return sum;
    }

    std::optional<std::string> file_;
    std::string program_;
    std::unique_ptr<child> sender_;
    bool quiet_ = false;
};

}  // namespace

std::unique_ptr<command> make_demo() { return std::make_unique<demo>(); }

}  // namespace samepage::cli
