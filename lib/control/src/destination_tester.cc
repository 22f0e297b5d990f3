#include "carillon/control/destination_tester.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "carillon/aip/field_behavior.h"
#include "carillon/base/text.h"
#include "carillon/trial/attempt_message.h"
#include "carillon/trial/trial_event.h"
#include "change_call.h"
#include "tenant_state.h"

namespace carillon::control {
namespace {

constexpr char kTestMethod[] = "carillon.v1.DestinationService/TestDestination";

absl::Status OneOf(const char* field, const char* other, bool both) {
  return both ? aip::BadField(field, "CONFLICT", absl::StrCat("must not be set beside ", other))
              : aip::BadField(field, "REQUIRED", absl::StrCat("must be set, or ", other));
}

/// All event types there are.
ingest::Catalog CatalogOf(const View& view) {
  const resource::SnapshotPtr file = view.file();
  const resource::SnapshotPtr stored = view.stored();
  std::vector<std::string> types = *file->types;
  types.insert(types.end(), stored->types->begin(), stored->types->end());
  schema::EventTypes registered = *file->event_types;
  registered.insert(registered.end(), stored->event_types->begin(), stored->event_types->end());
  return {types, registered};
}

}  // namespace

void DestinationTester::Test(const v1::TestDestinationRequest& request, const Caller& caller,
                             Done done) {
  if (absl::Status status = CheckRequestId(request.request_id()); !status.ok()) {
    return done(std::move(status));
  }
  absl::StatusOr<trial::Trial> trial = MakeTrial(request);
  if (!trial.ok()) return done(trial.status());
  trial->must_end = MustEnd(caller);
  ChangeCall call = MakeCall({kTestMethod, request, request.request_id()}, caller,
                             v1::TestDestinationResponse::default_instance());
  calls_.Run(
      std::move(call),
      [this, trial = *std::move(trial)](Done answered) mutable {
        Send(std::move(trial), std::move(answered));
      },
      std::move(done));
}

absl::StatusOr<trial::Trial> DestinationTester::MakeTrial(
    const v1::TestDestinationRequest& request) {
  absl::StatusOr<DestinationPtr> destination = FindDestination(request);
  if (!destination.ok()) return destination.status();
  if (const auto tenant = FindDisabled(repository_, (*destination)->tenant)) {
    return TenantDisabled(*tenant);
  }
  absl::StatusOr<model::EventPtr> event = MakeEvent(request, (*destination)->tenant);
  if (!event.ok()) return event.status();
  trial::Trial trial{.destination = *std::move(destination), .event = *std::move(event)};
  if (const auto file = repository_.file(); file->settings) trial.egress = file->settings->egress;
  return trial;
}

absl::StatusOr<DestinationTester::DestinationPtr> DestinationTester::FindDestination(
    const v1::TestDestinationRequest& request) const {
  if (request.name().empty() != request.has_destination()) {
    return OneOf("name", "destination", request.has_destination());
  }
  if (request.has_destination()) return ReadUnsaved(request.destination());
  return FindStored(request.name());
}

absl::StatusOr<DestinationTester::DestinationPtr> DestinationTester::FindStored(
    const std::string& name) const {
  const auto ids = destinations_.pattern().Match(name);
  if (!ids) {
    return aip::BadField("name", "PATTERN",
                         absl::StrCat("must be ", destinations_.pattern().ToString()));
  }
  if (const Entry entry = repository_.Find(name); entry.message != nullptr) {
    absl::StatusOr<Value> value = destinations_.Read(*entry.message, repository_, true);
    if (!value.ok()) return value.status();
    return std::get<DestinationPtr>(*std::move(value));
  }
  for (const resource::TenantPtr& tenant : repository_.file()->tenants) {
    if (tenant->tenant != ids->front()) continue;
    for (const auto& destination : tenant->destinations) {
      if (destination.value->name == ids->back()) return destination.value;
    }
  }
  return aip::NotFound(destinations_.type(), name);
}

absl::StatusOr<DestinationTester::DestinationPtr> DestinationTester::ReadUnsaved(
    const v1::Destination& given) const {
  if (!destinations_.pattern().Match(given.name())) {
    return aip::BadField("destination.name", "PATTERN",
                         absl::StrCat("must be ", destinations_.pattern().ToString(),
                                      ", of which the tenant is looked at"));
  }
  v1::Destination made = given;
  aip::ClearOutputOnly(made);
  if (absl::Status status = destinations_.Prepare(made, clock_.Wall()); !status.ok()) {
    return status;
  }
  destinations_.Normalize(made);
  absl::StatusOr<Value> value = destinations_.Read(made, repository_, false);
  if (!value.ok()) return value.status();
  return std::get<DestinationPtr>(*std::move(value));
}

absl::StatusOr<model::EventPtr> DestinationTester::MakeEvent(
    const v1::TestDestinationRequest& request, const std::string& tenant) {
  if (request.event_type().empty() != request.has_event()) {
    return OneOf("event_type", "event", request.has_event());
  }
  const ingest::Catalog catalog = CatalogOf(repository_);
  const base::WallTime now = clock_.Wall();
  const base::MutexLock lock(mutex_);
  if (request.has_event()) {
    return trial::MakeTrialEvent(request.event(), tenant, catalog, now, random_);
  }
  return trial::MakeSample(request.event_type(), tenant, catalog, now, random_);
}

base::MonoTime DestinationTester::MustEnd(const Caller& caller) const {
  const base::WallTime now = clock_.Wall();
  const bool waits_long = caller.answer_by > now + kLongest + kWayBack;
  const auto left = waits_long ? kLongest : caller.answer_by - now - kWayBack;
  return clock_.Mono() + left;
}

void DestinationTester::Send(trial::Trial trial, Done done) {
  trial::Trial sent = trial;
  sender_.Send(std::move(sent), [trial = std::move(trial), done = std::move(done)](
                                    absl::StatusOr<trial::TrialResult> result) mutable {
    if (!result.ok()) return done(result.status());
    auto response = std::make_unique<v1::TestDestinationResponse>();
    *response->mutable_attempt() = trial::ToAttempt(trial, *result);
    done(std::move(response));
  });
}

}  // namespace carillon::control
