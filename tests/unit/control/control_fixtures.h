#pragma once

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "carillon/aip/error.h"
#include "carillon/base/mutex.h"
#include "carillon/control/repository.h"
#include "carillon/control/standard_methods.h"
#include "carillon/model/built_in.h"
#include "carillon/v1/destination.pb.h"

namespace carillon::control {

/// What survives the end of a repository.
struct TestDisk {
  std::map<std::string, store::ConfigEntry> entries;
  uint64_t revision = 0;
};

/// A configuration store in memory, which answers at once and fails when it is
/// told to.
class TestStore final : public store::ConfigStore {
 public:
  explicit TestStore(TestDisk &disk) : disk_(disk) {}
  void Write(std::vector<store::ConfigChange> changes,
             absl::AnyInvocable<void(absl::StatusOr<uint64_t>)> done) override {
    done(WriteNow(std::move(changes)));
  }
  void Get(std::string key,
           absl::AnyInvocable<void(absl::StatusOr<store::ConfigEntry>)> done) override {
    done(GetNow(key));
  }
  void List(store::ConfigQuery query,
            absl::AnyInvocable<void(absl::StatusOr<store::ConfigPage>)> done) override {
    done(ListNow(query));
  }
  void Watch(store::ConfigWatcher &) override {}
  void Unwatch(store::ConfigWatcher &) override {}

  std::vector<absl::Status> failures;  ///< of the next writes, in order
  int writes = 0;

 private:
  absl::StatusOr<uint64_t> WriteNow(std::vector<store::ConfigChange> changes) {
    const base::MutexLock lock(mutex_);
    ++writes;
    if (!failures.empty()) {
      const absl::Status failure = failures.front();
      failures.erase(failures.begin());
      if (!failure.ok()) return failure;
    }
    for (const store::ConfigChange &change : changes) {
      const auto found = disk_.entries.find(change.key);
      const uint64_t has = found == disk_.entries.end() ? 0 : found->second.revision;
      if (change.expected && *change.expected != has) return absl::AbortedError(change.key);
    }
    ++disk_.revision;
    for (store::ConfigChange &change : changes) {
      if (change.value) {
        disk_.entries[change.key] = {change.key, *std::move(change.value), disk_.revision};
      } else {
        disk_.entries.erase(change.key);
      }
    }
    return disk_.revision;
  }
  absl::StatusOr<store::ConfigEntry> GetNow(const std::string &key) {
    const base::MutexLock lock(mutex_);
    const auto found = disk_.entries.find(key);
    if (found == disk_.entries.end()) return absl::NotFoundError(key);
    return found->second;
  }
  absl::StatusOr<store::ConfigPage> ListNow(const store::ConfigQuery &query) {
    const base::MutexLock lock(mutex_);
    store::ConfigPage page;
    page.revision = disk_.revision;
    std::vector<store::ConfigEntry> all;
    for (const auto &[key, entry] : disk_.entries) {
      if (key.starts_with(query.prefix)) all.push_back(entry);
    }
    if (query.backwards) std::ranges::reverse(all);
    for (const store::ConfigEntry &entry : all) {
      const bool comes = query.after.empty() ||
                         (query.backwards ? entry.key < query.after : entry.key > query.after);
      if (!comes) continue;
      if (page.entries.size() == query.limit) page.more = true;
      if (page.more) break;
      page.entries.push_back(entry);
    }
    return page;
  }

  base::Mutex mutex_;  // the repository and the audit log have a thread each
  TestDisk &disk_;
};

/// The configuration file.
class TestFile final : public resource::Source {
 public:
  std::string_view name() const override { return "the configuration file"; }
  resource::SnapshotPtr current() const override { return snapshot; }
  void Subscribe(Take) override {}
  resource::SnapshotPtr snapshot;
};

/// What a change says beside its resource.
struct Said {
  std::string request_id = {};
  bool validate_only = false;
  std::string principal = "tokens/ops";
  std::string parent = "tenants/acme";
  bool is_operator = true;
};

/// A repository over a store, a file with one destination, and an engine that
/// takes what it gets.
class ControlTest : public testing::Test {
 protected:
  using Message = google::protobuf::Message;

