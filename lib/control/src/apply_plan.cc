#include "apply_plan.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "carillon/aip/field_behavior.h"
#include "carillon/aip/field_mask.h"
#include "carillon/v1/destination.pb.h"
#include "carillon/v1/resource.pb.h"
#include "change_call.h"
#include "differences.h"
#include "key_edits.h"
#include "metadata.h"
#include "tenant_retirement.h"
#include "tenant_room.h"

namespace carillon::control {
namespace {

using Change = v1::ApplyConfigResponse::Change;
using google::protobuf::Message;

std::shared_ptr<Message> SharedCopy(const Message& message) {
  std::shared_ptr<Message> copy(message.New());
  copy->CopyFrom(message);
  return copy;
}

template <typename Labeled>
std::string LabelOf(const Labeled& resource) {
  const auto found = resource.labels().find(kApplySetLabel);
  return found == resource.labels().end() ? "" : found->second;
}

/// Of which set the resource is; empty: of none.
std::string ApplySetOf(const Message& resource) {
  if (const auto* one = dynamic_cast<const v1::Destination*>(&resource)) return LabelOf(*one);
  if (const auto* one = dynamic_cast<const v1::Subscription*>(&resource)) return LabelOf(*one);
  if (const auto* one = dynamic_cast<const v1::Tenant*>(&resource)) return LabelOf(*one);
  return "";
}

/// Those of `destination` that were made, with their secrets.
void AddMadeKeys(const v1::Destination& destination, const std::vector<std::string>& names,
                 Change& change) {
  for (const std::string& name : names) {
    const v1::Key& key = destination.keys(PlaceOfKey(destination, name));
    v1::Key& shown = *change.add_created_keys();
    shown.set_name(name);
    shown.set_algorithm(key.algorithm());
    *shown.mutable_secret() = key.secret();
  }
}

/// A copy without the secrets of keys that were made: they are others when it is done again.
std::shared_ptr<Message> WithoutMade(const Message& resource,
                                     const std::vector<std::string>& names) {
  std::shared_ptr<Message> copy = SharedCopy(resource);
  auto& destination = static_cast<v1::Destination&>(*copy);
  for (const std::string& name : names) {
    destination.mutable_keys(PlaceOfKey(destination, name))->clear_secret();
  }
  return copy;
}

}  // namespace

absl::StatusOr<ChangeSet> ApplyPlan::Decide(const std::vector<Element>& elements) {
  if (!said_.apply_set.empty()) StageDeletions(elements);
  for (const Element& element : elements) {
    if (absl::Status status = Take(element); !status.ok()) return AtElement(status, element);
  }
  absl::Status status = CheckEventTypes(elements);
  if (status.ok()) status = CheckDeletions();
  if (!status.ok()) return status;
  return Finish();
}

void ApplyPlan::StageDeletions(const std::vector<Element>& elements) {
  std::set<std::string_view> given;
  for (const Element& element : elements) given.insert(element.name);
  const bool any = said_.tenant == aip::NamePattern::kAny;
  const std::string prefix = absl::StrCat("tenants/", any ? "" : said_.tenant + "/");
  const std::vector<Entry> there = below_.List(prefix);
  // What names others goes before them.
  for (const ResourceType* type : {&types_.subscriptions, &types_.destinations, &types_.tenants}) {
    for (const Entry& entry : there) {
      if (!type->pattern().Match(entry.name) || given.contains(entry.name)) continue;
      if (ApplySetOf(*entry.message) != said_.apply_set) continue;
      gone_.push_back({type, entry});
      view_.Stage({entry.name, nullptr, {}});
    }
  }
}

absl::Status ApplyPlan::CheckDeletions() {
  size_t retired = 0;
  for (const Gone& gone : gone_) {
    std::vector<Edit> others;
    absl::Status status = gone.type->Delete(gone.entry, view_, false, others);
    if (!status.ok()) return status;
    if (gone.type == &types_.tenants) {
      ++retired;
      view_.Stage(MakeRetirement(
          gone.entry.name, GetText(*gone.entry.message, "uid"),
          {.principal = said_.principal, .now = now_, .lasts = repository_.retirement()}));
    }
    Change change;
    change.set_kind(Change::DELETE);
    change.set_resource(gone.entry.name);
    Tell(gone.entry.message.get(), nullptr, {}, std::move(change));
  }
  return retired == 0 ? absl::OkStatus() : CheckRetirementRoom(below_, retired);
}

absl::Status ApplyPlan::Take(const Element& element) {
  const Entry before = view_.Find(element.name);
  const bool is_new = before.message == nullptr;
  std::vector<std::string> made;  // keys
  absl::StatusOr<MessageOwner> next =
      is_new ? Create(element, made) : Update(element, before, made);
  if (!next.ok()) return next.status();
  if (!said_.is_operator) {
    absl::Status status = element.type->Permit(before.message.get(), **next, view_);
    if (!status.ok()) return status;
  }
  std::vector<std::string> paths;
  if (!is_new) {
    paths = aip::ChangedPaths(*before.message, **next);
    if (paths.empty()) {
      answer_->set_unchanged_count(answer_->unchanged_count() + 1);
      return absl::OkStatus();
    }
  }
  if (absl::Status status = Stage(element, is_new, *next); !status.ok()) return status;
  Change change;
  change.set_kind(is_new ? Change::CREATE : Change::UPDATE);
  change.set_resource(element.name);
  if (made.empty()) {
    Tell(before.message.get(), next->get(), paths, std::move(change));
    return absl::OkStatus();
  }
  if (!said_.validate_only) AddMadeKeys(static_cast<v1::Destination&>(**next), made, change);
  Tell(before.message.get(), WithoutMade(**next, made).get(), paths, std::move(change));
  return absl::OkStatus();
}

absl::StatusOr<ApplyPlan::MessageOwner> ApplyPlan::Create(const Element& element,
                                                          std::vector<std::string>& made) {
  if (absl::Status status = CheckOrigin(element); !status.ok()) return status;
  MessageOwner next = SharedCopy(*element.given);
  aip::ClearOutputOnly(*next);
  ClearMember(*next, "etag");
  SetText(*next, "uid", NewUid(now_));
  SetTime(*next, "create_time", now_);
  if (absl::Status status = element.type->Prepare(*next, now_); !status.ok()) return status;
  element.type->Normalize(*next);
  auto* const destination = dynamic_cast<v1::Destination*>(next.get());
  const auto* const given = dynamic_cast<const v1::Destination*>(element.given.get());
  if (destination != nullptr && given->keys().empty()) {
    for (const v1::Key& key : destination->keys()) made.push_back(key.name());
  }
  return next;
}

absl::StatusOr<ApplyPlan::MessageOwner> ApplyPlan::Update(const Element& element,
                                                          const Entry& before,
                                                          std::vector<std::string>& made) {
  const std::string etag = GetText(*element.given, "etag");
  const std::string current = repository_.EtagOf(before);
  if (!etag.empty() && etag != current) {
    return aip::EtagMismatch(element.type->type(), element.name, current);
  }
  const MessageOwner given = SharedCopy(*element.given);
  google::protobuf::RepeatedPtrField<v1::Key> keys;
  if (auto* const said = dynamic_cast<v1::Destination*>(given.get())) {
    keys.Swap(said->mutable_keys());
  }
  MessageOwner next = SharedCopy(*before.message);
  google::protobuf::FieldMask all;
  all.add_paths("*");
  absl::Status status =
      aip::Merge({element.type->member(), *given, &all, element.type->instead()}, *next);
  if (!status.ok()) return status;
  if (!keys.empty()) {
    auto& destination = static_cast<v1::Destination&>(*next);
    if (destination.unsigned_requests()) {
      return aip::BadField("destination.keys", "CONFLICT",
                           "must be left out where unsigned_requests is true");
    }
    absl::StatusOr<std::vector<std::string>> names = ReplaceKeys(keys, now_, destination);
    if (!names.ok()) return names.status();
    made = *std::move(names);
    if (status = CheckOneStays(destination, element.name); !status.ok()) return status;
  }
  status = element.type->Evolve(*before.message, *next, false);
  if (!status.ok()) return status;
  element.type->Normalize(*next);
  return next;
}

absl::Status ApplyPlan::CheckOrigin(const Element& element) {
  const auto ids = element.type->pattern().Match(element.name);
  // Those that are in no tenant are asked for all together.
  const bool in_tenant = element.type != &types_.event_types;
  const std::string tenant = in_tenant && ids ? ids->front() : "";
  const auto [known, is_new] = of_file_.try_emplace({element.type, tenant});
  if (is_new) {
    for (const MessagePtr& message : element.type->OfFile(*view_.file(), tenant)) {
      known->second[GetText(*message, "name")] = OriginOf(*message);
    }
  }
  const auto found = known->second.find(element.name);
  if (found == known->second.end()) return absl::OkStatus();
  return found->second == v1::Origin::BUILT_IN ? ReadOnlyBuiltIn(element.name)
                                               : ReadOnlyFile(element.name);
}

absl::Status ApplyPlan::Stage(const Element& element, bool is_new, MessageOwner next) {
  if (is_new) {
    if (absl::Status status = CheckRoom(view_, element.name); !status.ok()) return status;
  }
  // The room of event types is looked at once for all of them.
  const bool trusted = element.type == &types_.event_types;
  absl::StatusOr<Value> value = element.type->Read(*next, view_, trusted);
  if (!value.ok()) return value.status();
  SetTime(*next, "update_time", now_);
  element.type->Forget(*next);
  view_.Stage({element.name, std::move(next), *std::move(value)});
  return absl::OkStatus();
}

absl::Status ApplyPlan::CheckEventTypes(const std::vector<Element>& elements) const {
  const auto one = std::ranges::find_if(
      elements, [this](const Element& element) { return element.type == &types_.event_types; });
  if (one == elements.end()) return absl::OkStatus();
  return types_.event_types.Read(*view_.Find(one->name).message, view_, false).status();
}

void ApplyPlan::Tell(const Message* before, const Message* after,
                     const std::vector<std::string>& paths, Change change) {
  if (told_bytes_ < ConfigMethods::kMaxDifferenceBytes) {
    AddDifferences(before, after, paths, change);
    for (const auto& difference : change.differences()) told_bytes_ += difference.ByteSizeLong();
  }
  *answer_->add_changes() = std::move(change);
}

absl::StatusOr<ChangeSet> ApplyPlan::Finish() {
  if (view_.size() > Repository::kMaxEdits) {
    return aip::QuotaExceeded(
        v1::QUOTA_EXCEEDED,
        absl::StrCat(view_.size(), " resources would be changed, and at most ",
                     Repository::kMaxEdits, " are at once: apply fewer"),
        "configuration");
  }
  if (const size_t bytes = answer_->ByteSizeLong(); bytes > ConfigMethods::kMaxAnswerBytes) {
    return aip::QuotaExceeded(
        v1::QUOTA_EXCEEDED,
        absl::StrCat("the response would have ", bytes, " bytes, with the keys that are made, and ",
                     "may have ", ConfigMethods::kMaxAnswerBytes, ": apply fewer at once"),
        "configuration");
  }
  if (!said_.validate_only && view_.size() == 0) {
    answer_->set_revision(static_cast<int64_t>(repository_.revision()));
  }
  ChangeSet set;
  set.edits = std::move(view_).Take();
  set.answer = std::move(answer_);
  return set;
}

}  // namespace carillon::control
