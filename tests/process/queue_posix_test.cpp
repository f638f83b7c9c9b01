// Queues where POSIX has its own ways: stopped processes and forks.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <unistd.h>

#include "forked.hpp"
#include "runner.hpp"
#include "samepage/queue.hpp"

namespace {

using forked::status_of;
using runner::fresh_name;
using runner::process;
using samepage::errc;
using samepage::no_wait;
using samepage::queue_bytes;

template <class T>
errc code_of(const samepage::result<T>& r) {
    return r ? errc{} : r.error().code();
}

TEST(queue_posix_test, a_stopped_worker_keeps_its_job_and_the_others_go_on) {
    const std::string name = fresh_name("stopped");
    samepage::queue_options options;
    options.capacity_bytes = 256;
    const auto q = queue_bytes::create(name, options);
    ASSERT_TRUE(q) << q.error().message();
    const std::string text(60, 'x');
    ASSERT_TRUE(q->push_text(text) && q->push_text("next"));
    process worker = process::start("worker");
    ASSERT_EQ(worker.ask("queue " + name), "opened");
    ASSERT_EQ(worker.ask("take 0"), "1 1 " + text);
    worker.stop();
    auto next = q->take(no_wait);
    ASSERT_TRUE(next) << next.error().message();
    EXPECT_EQ(next->text(), "next");
    EXPECT_TRUE(next->acknowledge());
    EXPECT_EQ(code_of(q->take(no_wait)), errc::empty);
    const auto refused = q->push_text(text, no_wait);
    ASSERT_EQ(code_of(refused), errc::full);
    EXPECT_NE(refused.error().message().find("process " + std::to_string(worker.id()) + " has it"), std::string::npos)
        << refused.error().message();
    const auto info = q->info();
    ASSERT_TRUE(info) << info.error().message();
    EXPECT_EQ(info->oldest_process, worker.id());
    worker.resume();
    EXPECT_EQ(worker.ask("acknowledge"), "done");
    EXPECT_TRUE(q->push_text(text, no_wait));
}

TEST(queue_posix_test, a_forked_child_has_none_of_its_parents_jobs) {
    const auto q = queue_bytes::create(fresh_name("fork"));
    ASSERT_TRUE(q && q->push_text("parent's") && q->push_text("child's"));
    auto mine = q->take(no_wait);
    ASSERT_TRUE(mine) << mine.error().message();
    const pid_t child = forked::run([&] {
        if (code_of(mine->acknowledge()) != errc::not_owner) return 1;
        auto own = q->take(no_wait);
        if (!own || own->text() != "child's") return 2;
        if (!q->push_text("from the child")) return 3;
        return own->acknowledge() ? 0 : 4;
    });
    EXPECT_EQ(status_of(child), 0);
    EXPECT_TRUE(mine->is_mine());
    EXPECT_TRUE(mine->acknowledge());
    EXPECT_EQ(q->take(no_wait)->text(), "from the child");
}

TEST(queue_posix_test, a_killed_worker_is_dead_while_its_forked_child_lives) {
    const auto q = queue_bytes::create(fresh_name("orphan"));
    ASSERT_TRUE(q && q->push_text("x"));
    forked::signal_pipe there, stay;
    const pid_t worker = forked::run([&] {
        const auto job = q->take(no_wait);
        forked::run([&] {
            there.give();
            stay.take();
            return 0;
        });
        return ::pause();
    });
    ASSERT_TRUE(there.take()) << "the grandchild is there";
    EXPECT_EQ(code_of(q->take(no_wait)), errc::empty);
    ::kill(worker, SIGKILL);
    EXPECT_EQ(status_of(worker), 128 + SIGKILL);
    const auto job = q->take(no_wait);
    ASSERT_TRUE(job) << job.error().message();
    EXPECT_EQ(job->deliveries(), 2U);
    stay.give();
}

}  // namespace
