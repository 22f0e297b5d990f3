// What a configuration store promises: sets that are taken whole, revisions, pages, watching.

#include "carillon/store/config_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "asking.h"
#include "carillon/configstore/sqlite_config_store.h"
#include "sim_config_store.h"

namespace carillon::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr size_t kMaxBytes = 6u << 20;

/// A store that the tests run over.
class ConfigStoreUnderTest {
 public:
  virtual ~ConfigStoreUnderTest() = default;
  virtual ConfigStore& store() = 0;
  /// Another process uses it from now on.
  virtual void Restart() = 0;
  /// Lets the store work until that is so; false when it takes too long.
  virtual bool Await(const std::function<bool()>& holds) = 0;
};

class SimulatedConfig final : public ConfigStoreUnderTest {
 public:
  ConfigStore& store() override { return *store_; }
  void Restart() override { store_ = std::make_unique<SimConfigStore>(disk_, kMaxBytes); }
  bool Await(const std::function<bool()>& holds) override {
    while (!holds()) {
      if (!store_->Step()) return false;
    }
    return true;
  }

 private:
  SimConfigDisk disk_;
  std::unique_ptr<SimConfigStore> store_ = std::make_unique<SimConfigStore>(disk_, kMaxBytes);
};

class EmbeddedConfig final : public ConfigStoreUnderTest {
 public:
  /// `crashes`: a process that is followed by another was killed.
  explicit EmbeddedConfig(bool crashes) : folder_(crashes) { Open(); }

  ConfigStore& store() override { return *store_; }
  void Restart() override {
    folder_.Next();
    store_.reset();
    Open();
  }
  bool Await(const std::function<bool()>& holds) override { return AwaitThreads(holds); }

 private:
  void Open() {
    std::filesystem::create_directories(folder_.path());
    auto store = configstore::OpenSqliteConfigStore(
        {.path = folder_.path() / "config.db", .max_bytes = kMaxBytes});
    if (!store.ok()) throw std::runtime_error(std::string(store.status().message()));
    store_ = *std::move(store);
  }

  LifeFolder folder_;
  std::unique_ptr<ConfigStore> store_;
};

/// Keeps what it is told, as a map that follows.
class Mirror final : public ConfigWatcher {
 public:
  void OnEntries(std::map<std::string, ConfigEntry> entries, uint64_t revision) override {
    const std::lock_guard lock(mutex_);
    EXPECT_FALSE(began_) << "everything is told once";
    began_ = true;
    entries_ = std::move(entries);
    revision_ = revision;
  }
  void OnChanges(const std::vector<ConfigChange>& changes, uint64_t revision) override {
    const std::lock_guard lock(mutex_);
    EXPECT_TRUE(began_);
    EXPECT_GT(revision, revision_);
    revision_ = revision;
    sizes_.push_back(changes.size());
    for (const ConfigChange& change : changes) {
      if (change.value) {
        entries_[change.key] = {change.key, *change.value, revision};
      } else {
        EXPECT_EQ(entries_.erase(change.key), 1u) << "nothing is deleted that is not there";
      }
    }
  }
  void OnFailed(const absl::Status& why) override { ADD_FAILURE() << why; }

  bool began() const {
    const std::lock_guard lock(mutex_);
    return began_;
  }
  uint64_t revision() const {
    const std::lock_guard lock(mutex_);
    return revision_;
  }
  std::map<std::string, ConfigEntry> entries() const {
    const std::lock_guard lock(mutex_);
    return entries_;
  }
  std::vector<size_t> sizes() const {
    const std::lock_guard lock(mutex_);
    return sizes_;
  }

 private:
  mutable std::mutex mutex_;
  bool began_ = false;
  std::map<std::string, ConfigEntry> entries_;
  uint64_t revision_ = 0;
  std::vector<size_t> sizes_;  // of the sets it was told
};

using MakeConfigStore = std::unique_ptr<ConfigStoreUnderTest> (*)();

class ConfigStoreTest : public testing::TestWithParam<std::pair<const char*, MakeConfigStore>> {
 protected:
  ConfigStoreTest() : under_test_(GetParam().second()) {}

