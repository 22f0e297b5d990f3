#include "carillon/control/event_type_import.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "carillon/aip/field_mask.h"
#include "carillon/base/text.h"
#include "carillon/resource/read_event_type.h"
#include "carillon/v1/resource.pb.h"
#include "change_call.h"
#include "imported_messages.h"
#include "metadata.h"
#include "staged_view.h"

namespace carillon::control {
namespace {

using Answered = v1::ImportEventTypesResponse;

/// The error of one event type as that of the request.
absl::Status AtImported(const absl::Status& status, const ImportedMessage& imported) {
  google::rpc::BadRequest bad;
  if (!aip::GetDetail(status, bad) || bad.field_violations().empty()) return status;
  std::vector<aip::FieldViolation> violations;
  for (const auto& violation : bad.field_violations()) {
    violations.push_back(
        {imported.field, violation.reason(),
         absl::StrCat(imported.message, " as ", base::Printable(imported.event_type), ": ",
                      violation.field(), " ", violation.description())});
  }
  return aip::BadRequest(violations, aip::ReasonOf(status));
}

/// Imports one after another into what there will be.
class Importer {
 public:
  Importer(const ResourceType& types, base::WallTime now, bool force, const View& view)
      : types_(types), now_(now), force_(force), view_(view) {}

  absl::Status Take(const ImportedMessage& imported) {
    const std::string name = absl::StrCat(base::ToAbsl(resource::kEventTypes), imported.event_type);
    const Entry before = view_.Find(name);
    auto next = std::make_shared<v1::EventType>();
    if (before.message != nullptr) {
      next->CopyFrom(*before.message);
    } else {
      if (absl::Status status = CheckOrigin(name, imported.event_type); !status.ok()) return status;
      next->set_name(name);
      next->set_uid(NewUid(now_));
      SetTime(*next, "create_time", now_);
    }
    next->mutable_protobuf()->set_message(imported.message);
    next->mutable_protobuf()->set_descriptor_set(imported.set);
    if (before.message == nullptr) {
      types_.Normalize(*next);
    } else {
      if (absl::Status status = types_.Evolve(*before.message, *next, force_); !status.ok()) {
        return status;
      }
      if (aip::ChangedPaths(*before.message, *next).empty()) {
        answer_->set_unchanged_count(answer_->unchanged_count() + 1);
        return absl::OkStatus();
      }
    }
    absl::StatusOr<Value> value = types_.Read(*next, view_, true);
    if (!value.ok()) return value.status();
    SetTime(*next, "update_time", now_);
    *(before.message == nullptr ? answer_->add_created() : answer_->add_updated()) = name;
    last_ = next;
    view_.Stage({name, std::move(next), *std::move(value)});
    return absl::OkStatus();
  }

  absl::StatusOr<ChangeSet> Finish() && {
    if (last_ != nullptr) {
      // Whether there is room for all of them.
      const absl::StatusOr<Value> value = types_.Read(*last_, view_, false);
      if (!value.ok()) return value.status();
    }
    ChangeSet set;
    set.answer = std::move(answer_);
    set.edits = std::move(view_).Take();
    return set;
  }

 private:
  absl::Status CheckOrigin(const std::string& name, const std::string& id) const {
    for (const MessagePtr& message : types_.OfFile(*view_.file(), id)) {
      return OriginOf(*message) == v1::Origin::BUILT_IN ? ReadOnlyBuiltIn(name)
                                                        : ReadOnlyFile(name);
    }
    return absl::OkStatus();
  }

  const ResourceType& types_;
  const base::WallTime now_;
  const bool force_;
  StagedView view_;
  std::shared_ptr<const v1::EventType> last_;  // that was staged; null: none was
  std::unique_ptr<Answered> answer_ = std::make_unique<Answered>();
};

}  // namespace

void EventTypeImport::Import(const v1::ImportEventTypesRequest& request, const Caller& caller,
                             Methods::Done done) {
  absl::Status status = CheckRequestId(request.request_id());
  if (status.ok() && request.descriptor_set().size() > kMaxSetBytes) {
    status = aip::BadField("descriptor_set", "TOO_LONG",
                           absl::StrCat("must be at most ", kMaxSetBytes, " bytes"));
  }
  if (status.ok() && static_cast<size_t>(request.mappings_size()) > kMaxTypes) {
    status = aip::BadField("mappings", "TOO_LONG", absl::StrCat("must be at most ", kMaxTypes));
  }
  if (!status.ok()) return done(std::move(status));
  ChangeCall call = MakeCall({"carillon.v1.EventTypeService/ImportEventTypes", request,
                              request.request_id(), request.validate_only()},
                             caller, Answered::default_instance());
  call.decide = [this, request](const View& view) { return Decide(view, request); };
  repository_.Change(std::move(call), std::move(done));
}

absl::StatusOr<ChangeSet> EventTypeImport::Decide(
    const View& view, const v1::ImportEventTypesRequest& request) const {
  const absl::StatusOr<std::vector<ImportedMessage>> found = FindImported(request);
  if (!found.ok()) return found.status();
  Importer importer(event_types_, clock_.Wall(), request.force(), view);
  for (const ImportedMessage& imported : *found) {
    absl::Status status = importer.Take(imported);
    if (!status.ok()) return AtImported(status, imported);
  }
  return std::move(importer).Finish();
}

}  // namespace carillon::control
