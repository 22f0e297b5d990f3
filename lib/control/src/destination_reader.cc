#include "carillon/control/destination_reader.h"

#include <chrono>
#include <map>
#include <memory>

#include "carillon/aip/error.h"
#include "metadata.h"
#include "status_message.h"
#include "tenant_state.h"

namespace carillon::control {
namespace {

using google::protobuf::Message;

/// A list may be asked for `state` and `status.*` only by these letters.
bool NamesStatus(const std::string& text) { return text.find("stat") != std::string::npos; }

absl::Status TooManyByStatus() {
  absl::Status status = aip::QuotaExceeded(
      v1::RATE_LIMITED, "too many calls ask for the status of all destinations", "status");
  aip::AddRetry(status, std::chrono::seconds(1));
  return status;
}

}  // namespace

void DestinationReader::Ask(const std::vector<std::string>& names,
                            absl::AnyInvocable<void(absl::StatusOr<Statuses>)> then) {
  std::vector<store::LaneName> asked;
  asked.reserve(names.size());
  for (const std::string& name : names) {
    const auto ids = destinations_.pattern().Match(name);
    asked.push_back({ids->front(), ids->back()});
  }
  const auto waiting =
      std::make_shared<absl::AnyInvocable<void(absl::StatusOr<Statuses>)>>(std::move(then));
  describe_(std::move(asked), [this, waiting](Statuses told) mutable {
    const bool posted =
        post_([waiting, told = std::move(told)]() mutable { (*waiting)(std::move(told)); });
    if (!posted) (*waiting)(aip::MakeError(v1::STOPPING, "the service is stopping"));
  });
}

void DestinationReader::Tell(const delivery::DestinationStatus& status,
                             v1::Destination& destination) const {
  SetStatus(status, destination);
  const auto ids = destinations_.pattern().Match(destination.name());
  const auto tenant = ids ? FindDisabled(methods_.view(), ids->front()) : nullptr;
  // What is wrong with the destination itself stays when its tenant is enabled.
  if (tenant == nullptr || destination.state() == v1::Destination::DISABLED) return;
  destination.set_state(v1::Destination::DISABLED);
  v1::DestinationStatus& told = *destination.mutable_status();
  told.set_reason(v1::DestinationStatus::TENANT_DISABLED);
  told.set_message(tenant->disable_reason);
  told.clear_principal();
  told.clear_state_time();
}

void DestinationReader::Get(const std::string& name, Done done) {
  absl::StatusOr<Answer> found = methods_.Get(name);
  if (!found.ok()) return done(found.status());
  Ask({name}, [this, found = *std::move(found),
               done = std::move(done)](absl::StatusOr<Statuses> told) mutable {
    if (!told.ok()) return done(told.status());
    if (told->front()) Tell(*told->front(), static_cast<v1::Destination&>(*found));
    done(std::move(found));
  });
}

void DestinationReader::List(const ListRequest& request, const Caller& caller, ListDone done) {
  if (NamesStatus(request.filter) || NamesStatus(request.order_by)) {
    return ListByStatus(request, caller, std::move(done));
  }
  absl::StatusOr<Page> page = methods_.List(request, caller);
  if (!page.ok() || page->resources.empty()) return done(std::move(page));
  DescribePage(*std::move(page), std::move(done));
}

void DestinationReader::DescribePage(Page page, ListDone done) {
  std::vector<std::string> names;
  for (const Answer& resource : page.resources) names.push_back(GetText(*resource, "name"));
  Ask(names, [this, page = std::move(page),
              done = std::move(done)](absl::StatusOr<Statuses> told) mutable {
    if (!told.ok()) return done(told.status());
    for (size_t i = 0; i < told->size(); ++i) {
      if (!(*told)[i]) continue;
      Tell(*(*told)[i], static_cast<v1::Destination&>(*page.resources[i]));
    }
    done(std::move(page));
  });
}

void DestinationReader::AskAll(const ListRequest& request, const Caller& caller,
                               absl::AnyInvocable<void(absl::StatusOr<All>)> then) {
  absl::StatusOr<std::vector<std::string>> names = methods_.Names(request, caller);
  if (!names.ok()) return then(names.status());
  if (by_status_.fetch_add(1) >= kMaxByStatus) {
    --by_status_;
    return then(TooManyByStatus());
  }
  Ask(*names,
      [this, names = *names, then = std::move(then)](absl::StatusOr<Statuses> told) mutable {
        --by_status_;
        if (!told.ok()) return then(told.status());
        then(All{std::move(names), *std::move(told)});
      });
}

void DestinationReader::ListByStatus(const ListRequest& request, const Caller& caller,
                                     ListDone done) {
  AskAll(request, caller,
         [this, request, caller, done = std::move(done)](absl::StatusOr<All> all) mutable {
           if (!all.ok()) return done(all.status());
           std::map<std::string_view, const delivery::DestinationStatus*> of;
           for (size_t i = 0; i < all->names.size(); ++i) {
             if (all->statuses[i]) of.emplace(all->names[i], &*all->statuses[i]);
           }
           done(methods_.List(request, caller, [this, &of](Message& message) {
             auto& destination = static_cast<v1::Destination&>(message);
             const auto found = of.find(destination.name());
             if (found != of.end()) Tell(*found->second, destination);
           }));
         });
}

}  // namespace carillon::control