  absl::StatusOr<uint64_t> Write(std::vector<ConfigChange> changes) {
    return Ask<absl::StatusOr<uint64_t>>(
        [&](auto done) { under_test_->store().Write(std::move(changes), std::move(done)); });
  }
  /// Writes one entry, and returns the revision.
  uint64_t Put(const std::string& key, const std::string& value) {
    const auto revision = Write({{key, value}});
    EXPECT_TRUE(revision.ok()) << revision.status();
    return revision.value_or(0);
  }
  absl::StatusOr<ConfigEntry> Get(const std::string& key) {
    return Ask<absl::StatusOr<ConfigEntry>>(
        [&](auto done) { under_test_->store().Get(key, std::move(done)); });
  }
  absl::StatusOr<ConfigPage> List(ConfigQuery query) {
    return Ask<absl::StatusOr<ConfigPage>>(
        [&](auto done) { under_test_->store().List(std::move(query), std::move(done)); });
  }
  std::vector<std::string> Keys(const std::string& prefix = "") {
    std::vector<std::string> keys;
    const auto page = List({.prefix = prefix, .after = ""});
    EXPECT_TRUE(page.ok());
    if (page.ok()) {
      EXPECT_FALSE(page->more);
      for (const ConfigEntry& entry : page->entries) keys.push_back(entry.key);
    }
    return keys;
  }
  void Watch(Mirror& mirror) {
    under_test_->store().Watch(mirror);
    ASSERT_TRUE(under_test_->Await([&] { return mirror.began(); }));
  }

  const std::unique_ptr<ConfigStoreUnderTest> under_test_;

 private:
  template <typename Answer, typename Question>
  Answer Ask(Question ask) {
    return AskAndAwait<Answer>([this](auto holds) { return under_test_->Await(holds); },
                               std::move(ask));
  }
};

TEST_P(ConfigStoreTest, WhatWasWrittenIsThereInTheNextProcess) {
  const uint64_t a = Put("a", "one");
  const uint64_t b = Put("b", std::string("t\0wo", 4));
  EXPECT_GT(b, a);
  under_test_->Restart();
  EXPECT_EQ(Get("a").value(), (ConfigEntry{"a", "one", a}));
  EXPECT_EQ(Get("b").value(), (ConfigEntry{"b", std::string("t\0wo", 4), b}));
  EXPECT_GT(Put("a", "three"), b) << "no revision is used again";
  EXPECT_EQ(Get("c").status().code(), absl::StatusCode::kNotFound);
}

TEST_P(ConfigStoreTest, ASetIsTakenWholeOrNotAtAll) {
  const uint64_t a = Put("a", "1");
  const auto refused = Write({{"b", "1"}, {"a", "2", a + 5}, {"c", "1"}});
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kAborted);
  EXPECT_THAT(refused.status().message(), HasSubstr("a"));
  EXPECT_THAT(Keys(), ElementsAre("a"));
  EXPECT_EQ(Get("a")->revision, a);
  const auto taken = Write({{"b", "1", 0}, {"a", std::nullopt, a}, {"c", "1"}});
  ASSERT_TRUE(taken.ok()) << taken.status();
  EXPECT_THAT(Keys(), ElementsAre("b", "c"));
  EXPECT_EQ(Get("b")->revision, *taken);
  EXPECT_EQ(Get("c")->revision, *taken);
}

