#include "carillon/control/repository.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "carillon/aip/etag.h"
#include "carillon/base/mutex.h"
#include "carillon/base/text.h"
#include "carillon/base/worker.h"
#include "carillon/resource/to_message.h"
#include "carillon/sealing/aead.h"
#include "entries_in_force.h"
#include "layer_builder.h"
#include "metadata.h"
#include "prepared_write.h"
#include "remembered.h"
#include "secret_rewrap.h"
#include "stored_entries.h"
#include "stored_resource.h"

namespace carillon::control {
namespace {

absl::Status StoreFailed(const absl::Status& why) {
  if (absl::IsResourceExhausted(why)) {
    return aip::MakeError(v1::DISK_FULL, absl::StrCat("nothing was changed: ", why.message()));
  }
  return aip::MakeError(v1::STORE_UNAVAILABLE,
                        "the configuration store does not take changes; its log tells more");
}

absl::Status TooManyWaiting() {
  absl::Status refusal = aip::QuotaExceeded(
      v1::RATE_LIMITED, "too many changes wait to be put in force", "configuration");
  aip::AddRetry(refusal, std::chrono::seconds(1));
  return refusal;
}

absl::Status Stopping() { return aip::MakeError(v1::STOPPING, "the service is stopping"); }

/// Secrets that are put under another master key, as far as that has come.
struct Rewrapping {
  bool count_only = false;
  absl::AnyInvocable<void(absl::StatusOr<Repository::Rewrapped>)> done;
  size_t prefix = 0;
  std::string after;
  Repository::Rewrapped found;
  std::vector<std::string> written;  // keys of the step under way
  bool more = false;                 // entries of the prefix are left behind it
};

/// A change that waits or is under way.
struct Pending {
  std::unique_ptr<Rewrapping> rewrapping;  // not null: nothing else of this counts
  ChangeCall call;
  absl::AnyInvocable<void(absl::StatusOr<Answer>)> done;
  std::string answer_key;  // empty: it is not remembered
  ChangeSet set;
  PreparedWrite write;  // its changes are with the store
  uint64_t revision = 0;
  resource::SnapshotPtr snapshot;
};

class RepositoryImpl final : public Repository {
 public:
  RepositoryImpl(RepositoryOptions options, StoredEntries stored)
      : options_(std::move(options)),
        etag_key_(stored.key),
        tokens_({{1, stored.key}}),
        in_force_(std::move(stored.entries), stored.snapshot, stored.revision),
        remembered_(stored.key, kMaxRemembered) {
    for (auto& [key, call] : stored.calls) remembered_.Add(key, std::move(call));
    builder_.Keep(stored.snapshot);
  }
  ~RepositoryImpl() override { Stop(); }

  // Source.
  std::string_view name() const override { return "the API"; }
  resource::SnapshotPtr current() const override { return in_force_.snapshot(); }
  void Subscribe(Take take) override {
    const bool begins = take != nullptr;
    {
      const base::MutexLock lock(taking_);
      take_ = std::move(take);
    }
    if (!begins) return;
    {
      const base::MutexLock lock(mutex_);
      begun_ = true;
    }
    PostNext();
  }

  // View.
  Entry Find(std::string_view name) const override { return in_force_.Find(name); }
  std::vector<Entry> List(std::string_view prefix) const override { return in_force_.List(prefix); }
  std::vector<Entry> Last(std::string_view prefix, size_t most) const override {
    return in_force_.Last(prefix, most);
  }
  std::vector<Entry> ListOf(const google::protobuf::Message& prototype,
                            std::string_view prefix) const override {
    return in_force_.ListOf(prototype, prefix);
  }
  std::vector<Entry> ListExpiring(std::string_view prefix) const override {
    return in_force_.ListExpiring(prefix);
  }
  size_t Count(std::string_view prefix) const override { return in_force_.Count(prefix); }
  resource::SnapshotPtr file() const override { return options_.file.current(); }
  resource::SnapshotPtr stored() const override { return current(); }

  // Repository.
  uint64_t revision() const override { return in_force_.revision(); }
  const aip::PageTokens& page_tokens() const override { return tokens_; }
  bool takes_secrets() const override { return !options_.keys.empty(); }
  std::chrono::seconds retirement() const override { return options_.retirement; }
  std::string EtagOf(const Entry& entry) const override {
    return aip::MakeEtag(etag_key_, GetText(*entry.message, "uid"), entry.revision);
  }
  void Complete(const Entry& entry, google::protobuf::Message& shown) const override {
    resource::Redact(shown);
    SetVersion(entry.revision, shown);
  }

