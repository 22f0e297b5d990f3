// The process is killed while it changes resources: what it had acknowledged holds.

#include <gmock/gmock.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <future>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "carillon/configstore/sqlite_config_store.h"
#include "carillon/control/repository.h"
#include "carillon/control/standard_methods.h"
#include "carillon/v1/destination.pb.h"

namespace carillon::control {
namespace {

class NoFile final : public resource::Source {
 public:
  std::string_view name() const override { return "the configuration file"; }
  resource::SnapshotPtr current() const override { return snapshot_; }
  void Subscribe(Take) override {}

 private:
  const resource::SnapshotPtr snapshot_ = std::make_shared<const resource::Snapshot>();
};

/// A repository over the store of a folder.
struct Opened {
  explicit Opened(const std::string& folder)
      : store(*configstore::OpenSqliteConfigStore({.path = folder + "/config.db"})),
        repository(*Repository::Open(
            {.store = *store,
             .keys = sealing::MasterKeys({*sealing::MasterKey::Parse(std::string(64, '1'))}),
             .clock = clock,
             .file = file,
             .types = {destinations.get(), subscriptions.get()}})),
        methods(*repository, *destinations, clock) {
    repository->Subscribe(
        [](const resource::SnapshotPtr&, resource::Source::Done done) { done(absl::OkStatus()); });
  }
  ~Opened() { repository->Stop(); }

  absl::Status Create(const std::string& id) {
    v1::Destination given;
    given.set_url("https://receiver.example/");
    std::promise<absl::Status> answer;
    methods.Create({"Create", given}, {.principal = "p"}, "tenants/acme", id, given,
                   [&](absl::StatusOr<Answer> a) { answer.set_value(a.status()); });
    return answer.get_future().get();
  }
  absl::Status Delete(const std::string& id) {
    const v1::Destination request;
    std::promise<absl::Status> answer;
    methods.Delete(
        {"Delete", request}, {.principal = "p"}, {.name = "tenants/acme/destinations/" + id},
        [](const auto&) { return std::make_unique<v1::Destination>(); },
        [&](absl::StatusOr<Answer> a) { answer.set_value(a.status()); });
    return answer.get_future().get();
  }

  const base::SystemClock clock;
  NoFile file;
  std::unique_ptr<ResourceType> destinations = MakeDestinationType();
  std::unique_ptr<ResourceType> subscriptions = MakeSubscriptionType();
  std::unique_ptr<store::ConfigStore> store;
  std::unique_ptr<Repository> repository;
  Methods methods;
};

/// Makes destinations, takes every other out again, and tells of each change that was answered:
/// `+d7 `, `-d7 `. Until it is killed.
[[noreturn]] void Change(const std::string& folder, int round, int out) {
  Opened opened(folder);
  const auto tell = [out](const std::string& line) {
    if (::write(out, line.data(), line.size()) != static_cast<ssize_t>(line.size())) ::_exit(2);
  };
  for (int i = 0;; ++i) {
    const std::string id = absl::StrCat("d", round, "-", i);
    if (!opened.Create(id).ok()) ::_exit(3);
    tell(absl::StrCat("+", id, "\n"));
    if (i % 2 == 1) continue;
    if (!opened.Delete(id).ok()) ::_exit(4);
    tell(absl::StrCat("-", id, "\n"));
  }
}

/// What the child told before it was killed, after at least `bytes` of it.
std::string KilledAfter(const std::string& folder, int round, size_t bytes) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    Change(folder, round, ends[1]);
  }
  ::close(ends[1]);
  std::string told;
  char buffer[4096];
  bool killed = false;
  for (ssize_t got = 0; (got = ::read(ends[0], buffer, sizeof(buffer))) > 0;) {
    told.append(buffer, static_cast<size_t>(got));
    if (killed || told.size() < bytes) continue;
    ::kill(child, SIGKILL);
    killed = true;
  }
  ::close(ends[0]);
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status)) << "it ended by itself: " << WEXITSTATUS(status);
  return told;
}

TEST(Killed, WhatWasAcknowledgedHolds) {
  char name[] = "/tmp/control-kill-XXXXXX";
  const std::string folder = ::mkdtemp(name);
  std::set<std::string> there;
  for (int round = 0; round < 8; ++round) {
    const std::string told = KilledAfter(folder, round, static_cast<size_t>(20 + 37 * round));
    std::string last;
    for (size_t at = 0, end = 0; (end = told.find('\n', at)) != std::string::npos; at = end + 1) {
      last = told.substr(at, end - at);
      if (last.front() == '+') {
        there.insert(last.substr(1));
      } else {
        there.erase(last.substr(1));
      }
    }
    const Opened opened(folder);
    std::set<std::string> found;
    for (const Entry& entry : opened.repository->List("tenants/")) {
      found.insert(entry.name.substr(entry.name.rfind('/') + 1));
    }
    // One change may have been under way: it is there or not.
    std::vector<std::string> different;
    std::ranges::set_symmetric_difference(there, found, std::back_inserter(different));
    EXPECT_LE(different.size(), 1u) << "round " << round << testing::PrintToString(different);
    for (const std::string& id : different) {
      const bool was_next =
          last.front() == '+' ? id == last.substr(1) || !there.contains(id) : !there.contains(id);
      EXPECT_TRUE(was_next) << id << " was acknowledged; the last was " << last;
    }
    EXPECT_EQ(opened.repository->current()->destinations(), found.size());
    there = found;
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace carillon::control