TEST_P(ConfigStoreTest, WhatIsExpectedIsARevisionOrNothing) {
  EXPECT_EQ(Write({{"a", "1", 7}}).status().code(), absl::StatusCode::kAborted);
  const auto made = Write({{"a", "1", 0}});
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(Write({{"a", "2", 0}}).status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(Write({{"a", std::nullopt, 0}}).status().code(), absl::StatusCode::kAborted);
  const auto changed = Write({{"a", "2", *made}});
  ASSERT_TRUE(changed.ok());
  EXPECT_EQ(Write({{"a", "3", *made}}).status().code(), absl::StatusCode::kAborted);
  ASSERT_TRUE(Write({{"a", std::nullopt, *changed}}).ok());
  EXPECT_TRUE(Write({{"a", "1", 0}}).ok()) << "a name can come back";
}

TEST_P(ConfigStoreTest, ASetThatChangesNothingIsNoRevision) {
  const uint64_t a = Put("a", "1");
  EXPECT_EQ(Write({}).value(), a);
  EXPECT_EQ(Write({{"b", std::nullopt}}).value(), a);
  EXPECT_EQ(List({.prefix = "", .after = ""})->revision, a);
}

TEST_P(ConfigStoreTest, WhatIsOutOfBoundsIsRefused) {
  const auto code = [&](std::vector<ConfigChange> changes) {
    return Write(std::move(changes)).status().code();
  };
  EXPECT_EQ(code({{"", "1"}}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({{std::string(ConfigStore::kMaxKeyBytes + 1, 'k'), "1"}}),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({{"a", "1"}, {"a", "2"}}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({{"a", std::string(ConfigStore::kMaxValueBytes + 1, 'v')}}),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code(std::vector<ConfigChange>(ConfigStore::kMaxChanges + 1, {"a", "1"})),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(List({.prefix = "", .after = "", .limit = 0}).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(List({.prefix = "", .after = "", .limit = ConfigQuery::kMaxPage + 1}).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Keys(), IsEmpty());
  EXPECT_EQ(code({{std::string(ConfigStore::kMaxKeyBytes, 'k'), "1"}}), absl::StatusCode::kOk);
}

TEST_P(ConfigStoreTest, TooMuchIsRefusedUntilSomethingGoes) {
  const std::string large(ConfigStore::kMaxValueBytes, 'v');
  Put("a", large);
  EXPECT_EQ(Write({{"b", large}}).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(Keys(), ElementsAre("a"));
  Put("a", "small");
  Put("b", large);
  under_test_->Restart();
  EXPECT_EQ(Write({{"c", large}}).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(Write({{"b", std::nullopt}, {"c", large}}).ok());
}

TEST_P(ConfigStoreTest, TooManyThatWaitAreRefused) {
  std::mutex mutex;
  size_t answered = 0;
  size_t refused = 0;
  constexpr size_t kCalls = ConfigStore::kMaxWaiting * 20;
  for (size_t i = 0; i < kCalls; ++i) {
    under_test_->store().Write({{"a", std::string(5000, 'v')}}, [&](const auto& revision) {
      const std::lock_guard lock(mutex);
      ++answered;
      if (!revision.ok()) {
        EXPECT_EQ(revision.status().code(), absl::StatusCode::kResourceExhausted);
        ++refused;
      }
    });
  }
  ASSERT_TRUE(under_test_->Await([&] {
    const std::lock_guard lock(mutex);
    return answered == kCalls;
  }));
  EXPECT_GT(refused, 0u);
  EXPECT_GE(kCalls - refused, ConfigStore::kMaxWaiting);
}

TEST_P(ConfigStoreTest, PagesAreInTheOrderOfKeys) {
  std::vector<ConfigChange> changes;
  for (const char* key : {"d/b", "d/a", "s/a", "d", "d0", "d/\xff", "d/c"}) {
    changes.push_back({key, "v"});
  }
  const uint64_t revision = Write(std::move(changes)).value();
  EXPECT_THAT(Keys(), ElementsAre("d", "d/a", "d/b", "d/c", "d/\xff", "d0", "s/a"));
  EXPECT_THAT(Keys("d/"), ElementsAre("d/a", "d/b", "d/c", "d/\xff"));
  EXPECT_THAT(Keys("x"), IsEmpty());
  auto page = List({.prefix = "d/", .after = "", .limit = 3});
  ASSERT_EQ(page->entries.size(), 3u);
  EXPECT_TRUE(page->more);
  EXPECT_EQ(page->revision, revision);
  page = List({.prefix = "d/", .after = page->entries.back().key, .limit = 3});
  ASSERT_EQ(page->entries.size(), 1u);
  EXPECT_EQ(page->entries[0].key, "d/\xff");
  EXPECT_FALSE(page->more);
  page = List({.prefix = "d/", .after = "", .limit = 4});
  EXPECT_FALSE(page->more) << "nothing comes after the last";
}

TEST_P(ConfigStoreTest, PagesGoBackwardsToo) {
  std::vector<ConfigChange> changes;
  for (const char* key : {"d/b", "d/a", "s/a", "d", "d0", "d/\xff", "d/c", "\xff"}) {
    changes.push_back({key, "v"});
  }
  ASSERT_TRUE(Write(std::move(changes)).ok());
  const auto keys = [](const absl::StatusOr<ConfigPage>& page) {
    std::vector<std::string> found;
    for (const ConfigEntry& entry : page->entries) found.push_back(entry.key);
    return found;
  };
  auto page = List({.prefix = "d/", .after = "", .limit = 3, .backwards = true});
  EXPECT_THAT(keys(page), ElementsAre("d/\xff", "d/c", "d/b"));
  EXPECT_TRUE(page->more);
  page = List({.prefix = "d/", .after = "d/b", .limit = 3, .backwards = true});
  EXPECT_THAT(keys(page), ElementsAre("d/a"));
  EXPECT_FALSE(page->more);
  page = List({.prefix = "", .after = "", .limit = 2, .backwards = true});
  EXPECT_THAT(keys(page), ElementsAre("\xff", "s/a"));
  page = List({.prefix = "\xff", .after = "", .backwards = true});
  EXPECT_THAT(keys(page), ElementsAre("\xff"));
  page = List({.prefix = "d/", .after = "x", .backwards = true});
  EXPECT_EQ(page->entries.size(), 4u) << "what comes behind the prefix is none of it";
}

TEST_P(ConfigStoreTest, AWatcherHasEverythingAndThenEachSet) {
  Put("a", "1");
  Put("b", "1");
  Mirror mirror;
  Watch(mirror);
  EXPECT_EQ(mirror.entries().size(), 2u);
  const uint64_t last = Write({{"a", std::nullopt}, {"c", "1"}, {"d", std::nullopt}}).value();
  EXPECT_EQ(mirror.revision(), last) << "told before the writer was answered";
  EXPECT_THAT(mirror.sizes(), ElementsAre(2u)) << "what was not there is not deleted";
  Write({{"x", "1", 99}}).IgnoreError();
  Write({}).IgnoreError();
  EXPECT_EQ(mirror.sizes().size(), 1u) << "only what changes something is told";
  EXPECT_EQ(mirror.entries().at("c"), Get("c").value());
  under_test_->store().Unwatch(mirror);
  Put("e", "1");
  EXPECT_EQ(mirror.revision(), last);
}

TEST_P(ConfigStoreTest, AnySequenceIsAsOfAMap) {
  std::mt19937 random(4711);
  std::map<std::string, ConfigEntry> model;
  uint64_t revision = 0;
  auto mirror = std::make_unique<Mirror>();
  Watch(*mirror);
  for (int round = 0; round < 300; ++round) {
    std::map<std::string, ConfigEntry> next = model;
    std::vector<ConfigChange> changes;
    bool met = true;
    for (unsigned i = random() % 5; i > 0; --i) {
      const std::string key = "k" + std::to_string(random() % 12);
      if (std::any_of(changes.begin(), changes.end(), [&](auto& c) { return c.key == key; }))
        continue;
      ConfigChange change{.key = key, .value = std::nullopt};
      if (random() % 3 != 0) change.value = "v" + std::to_string(random());
      const uint64_t now = model.contains(key) ? model.at(key).revision : 0;
      if (random() % 2 == 0) change.expected = random() % 8 == 0 ? now + 1 : now;
      met = met && change.expected.value_or(now) == now;
      change.value ? void(next[key] = {key, *change.value, 0}) : void(next.erase(key));
      changes.push_back(std::move(change));
    }
    const std::vector<ConfigChange> asked = changes;
    const auto answer = Write(std::move(changes));
    ASSERT_EQ(answer.ok(), met) << answer.status();
    if (!met) continue;
    if (next != model) EXPECT_GT(*answer, revision);
    revision = *answer;
    for (const ConfigChange& change : asked) {
      if (change.value) next[change.key].revision = revision;
    }
    model = std::move(next);
    EXPECT_EQ(mirror->entries(), model);
    if (round % 50 != 49) continue;
    under_test_->store().Unwatch(*mirror);
    under_test_->Restart();
    mirror = std::make_unique<Mirror>();
    Watch(*mirror);
    ASSERT_EQ(mirror->entries(), model);
    EXPECT_EQ(mirror->revision(), revision);
  }
  under_test_->store().Unwatch(*mirror);
}

INSTANTIATE_TEST_SUITE_P(
    All, ConfigStoreTest,
    testing::Values(
        std::pair<const char*, MakeConfigStore>{"Simulated",
                                                +[]() -> std::unique_ptr<ConfigStoreUnderTest> {
                                                  return std::make_unique<SimulatedConfig>();
                                                }},
        std::pair<const char*, MakeConfigStore>{"Embedded",
                                                +[]() -> std::unique_ptr<ConfigStoreUnderTest> {
                                                  return std::make_unique<EmbeddedConfig>(false);
                                                }},
        std::pair<const char*, MakeConfigStore>{"EmbeddedCrashed",
                                                +[]() -> std::unique_ptr<ConfigStoreUnderTest> {
                                                  return std::make_unique<EmbeddedConfig>(true);
                                                }}),
    [](const auto& info) { return std::string(info.param.first); });

}  // namespace
}  // namespace carillon::store