  ControlTest() {
    model::Destination of_file;
    of_file.tenant = "acme";
    of_file.name = "in-file";
    of_file.url = "https://203.0.113.9/hooks";
    resource::OperatorSettings settings;
    std::vector<std::string> types = model::BuiltInTypes();
    types.push_back("of.file");
    std::ranges::sort(types);
    file_.snapshot = resource::MakeSnapshot(
        1, settings, types, {of_file}, {}, nullptr, {},
        {std::make_shared<const schema::EventType>(schema::EventType{.name = "of.file"})});
    Start();
  }
  ~ControlTest() override { End(); }

  static sealing::MasterKey Master(char digit) {
    return *sealing::MasterKey::Parse(std::string(64, digit));
  }

  absl::Status TryStart() {
    store_ = std::make_unique<TestStore>(disk_);
    auto audit = AuditLog::Open(*store_, clock_, audit_limits_);
    if (!audit.ok()) return audit.status();
    audit_ = *std::move(audit);
    auto opened = Repository::Open({.store = *store_,
                                    .keys = keys_,
                                    .clock = clock_,
                                    .file = file_,
                                    .types = {types_[0].get(), types_[1].get(), types_[2].get(),
                                              types_[3].get(), types_[4].get(), types_[5].get(),
                                              types_[6].get(), types_[7].get(), types_[8].get()},
                                    .audit = audit_.get()});
    if (!opened.ok()) return opened.status();
    repository_ = *std::move(opened);
    {
      const base::MutexLock lock(mutex_);
      in_force_ = repository_->current();
    }
    repository_->Subscribe([this](const resource::SnapshotPtr &next, resource::Source::Done done) {
      absl::Status status;
      {
        const base::MutexLock lock(mutex_);
        if (hold_) {
          held_ = std::move(done);
          held_one_.set_value();
          return;
        }
        status = std::exchange(refusal_, absl::OkStatus());
        if (status.ok()) in_force_ = next;
      }
      done(status);
    });
    destinations_ = std::make_unique<Methods>(*repository_, *types_[0], clock_);
    subscriptions_ = std::make_unique<Methods>(*repository_, *types_[1], clock_);
    return absl::OkStatus();
  }
  void Start() {
    const absl::Status status = TryStart();
    ASSERT_TRUE(status.ok()) << status;
  }
  void End() {
    if (repository_ != nullptr) {
      repository_->Subscribe(nullptr);
      repository_->Stop();
    }
    repository_.reset();
    audit_.reset();
    store_.reset();
  }
  /// Another process goes on with what is stored.
  void Restart() {
    End();
    Start();
  }

  template <typename T>
  static T Made(const std::string &text) {
    T message;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
    return message;
  }

  /// Waits for the answer of what `call` asks for.
  template <typename T>
  static absl::StatusOr<T> Await(const std::function<void(Methods::Done)> &call) {
    std::promise<absl::StatusOr<Answer>> promise;
    call([&](absl::StatusOr<Answer> answer) { promise.set_value(std::move(answer)); });
    absl::StatusOr<Answer> answer = promise.get_future().get();
    if (!answer.ok()) return answer.status();
    return static_cast<const T &>(**answer);
  }