  void Change(ChangeCall call, absl::AnyInvocable<void(absl::StatusOr<Answer>)> done) override {
    absl::Status refusal = TakeIn(call, done);
    if (!refusal.ok()) return done(std::move(refusal));
    PostNext();
  }

  void Recall(ChangeCall call, absl::AnyInvocable<void(absl::StatusOr<Answer>)> done) override {
    call.decide = nullptr;
    Change(std::move(call), std::move(done));
  }

  void RewrapSecrets(bool count_only,
                     absl::AnyInvocable<void(absl::StatusOr<Rewrapped>)> done) override {
    if (!takes_secrets()) {
      return done(aip::FailedPrecondition(
          v1::MASTER_KEY_MISSING, "there is no master key: set secrets.master_key",
          {{"MASTER_KEY_MISSING", "secrets.master_key", "set secrets.master_key"}}));
    }
    absl::Status refusal;
    {
      const base::MutexLock lock(mutex_);
      if (stopped_) {
        refusal = Stopping();
      } else if (waiting_.size() >= kMaxWaiting) {
        refusal = TooManyWaiting();
      } else {
        auto& rewrapping = waiting_.emplace_back().rewrapping;
        rewrapping = std::make_unique<Rewrapping>();
        rewrapping->count_only = count_only;
        rewrapping->done = std::move(done);
      }
    }
    if (!refusal.ok()) return done(std::move(refusal));
    PostNext();
  }

  void Stop() override {
    std::deque<Pending> left;
    {
      const base::MutexLock lock(mutex_);
      stopped_ = true;
      left.swap(waiting_);
    }
    worker_->Stop();
    for (Pending& pending : left) Refuse(pending, Stopping());
    if (under_way_) {
      Pending last = *std::exchange(under_way_, std::nullopt);
      Refuse(last, Stopping());
    }
  }

 private:
  /// Lets the call wait for its turn, or says why it may not.
  absl::Status TakeIn(ChangeCall& call, absl::AnyInvocable<void(absl::StatusOr<Answer>)>& done) {
    const base::MutexLock lock(mutex_);
    if (stopped_) return Stopping();
    if (waiting_.size() < kMaxWaiting) {
      Pending& pending = waiting_.emplace_back();
      pending.call = std::move(call);
      pending.done = std::move(done);
      return absl::OkStatus();
    }
    return TooManyWaiting();
  }

  static void Refuse(Pending& pending, absl::Status why) {
    if (pending.rewrapping != nullptr) return pending.rewrapping->done(std::move(why));
    pending.done(std::move(why));
  }

  /// Runs `step` on the control thread; passed over when it has ended. Callbacks of the store and
  /// of the layers come through it, and may come after the end of this.
  template <typename Step>
  void Post(Step step) {
    worker_->Post(std::move(step));
  }

  void PostNext() {
    Post([this] { Next(); });
  }

  // All below: on the control thread.

  void Next() {
    if (under_way_) return;
    {
      const base::MutexLock lock(mutex_);
      if (waiting_.empty() || !begun_) return;
      under_way_ = std::move(waiting_.front());
      waiting_.pop_front();
    }
    if (under_way_->rewrapping != nullptr) return ReadSealed();
    if (!under_way_->call.request_id.empty() && IsRepeated()) return;
    if (under_way_->call.decide == nullptr) return End(Answer());
    Decide();
  }

  void ReadSealed() {
    const Rewrapping& now = *under_way_->rewrapping;
    options_.store.List({.prefix = std::string(RewrapPrefix(now.prefix)),
                         .after = now.after,
                         .limit = kRewrappedAtOnce},
                        OnThread(&RepositoryImpl::OnSealed));
  }

  void OnSealed(absl::StatusOr<store::ConfigPage> page) {
    if (!page.ok()) return EndRewrapping(StoreFailed(page.status()));
    Rewrapping& now = *under_way_->rewrapping;
    absl::StatusOr<RewrapStep> step = RewrapEntries(options_.keys, now.prefix, page->entries);
    if (!step.ok()) return EndRewrapping(step.status());
    now.more = page->more && !page->entries.empty();
    if (now.more) now.after = page->entries.back().key;
    now.found.sealed += step->sealed;
    now.found.rewrapped += step->changes.size();
    if (now.count_only || step->changes.empty()) return NextSealed();
    now.written.clear();
    for (const store::ConfigChange& change : step->changes) now.written.push_back(change.key);
    options_.store.Write(std::move(step->changes), OnThread(&RepositoryImpl::OnRewrapped));
  }

