#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "carillon/aip/page_token.h"
#include "carillon/base/clock.h"
#include "carillon/control/audit_log.h"
#include "carillon/control/change.h"
#include "carillon/control/resource_type.h"
#include "carillon/control/view.h"
#include "carillon/resource/source.h"
#include "carillon/sealing/master_key.h"
#include "carillon/store/config_store.h"

namespace carillon::control {

/// What a repository works with. All outlive it.
struct RepositoryOptions {
  store::ConfigStore& store;
  /// Under which secrets are stored; none: no resource with a secret is taken.
  sealing::MasterKeys keys;
  const base::Clock& clock;
  /// The other source, whose names are taken.
  const resource::Source& file;
  /// The kinds that are stored.
  std::vector<const ResourceType*> types;
  /// Where changes are written down; null: nowhere.
  AuditLog* audit = nullptr;
  /// How long the name of a tenant that was deleted is retired: as long as anything is kept of it.
  std::chrono::seconds retirement{std::chrono::hours(24 * 365)};
};

/// The resources that the API has written: durable in a configuration store, and in force. A second
/// source of resources beside the file.
///
/// Changes go one after another: one is decided on what is in force, written together with its
/// entry in the audit log, put in force on every lane, and answered only then. What could not be
/// put in force is taken back from the store, and its caller is told why. Until somebody subscribes
/// changes wait: those who subscribe have begun with what there was. Reading sees what is in force.
/// Thread-safe.
class Repository : public resource::Source, public View {
 public:
  static constexpr size_t kMaxWaiting = 256;  ///< changes that were not answered yet
  static constexpr std::chrono::hours kRemembered{24};
  static constexpr size_t kRewrappedAtOnce = 100;
  /// Of one change; what else the store takes at once is for the audit log.
  static constexpr size_t kMaxEdits = store::ConfigStore::kMaxChanges - 10'000;
  static constexpr size_t kMaxRemembered = 100'000;  ///< answers by request_id, the newest

  /// Reads what there is; blocks. FAILED_PRECONDITION: the master key is missing, or another one.
  /// DATA_LOSS: what is stored cannot be read.
  static absl::StatusOr<std::unique_ptr<Repository>> Open(RepositoryOptions options);

  /// `done`, once, on the control thread, or at once. Errors are those of `decide` and, by reason,
  /// RESOURCE_EXHAUSTED (DISK_FULL, RATE_LIMITED), UNAVAILABLE (STORE_UNAVAILABLE, STOPPING),
  /// INVALID_ARGUMENT (REQUEST_ID_REUSED), ALREADY_EXISTS (NAME_IN_FILE).
  virtual void Change(ChangeCall call, absl::AnyInvocable<void(absl::StatusOr<Answer>)> done) = 0;

  /// What the call was answered before, by its request id; null: it was not. `decide` is not looked
  /// at, and nothing changes. `done` and errors as those of `Change`.
  virtual void Recall(ChangeCall call, absl::AnyInvocable<void(absl::StatusOr<Answer>)> done) = 0;

  /// What was found of secrets that are stored.
  struct Rewrapped {
    uint64_t sealed = 0;     ///< resources and answers that have some
    uint64_t rewrapped = 0;  ///< of these, those that were not under the current master key
  };
  /// Puts what is sealed under a previous master key under the current one, kRewrappedAtOnce
  /// entries in a transaction, other changes between them; with `count_only` it is only counted.
  /// `done` as of `Change`, also with MASTER_KEY_MISSING. Broken off, what was done stays.
  virtual void RewrapSecrets(bool count_only,
                             absl::AnyInvocable<void(absl::StatusOr<Rewrapped>)> done) = 0;

  /// As List, of those of the kind of `prototype`, a default instance of generated code: of what
  /// is of other kinds, which may be nearly all, nothing is parsed.
  virtual std::vector<Entry> ListOf(const google::protobuf::Message& prototype,
                                    std::string_view prefix) const = 0;
  /// As List, of those that have an `expire_time`.
  virtual std::vector<Entry> ListExpiring(std::string_view prefix) const = 0;

  /// Of the newest change that is in force.
  virtual uint64_t revision() const = 0;
  /// Fills in what the server sets beside what is stored, and blanks secrets.
  virtual void Complete(const Entry& entry, google::protobuf::Message& shown) const = 0;
  virtual const aip::PageTokens& page_tokens() const = 0;
  virtual std::string EtagOf(const Entry& entry) const = 0;
  /// Whether secrets can be stored.
  virtual bool takes_secrets() const = 0;
  /// See RepositoryOptions.
  virtual std::chrono::seconds retirement() const = 0;

  /// Answers what waits with UNAVAILABLE. Before the layers that it is a source of end.
  virtual void Stop() = 0;
};

}  // namespace carillon::control
