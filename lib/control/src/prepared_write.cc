#include "prepared_write.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "stored_entries.h"
#include "stored_resource.h"

namespace carillon::control {
namespace {

constexpr size_t kForgottenAtOnce = 16;  // with each change, so that forgetting keeps up

/// Adds the edits; returns what the audit log is told of them.
std::vector<AuditLog::Changed> AddEdits(const RepositoryOptions& options, const View& view,
                                        const ChangeSet& set, PreparedWrite& to) {
  std::vector<AuditLog::Changed> told;
  for (const Edit& edit : set.edits) {
    const Entry before = view.Find(edit.name);
    const std::string key = KeyOfResource(edit.name);
    std::optional<std::string> value;
    if (edit.message != nullptr) value = EncodeStored(options.keys, key, *edit.message);
    to.changes.push_back({key, std::move(value), before.revision});
    std::optional<std::string> old;
    if (before.message != nullptr) old = EncodeStored(options.keys, key, *before.message);
    to.undo.push_back({key, std::move(old), std::nullopt});
    told.push_back({edit.name, before.message, edit.message});
  }
  return told;
}

/// Adds the answer, and takes old ones out.
void AddAnswer(const RepositoryOptions& options, const Remembered& remembered,
               const ChangeCall& call, const ChangeSet& set, const std::string& answer_key,
               PreparedWrite& to) {
  const base::WallTime time = options.clock.Wall();
  const size_t more = answer_key.empty() ? 0 : 1;
  to.forgotten = remembered.Expired(kForgottenAtOnce, more, time);
  // An old answer of the same call is replaced.
  std::erase(to.forgotten, answer_key);
  for (const std::string& key : to.forgotten) {
    to.changes.push_back({key, std::nullopt, std::nullopt});
  }
  if (more == 0) return;
  to.remembered = Remembered::Call{time, remembered.DigestOf(call)};
  const google::protobuf::Message& answer = *set.answer;
  to.changes.push_back({answer_key,
                        absl::StrCat(Remembered::EncodeHead(*to.remembered),
                                     EncodeBytes(options.keys, answer_key,
                                                 answer.SerializeAsString(), HasSecret(answer))),
                        std::nullopt});
  to.undo.push_back({answer_key, std::nullopt, std::nullopt});
}

/// Adds the entries of the audit log.
void AddEntries(const RepositoryOptions& options, const ChangeCall& call,
                const std::vector<AuditLog::Changed>& told, PreparedWrite& to) {
  if (options.audit == nullptr || call.trail == nullptr || told.empty()) return;
  for (store::ConfigChange& entry : options.audit->EntriesOf(*call.trail, told)) {
    if (entry.value) to.undo.push_back({entry.key, std::nullopt, std::nullopt});
    to.changes.push_back(std::move(entry));
  }
}

}  // namespace

PreparedWrite PrepareWrite(const RepositoryOptions& options, const Remembered& remembered,
                           const View& view, const ChangeCall& call, const ChangeSet& set,
                           const std::string& answer_key) {
  PreparedWrite write;
  const std::vector<AuditLog::Changed> told = AddEdits(options, view, set, write);
  AddAnswer(options, remembered, call, set, answer_key, write);
  AddEntries(options, call, told, write);
  return write;
}

}  // namespace carillon::control