  void OnRewrapped(absl::StatusOr<uint64_t> revision) {
    if (!revision.ok()) return EndRewrapping(StoreFailed(revision.status()));
    std::vector<std::string> names;
    for (const std::string& key : under_way_->rewrapping->written) {
      if (key.starts_with(kResourcePrefix)) names.push_back(key.substr(kResourcePrefix.size()));
    }
    in_force_.Rewrite(names, *revision, true);
    NextSealed();
  }

  /// Goes on behind the step, after changes that wait.
  void NextSealed() {
    Rewrapping& now = *under_way_->rewrapping;
    if (!now.more) {
      now.after.clear();
      if (++now.prefix == kRewrapPrefixes) return EndRewrapping(now.found);
    }
    {
      const base::MutexLock lock(mutex_);
      if (!stopped_) {
        waiting_.push_back(*std::exchange(under_way_, std::nullopt));
      }
    }
    if (under_way_) return EndRewrapping(Stopping());
    PostNext();
  }

  void EndRewrapping(absl::StatusOr<Rewrapped> found) {
    Pending ended = *std::exchange(under_way_, std::nullopt);
    ended.rewrapping->done(std::move(found));
    PostNext();
  }

  /// Answers a call that was answered before; returns whether it was.
  bool IsRepeated() {
    Pending& now = *under_way_;
    now.answer_key = remembered_.KeyOf(now.call);
    const Remembered::Call* before = remembered_.Find(now.answer_key, options_.clock.Wall());
    if (before == nullptr) return false;
    if (before->digest != remembered_.DigestOf(now.call)) {
      End(aip::BadField("request_id", "REUSED",
                        "was used for another request in the last 24 hours: take a new one",
                        v1::REQUEST_ID_REUSED));
      return true;
    }
    options_.store.Get(now.answer_key, OnThread(&RepositoryImpl::OnAnswer));
    return true;
  }

  void OnAnswer(absl::StatusOr<store::ConfigEntry> entry) {
    if (!entry.ok()) return End(StoreFailed(entry.status()));
    const std::string_view stored = entry->value;
    const auto bytes = DecodeBytes(options_.keys, entry->key,
                                   stored.substr(std::min(stored.size(), Remembered::kHeadBytes)));
    Answer answer(under_way_->call.answer_type->New());
    if (!bytes.ok() || !ParseFrom(*bytes, *answer)) {
      return End(absl::DataLossError("an answer that was stored cannot be read"));
    }
    if (under_way_->call.sets_version) SetVersion(entry->revision, *answer);
    End(std::move(answer));
  }

  void Decide() {
    absl::StatusOr<ChangeSet> set = under_way_->call.decide(*this);
    if (!set.ok()) return End(set.status());
    if (under_way_->call.validate_only) return End(std::move(set->answer));
    under_way_->set = *std::move(set);
    if (absl::Status status = CheckSecrets(); !status.ok()) return End(status);
    if (under_way_->set.edits.empty() && under_way_->answer_key.empty()) {
      return End(std::move(under_way_->set.answer));
    }
    Write();
  }

  absl::Status CheckSecrets() const {
    if (takes_secrets()) return absl::OkStatus();
    for (const Edit& edit : under_way_->set.edits) {
      if (edit.message == nullptr || !HasSecret(*edit.message)) continue;
      return aip::FailedPrecondition(
          v1::MASTER_KEY_MISSING,
          absl::StrCat(edit.name,
                       " has a secret, and there is no master key to store it under: set "
                       "secrets.master_key in the configuration file"),
          {{"MASTER_KEY_MISSING", edit.name, "set secrets.master_key"}});
    }
    return absl::OkStatus();
  }

  void Write() {
    Pending& now = *under_way_;
    now.write = PrepareWrite(options_, remembered_, *this, now.call, now.set, now.answer_key);
    options_.store.Write(std::move(now.write.changes), OnThread(&RepositoryImpl::OnWritten));
  }

  void OnWritten(absl::StatusOr<uint64_t> revision) {
    if (!revision.ok()) return End(StoreFailed(revision.status()));
    Pending& now = *under_way_;
    now.revision = *revision;
    if (now.set.edits.empty()) return Commit();
    now.snapshot = builder_.Next(now.set.edits, now.revision);
    if (!Offer(now.snapshot)) Commit();
  }