  absl::StatusOr<v1::Destination> Create(const std::string &id, const std::string &text,
                                         const Said &said = {}) {
    const auto given = Made<v1::Destination>(text);
    return Await<v1::Destination>([&](Methods::Done done) {
      destinations_->Create({"CreateDestination", given, said.request_id, said.validate_only},
                            {.principal = said.principal, .is_operator = said.is_operator},
                            said.parent, id, given, std::move(done));
    });
  }
  absl::StatusOr<v1::Subscription> Subscribe(const std::string &id, const std::string &text) {
    const auto given = Made<v1::Subscription>(text);
    return Await<v1::Subscription>([&](Methods::Done done) {
      subscriptions_->Create({"CreateSubscription", given}, {.principal = "tokens/ops"},
                             "tenants/acme", id, given, std::move(done));
    });
  }
  absl::StatusOr<v1::Destination> Update(const v1::Destination &given,
                                         const std::vector<std::string> &paths = {},
                                         bool allow_missing = false, const Said &said = {}) {
    google::protobuf::FieldMask mask;
    for (const std::string &path : paths) mask.add_paths(path);
    return Await<v1::Destination>([&](Methods::Done done) {
      destinations_->Update({"UpdateDestination", given, said.request_id, said.validate_only},
                            {.principal = said.principal, .is_operator = said.is_operator}, given,
                            mask, allow_missing, std::move(done));
    });
  }
  absl::Status Delete(const std::string &name, const std::string &etag = {},
                      bool allow_missing = false, bool force = false, bool validate_only = false) {
    const v1::Destination request;
    return Await<v1::Destination>([&](Methods::Done done) {
             destinations_->Delete(
                 {"DeleteDestination", request, "", validate_only}, {.principal = "tokens/ops"},
                 {name, etag, allow_missing, force},
                 [](const auto &) { return std::make_unique<v1::Destination>(); }, std::move(done));
           })
        .status();
  }
  absl::StatusOr<v1::Destination> Get(const std::string &name) {
    absl::StatusOr<Answer> answer = destinations_->Get(name);
    if (!answer.ok()) return answer.status();
    return static_cast<const v1::Destination &>(**answer);
  }

  /// The destination in force; null: there is none.
  std::shared_ptr<const model::Destination> InForce(const std::string &id) {
    const base::MutexLock lock(mutex_);
    std::shared_ptr<const model::Destination> found;
    for (const auto &tenant : in_force_->tenants) {
      for (const auto &destination : tenant->destinations) {
        if (destination.value->name == id) found = destination.value;
      }
    }
    return found;
  }
  void Refuse(absl::Status status) {
    const base::MutexLock lock(mutex_);
    refusal_ = std::move(status);
  }

  TestDisk disk_;
  std::unique_ptr<TestStore> store_;
  TestFile file_;
  base::SimulatedClock clock_;
  sealing::MasterKeys keys_{{Master('1')}};
  std::string public_url_ = "https://hooks.example.com/";
  std::unique_ptr<ResourceType> types_[9] = {MakeDestinationType(),
                                             MakeSubscriptionType(),
                                             MakeTenantTokenType(),
                                             MakeTokenType(),
                                             MakeTenantType(),
                                             MakeEventTypeType(),
                                             MakePortalSessionType([this] { return public_url_; }),
                                             MakeTenantDeletionType(),
                                             MakeTenantRetirementType()};
  AuditLog::Limits audit_limits_;
  std::unique_ptr<AuditLog> audit_;
  std::unique_ptr<Repository> repository_;
  std::unique_ptr<Methods> destinations_;
  std::unique_ptr<Methods> subscriptions_;

  base::Mutex mutex_;
  resource::SnapshotPtr in_force_ ABSL_GUARDED_BY(mutex_);
  absl::Status refusal_ ABSL_GUARDED_BY(mutex_);  // of the next snapshot
  bool hold_ ABSL_GUARDED_BY(mutex_) = false;     // snapshots are not answered
  resource::Source::Done held_ ABSL_GUARDED_BY(mutex_);
  std::promise<void> held_one_;
};

inline constexpr char kUrl[] = "url: \"https://receiver.example/hooks\"";
inline constexpr char kOrders[] = "tenants/acme/destinations/orders";

}  // namespace carillon::control
