#include "carillon/control/standard_methods.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "carillon/aip/field_behavior.h"
#include "carillon/aip/field_mask.h"
#include "carillon/base/text.h"
#include "carillon/v1/resource.pb.h"
#include "change_call.h"
#include "metadata.h"
#include "parent.h"
#include "staged_view.h"
#include "tenant_retirement.h"
#include "tenant_room.h"

namespace carillon::control {
namespace {

using google::protobuf::Message;

std::unique_ptr<Message> CopyOf(const Message& message) {
  std::unique_ptr<Message> copy(message.New());
  copy->CopyFrom(message);
  return copy;
}

}  // namespace

absl::Status Methods::CheckName(const std::string& name, const char* field) const {
  if (name.empty()) return aip::BadField(field, "REQUIRED", "must be set");
  if (type_.pattern().Match(name)) return absl::OkStatus();
  return aip::BadField(field, "PATTERN", absl::StrCat("must be ", type_.pattern().ToString()));
}

MessagePtr Methods::FindInFile(const View& view, const std::string& name) const {
  const auto ids = type_.pattern().Match(name);
  if (!ids) return nullptr;
  for (MessagePtr& message : type_.OfFile(*view.file(), ids->front())) {
    if (GetText(*message, "name") == name) return std::move(message);
  }
  return nullptr;
}

absl::StatusOr<Answer> Methods::Get(const std::string& name) const {
  if (absl::Status status = CheckName(name, "name"); !status.ok()) return status;
  const Entry entry = repository_.Find(name);
  if (entry.message == nullptr) {
    if (const MessagePtr of_file = FindInFile(repository_, name)) return CopyOf(*of_file);
    for (const MessagePtr& implied : type_.Implied(repository_)) {
      if (GetText(*implied, "name") == name) return CopyOf(*implied);
    }
    return aip::NotFound(type_.type(), name);
  }
  Answer shown = CopyOf(*entry.message);
  repository_.Complete(entry, *shown);
  return shown;
}

void Methods::Change(const ChangeRequest& request, const Caller& caller, const Message& answer_type,
                     absl::AnyInvocable<absl::StatusOr<ChangeSet>(const View&)> decide, Done done) {
  absl::Status status = CheckRequestId(request.request_id);
  if (!status.ok()) return done(std::move(status));
  ChangeCall call = MakeCall(request, caller, answer_type);
  call.decide = std::move(decide);
  repository_.Change(std::move(call), std::move(done));
}

void Methods::Create(const ChangeRequest& request, const Caller& caller, const std::string& parent,
                     const std::string& id, const Message& given, Done done) {
  std::optional<std::vector<std::string>> ids = MatchParent(type_.pattern(), parent);
  if (!ids) return done(WrongParent(type_.pattern()));
  const std::string chosen = id.empty() ? type_.MakeId(given) : id;
  const std::string field = absl::StrCat(base::ToAbsl(type_.member()), "_id");
  if (chosen.empty()) return done(aip::BadField(field, "REQUIRED", "must be set"));
  ids->push_back(chosen);
  const std::string name = type_.pattern().Format(*ids);
  if (absl::Status status = CheckName(name, field.c_str()); !status.ok()) {
    return done(std::move(status));
  }
  Change(
      request, caller, type_.prototype(),
      [this, name, made = std::shared_ptr<const Message>(CopyOf(given)),
       how = How{.validate_only = request.validate_only,
                 .is_operator = caller.is_operator,
                 .reuse_name = request.reuse_name}](const View& view) {
        if (how.reuse_name) return DecideReuse(view, name, *made, how);
        return DecideCreate(view, name, *made, how);
      },
      std::move(done));
}

absl::StatusOr<ChangeSet> Methods::DecideReuse(const View& view, const std::string& name,
                                               const Message& given, const How& how) const {
  const std::string retired = RetirementOf(name);
  StagedView free(view);
  free.Stage({retired, nullptr, {}});
  absl::StatusOr<ChangeSet> set = DecideCreate(free, name, given, how);
  if (set.ok() && view.Find(retired).message != nullptr) {
    set->edits.push_back({retired, nullptr, {}});
  }
  return set;
}

absl::StatusOr<ChangeSet> Methods::DecideCreate(const View& view, const std::string& name,
                                                const Message& given, const How& how) const {
  if (view.Find(name).message != nullptr) return aip::AlreadyExists(type_.type(), name);
  if (const MessagePtr of_file = FindInFile(view, name); of_file != nullptr) {
    if (OriginOf(*of_file) == v1::Origin::BUILT_IN) return aip::AlreadyExists(type_.type(), name);
    return aip::MakeError(v1::NAME_IN_FILE,
                          absl::StrCat(name, " is the name of one in the configuration file"),
                          {{"resource", name}});
  }
  std::shared_ptr<Message> next(CopyOf(given));
  aip::ClearOutputOnly(*next);
  ClearMember(*next, "etag");
  SetText(*next, "name", name);
  const base::WallTime now = clock_.Wall();
  SetText(*next, "uid", NewUid(now));
  SetTime(*next, "create_time", now);
  absl::Status status = type_.Prepare(*next, now);
  if (status.ok() && !how.is_operator) status = type_.Permit(nullptr, *next, view);
  if (!status.ok()) return status;
  return Store(view, std::move(next), true, how.validate_only);
}

absl::StatusOr<ChangeSet> Methods::Store(const View& view, std::shared_ptr<Message> next,
                                         bool shows_secrets, bool validate_only) const {
  type_.Normalize(*next);
  if (const std::string name = GetText(*next, "name"); view.Find(name).message == nullptr) {
    if (absl::Status status = CheckRoom(view, name); !status.ok()) return status;
  }
  absl::StatusOr<Value> value = type_.Read(*next, view, false);
  if (!value.ok()) return value.status();
  SetTime(*next, "update_time", clock_.Wall());
  ChangeSet set;
  set.answer = type_.Summary(*next);
  if (validate_only || !shows_secrets) {
    // Without revision and etag, which come with the change.
    repository_.Complete({GetText(*next, "name"), 0, next}, *set.answer);
    ClearMember(*set.answer, "revision");
    ClearMember(*set.answer, "etag");
  }
  if (validate_only && view.Find(GetText(*next, "name")).message == nullptr) {
    for (const char* member : {"uid", "create_time", "update_time"})
      ClearMember(*set.answer, member);
  }
  type_.Forget(*next);
  std::string name = GetText(*next, "name");
  set.edits.push_back({std::move(name), std::move(next), *std::move(value)});
  return set;
}

void Methods::Update(const ChangeRequest& request, const Caller& caller, const Message& given,
                     const google::protobuf::FieldMask& mask, bool allow_missing, Done done) {
  const std::string field = absl::StrCat(base::ToAbsl(type_.member()), ".name");
  if (absl::Status status = CheckName(GetText(given, "name"), field.c_str()); !status.ok()) {
    return done(std::move(status));
  }
  Change(
      request, caller, type_.prototype(),
      [this, made = std::shared_ptr<const Message>(CopyOf(given)), mask,
       how = How{.validate_only = request.validate_only,
                 .force = request.force,
                 .allow_missing = allow_missing,
                 .is_operator = caller.is_operator}](const View& view) {
        return DecideUpdate(view, *made, mask, how);
      },
      std::move(done));
}

absl::StatusOr<ChangeSet> Methods::DecideUpdate(const View& view, const Message& given,
                                                const google::protobuf::FieldMask& mask,
                                                const How& how) const {
  const std::string name = GetText(given, "name");
  const std::string etag = GetText(given, "etag");
  if (how.allow_missing && etag.empty() && view.Find(name).message == nullptr &&
      FindInFile(view, name) == nullptr) {
    return DecideCreate(view, name, given, how);
  }
  const absl::StatusOr<Entry> entry = FindToChange(view, name, etag);
  if (!entry.ok()) return entry.status();
  std::shared_ptr<Message> next(CopyOf(*entry->message));
  const aip::Update update{type_.member(), given, &mask, type_.instead()};
  absl::Status status = aip::Merge(update, *next);
  if (status.ok()) status = type_.Evolve(*entry->message, *next, how.force);
  if (status.ok() && !how.is_operator) {
    status = type_.Permit(entry->message.get(), *next, view);
  }
  if (!status.ok()) return status;
  return Store(view, std::move(next), false, how.validate_only);
}

absl::StatusOr<Entry> Methods::FindToChange(const View& view, const std::string& name,
                                            const std::string& etag) const {
  Entry entry = view.Find(name);
  if (entry.message == nullptr) {
    const MessagePtr of_file = FindInFile(view, name);
    if (of_file == nullptr) return aip::NotFound(type_.type(), name);
    return OriginOf(*of_file) == v1::Origin::BUILT_IN ? ReadOnlyBuiltIn(name) : ReadOnlyFile(name);
  }
  const std::string current = repository_.EtagOf(entry);
  if (!etag.empty() && etag != current) return aip::EtagMismatch(type_.type(), name, current);
  return entry;
}

void Methods::Modify(const ChangeRequest& request, const Caller& caller, const std::string& name,
                     const std::string& etag, std::function<absl::Status(Message&)> modify,
                     Done done) {
  if (absl::Status status = CheckName(name, "name"); !status.ok()) return done(std::move(status));
  Change(
      request, caller, type_.prototype(),
      [this, name, etag, modify = std::move(modify),
       validate_only = request.validate_only](const View& view) -> absl::StatusOr<ChangeSet> {
        const absl::StatusOr<Entry> entry = FindToChange(view, name, etag);
        if (!entry.ok()) return entry.status();
        std::shared_ptr<Message> next(CopyOf(*entry->message));
        if (absl::Status status = modify(*next); !status.ok()) return status;
        return Store(view, std::move(next), false, validate_only);
      },
      std::move(done));
}

absl::StatusOr<std::vector<Edit>> Methods::DecideDelete(const View& view,
                                                        const Deletion& deletion) const {
  std::vector<Edit> edits;
  if (deletion.allow_missing && view.Find(deletion.name).message == nullptr &&
      FindInFile(view, deletion.name) == nullptr) {
    return edits;
  }
  const absl::StatusOr<Entry> entry = FindToChange(view, deletion.name, deletion.etag);
  if (!entry.ok()) return entry.status();
  edits.push_back({deletion.name, nullptr, {}});
  absl::Status status = type_.Delete(*entry, view, deletion.force, edits);
  if (!status.ok()) return status;
  return edits;
}

void Methods::Delete(const ChangeRequest& request, const Caller& caller, const Deletion& deletion,
                     std::function<Answer(const std::vector<Edit>&)> describe, Done done) {
  if (absl::Status status = CheckName(deletion.name, "name"); !status.ok()) {
    return done(std::move(status));
  }
  const Answer nothing = describe({});
  const Message& type =
      *nothing->GetReflection()->GetMessageFactory()->GetPrototype(nothing->GetDescriptor());
  Change(
      request, caller, type,
      [this, deletion,
       describe = std::move(describe)](const View& view) -> absl::StatusOr<ChangeSet> {
        absl::StatusOr<std::vector<Edit>> edits = DecideDelete(view, deletion);
        if (!edits.ok()) return edits.status();
        ChangeSet set;
        set.answer = describe(*edits);
        set.edits = *std::move(edits);
        return set;
      },
      std::move(done));
}

}  // namespace carillon::control
