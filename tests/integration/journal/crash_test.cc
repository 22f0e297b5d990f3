// Processes that are killed while they publish.

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <future>
#include <map>
#include <random>
#include <sstream>
#include <thread>

#include "support.h"

namespace carillon::journal {
namespace {

/// Publishes forever and tells each answer on `pipe`: one line of position and id.
[[noreturn]] void PublishForEver(const SqliteJournalOptions& options, const base::Clock& clock,
                                 int round, int pipe) {
  auto opened = OpenSqliteJournal(options, {}, clock);
  if (!opened.ok()) _exit(3);
  Journal& journal = **opened;
  Recorder recorder;
  std::promise<uint64_t> taken;
  journal.TakeShard(0, [&taken](const auto& shard) { taken.set_value(shard->epoch); });
  const uint64_t epoch = taken.get_future().get();
  journal.AddConsumer(&recorder);
  journal.Start();
  std::atomic<int> waiting{0};
  for (int i = 0;; ++i) {
    while (waiting > 64) std::this_thread::yield();
    ++waiting;
    const std::string id = std::to_string(round) + "-" + std::to_string(i);
    journal.Append(MakeEvents({id, id + "b"}, 300), [&, id](auto result) {
      if (!result.ok()) _exit(4);
      const std::string line = std::to_string(result->at(0).position) + " " + id + "\n" +
                               std::to_string(result->at(1).position) + " " + id + "b\n";
      if (write(pipe, line.data(), line.size()) < 0) _exit(5);
      Settlement settlement;
      settlement.watermark = result->at(0).position;
      settlement.epoch = epoch;
      journal.Settle(std::move(settlement), {});
      --waiting;
    });
  }
}

class CrashTest : public JournalTest {
 protected:
  /// One process, killed when it has told `bytes` of its answers or some more.
  void RunAndKill(int round, size_t bytes) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      close(ends[0]);
      PublishForEver(options_, clock_, round, ends[1]);
    }
    close(ends[1]);
    std::string told;
    bool killed = false;
    char buffer[4096];
    while (true) {
      const ssize_t n = read(ends[0], buffer, sizeof(buffer));
      if (n <= 0) break;
      told.append(buffer, static_cast<size_t>(n));
      if (!killed && told.size() >= bytes) {
        kill(child, SIGKILL);
        killed = true;
      }
    }
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "ended by itself with " << WEXITSTATUS(status);
    std::istringstream lines(told.substr(0, told.rfind('\n') + 1));
    uint64_t position = 0;
    std::string id;
    while (lines >> position >> id) {
      EXPECT_TRUE(acknowledged_.emplace(position, id).second) << position << " given twice";
    }
  }

  void CheckAcknowledged() {
    std::map<std::string, uint64_t> places;
    std::map<uint64_t, std::string> ids;
    for (uint64_t from = 1;;) {
      const Events batch = Read(from);
      if (batch.empty()) break;
      for (const model::EventPtr& event : batch) {
        EXPECT_EQ(event->position(), from++);
        EXPECT_TRUE(places.emplace(event->id(), event->position()).second) << event->id();
        ids[event->position()] = std::string(event->id());
      }
    }
    for (const auto& [position, id] : acknowledged_) {
      EXPECT_EQ(ids[position], id) << "acknowledged at " << position;
    }
    EXPECT_EQ(journal_->recovered().last_position, ids.size());
    EXPECT_LE(journal_->recovered().watermark, ids.size());
  }

  std::map<uint64_t, std::string> acknowledged_;
};

TEST_F(CrashTest, WhatWasAnsweredIsThereOnceAndInOrderAfterEachKill) {
  constexpr uint64_t kSeed = 4711;
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  std::mt19937_64 random(kSeed);
  for (int round = 0; round < 15; ++round) {
    ASSERT_NO_FATAL_FAILURE(RunAndKill(round, 1 + random() % 30'000)) << "round " << round;
    ASSERT_NO_FATAL_FAILURE(Open());
    CheckAcknowledged();
    Close();
  }
  EXPECT_GT(acknowledged_.size(), 100u);
}

}  // namespace
}  // namespace carillon::journal