  /// Returns false when nobody takes snapshots any more: the process is ending.
  bool Offer(const resource::SnapshotPtr& snapshot) {
    const base::MutexLock lock(taking_);
    if (take_ == nullptr) return false;
    take_(snapshot, OnThread(&RepositoryImpl::OnTaken));
    return true;
  }

  void OnTaken(absl::Status status) {
    if (status.ok()) return Commit();
    // What is in force stays: the store has to say the same again.
    options_.store.Write(
        std::move(under_way_->write.undo),
        [this, status, worker = worker_](absl::StatusOr<uint64_t> undone) mutable {
          worker->Post([this, status = std::move(status), undone = std::move(undone)] {
            OnTakenBack(status, undone);
          });
        });
  }

  void OnTakenBack(const absl::Status& refusal, const absl::StatusOr<uint64_t>& undone) {
    if (undone.ok()) {
      // Entries that were there before have a new revision.
      std::vector<std::string> names;
      for (const Edit& edit : under_way_->set.edits) names.push_back(edit.name);
      in_force_.Rewrite(names, *undone, false);
    }
    if (absl::IsAlreadyExists(refusal)) {
      return End(aip::MakeError(v1::NAME_IN_FILE, base::ToStd(refusal.message())));
    }
    End(aip::MakeError(v1::STORE_UNAVAILABLE,
                       absl::StrCat("the change could not be put in force and was taken back: ",
                                    refusal.message())));
  }

  void Commit() {
    Pending& now = *under_way_;
    for (const std::string& key : now.write.forgotten) remembered_.Remove(key);
    if (now.write.remembered) remembered_.Add(now.answer_key, *std::move(now.write.remembered));
    if (now.snapshot != nullptr) builder_.Keep(now.snapshot);
    in_force_.Commit(now.set.edits, now.snapshot, now.revision);
    if (now.call.sets_version) SetVersion(now.revision, *now.set.answer);
    End(std::move(now.set.answer));
  }

  void End(absl::StatusOr<Answer> answer) {
    Pending ended = *std::exchange(under_way_, std::nullopt);
    // What it has changed has its entry, and where it has changed nothing there is none.
    if (ended.call.trail != nullptr) ended.call.trail->settled = true;
    ended.done(std::move(answer));
    PostNext();
  }

  /// What depends on the revision, in a resource that has a uid.
  void SetVersion(uint64_t revision, google::protobuf::Message& resource) const {
    const std::string uid = GetText(resource, "uid");
    if (uid.empty()) {
      // Of a response that is no resource itself.
      const bool is_resource = resource.GetDescriptor()->FindFieldByName("uid") != nullptr;
      if (!is_resource) SetNumber(resource, "revision", static_cast<int64_t>(revision));
      return;
    }
    SetNumber(resource, "revision", static_cast<int64_t>(revision));
    SetText(resource, "etag", aip::MakeEtag(etag_key_, uid, revision));
    SetOrigin(resource, v1::Origin::API);
  }

  /// A callback that goes on here, on the control thread.
  template <typename Result>
  absl::AnyInvocable<void(Result)> OnThread(void (RepositoryImpl::*step)(Result)) {
    return [this, step, worker = worker_](Result result) {
      worker->Post(
          [this, step, result = std::move(result)]() mutable { (this->*step)(std::move(result)); });
    };
  }

  const RepositoryOptions options_;
  const base::Secret etag_key_;
  const aip::PageTokens tokens_;
  std::shared_ptr<base::Worker> worker_ = std::make_shared<base::Worker>("control");

  EntriesInForce in_force_;

  // The control thread's.
  Remembered remembered_;
  LayerBuilder builder_;
  std::optional<Pending> under_way_;

  base::Mutex taking_;  // held while `take_` runs
  Take take_ ABSL_GUARDED_BY(taking_);
  mutable base::Mutex mutex_;
  std::deque<Pending> waiting_ ABSL_GUARDED_BY(mutex_);
  bool begun_ ABSL_GUARDED_BY(mutex_) = false;  // somebody puts changes in force
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Repository>> Repository::Open(RepositoryOptions options) {
  absl::StatusOr<StoredEntries> stored = ReadStored(options);
  if (!stored.ok()) return stored.status();
  return std::make_unique<RepositoryImpl>(std::move(options), *std::move(stored));
}

}  // namespace carillon::control
