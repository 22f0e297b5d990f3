#include "carillon/client/apply.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/aip/field_behavior.h"
#include "carillon/aip/field_mask.h"
#include "carillon/base/text.h"
#include "carillon/client/local_secrets.h"
#include "carillon/config/set_member.h"
#include "carillon/config/to_yaml.h"
#include "carillon/v1/destination.pb.h"
#include "differences.h"

namespace carillon::client {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

Answer CopyOf(const Message& message) {
  Answer copy(message.New());
  copy->CopyFrom(message);
  return copy;
}

/// The error about one resource, with its details.
absl::Status Of(const std::string& name, const absl::Status& status) {
  absl::Status named(status.code(), absl::StrCat(name, ": ", status.message()));
  status.ForEachPayload([&named](absl::string_view url, const absl::Cord& payload) {
    named.SetPayload(url, payload);
  });
  return named;
}

/// Keys have methods of their own.
void ClearKeys(Message& message) {
  if (const FieldDescriptor* keys = message.GetDescriptor()->FindFieldByName("keys")) {
    message.GetReflection()->ClearField(&message, keys);
  }
}

/// A member that only a configuration file may have, and the API would pass over.
absl::Status RefuseFileOnly(const Message& document) {
  const FieldDescriptor* disabled = document.GetDescriptor()->FindFieldByName("disabled");
  if (disabled == nullptr || !aip::IsOutputOnly(*disabled) ||
      !document.GetReflection()->GetBool(document, disabled)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError("disabled: is for configuration files only");
}

/// What is different between what is stored and what is given, secrets marked.
struct Compared {
  Answer before, after;
  std::vector<std::string> paths;
};

Compared Compare(const Message& stored, const Message& given, SecretsOf side) {
  Compared compared{CopyOf(stored), CopyOf(given), {}};
  ClearKeys(*compared.before);
  ClearKeys(*compared.after);
  MarkSecrets(SecretsOf::kStored, *compared.before);
  MarkSecrets(side, *compared.after);
  aip::KeepSecrets(*compared.before, *compared.after);
  compared.paths = aip::ChangedPaths(*compared.before, *compared.after);
  std::erase(compared.paths, "name");
  return compared;
}

bool HoldsNewSecret(const Compared& compared) {
  const auto differences = DifferencesAt(compared.paths, *compared.before, *compared.after);
  return std::ranges::any_of(differences, [](const Difference& each) {
    return each.after.find("***") != std::string::npos;
  });
}

/// Of a subscription, the names of its destinations written out, as the server has them.
std::set<std::string> WriteDestinationsOut(Message& message) {
  auto* const subscription = dynamic_cast<v1::Subscription*>(&message);
  std::set<std::string> names;
  if (subscription == nullptr) return names;
  const std::string tenant = subscription->name().substr(0, subscription->name().rfind("/subscr"));
  for (std::string& name : *subscription->mutable_destinations()) {
    if (name.find('/') == std::string::npos) {
      name.insert(0, absl::StrCat(tenant, "/destinations/"));
    }
    names.insert(name);
  }
  return names;
}

/// Destinations before what names them; those of a kind in the order in which they are given.
std::vector<Answer> InOrderOfKinds(std::vector<Answer> documents) {
  std::vector<Answer> sorted;
  for (const Kind& kind : Kinds()) {
    for (Answer& document : documents) {
      if (document != nullptr && document->GetDescriptor() == kind.type) {
        sorted.push_back(std::move(document));
      }
    }
  }
  return sorted;
}

const v1::Key* FindKey(const v1::Destination& destination, const std::string& name) {
  const auto found = std::ranges::find_if(destination.keys(),
                                          [&](const v1::Key& key) { return key.name() == name; });
  return found == destination.keys().end() ? nullptr : &*found;
}

Step KeyStep(const v1::Key& key, Action action) {
  Step step{.kind = KindOfType(*v1::Key::descriptor()), .name = key.name(), .action = action};
  step.resource = CopyOf(key);
  const Answer marked = CopyOf(key);
  MarkSecrets(SecretsOf::kStored, *marked);
  const std::string yaml = config::ToYaml(*marked, config::YamlMembers::kInput);
  if (action == Action::kCreate) step.differences.push_back({"", yaml});
  if (action == Action::kDelete) step.differences.push_back({yaml, ""});
  return step;
}

}  // namespace

absl::StatusOr<Answer> Applier::Create(const Step& step, bool validate_only) {
  const Answer resource = CopyOf(*step.resource);
  SetText(*resource, "etag", "");
  return resources_.Create(*step.kind, ParentOf(step.name),
                           step.name.substr(step.name.rfind('/') + 1), *resource,
                           {.validate_only = validate_only});
}

absl::StatusOr<Answer> Applier::Update(const Step& step, bool validate_only) {
  const Answer resource = CopyOf(*step.resource);
  SetText(*resource, "etag", step.etag);
  return resources_.Update(*step.kind, *resource, step.mask, {.validate_only = validate_only});
}

absl::StatusOr<std::vector<Step>> Applier::Plan(std::vector<Answer> documents) {
  std::set<std::string> given;
  for (const Answer& document : documents) {
    const std::string name = TextOf(*document, "name");
    const Kind* const kind = KindOfType(*document->GetDescriptor());
    if (kind == nullptr || !kind->declared) {
      return absl::InvalidArgumentError(absl::StrCat("'", base::Printable(name), "' is a ",
                                                     document->GetDescriptor()->name(),
                                                     ", which no file declares: leave it out"));
    }
    if (KindOfName(name) != kind) {
      return absl::InvalidArgumentError(absl::StrCat(
          "'", base::Printable(name), "' is no name of a ", base::ToAbsl(kind->singular)));
    }
    if (!given.insert(name).second) {
      return absl::InvalidArgumentError(absl::StrCat(name, " stands in the documents twice"));
    }
  }
  documents = InOrderOfKinds(std::move(documents));
  std::vector<Step> steps;
  std::set<std::string> created;
  for (Answer& document : documents) {
    const Kind& kind = *KindOfType(*document->GetDescriptor());
    const auto names = WriteDestinationsOut(*document);
    const bool names_what_is_new =
        created.contains(ParentOf(TextOf(*document, "name"))) ||
        std::ranges::any_of(names, [&](const std::string& name) { return created.contains(name); });
    const Answer copy = CopyOf(*document);
    absl::StatusOr<Step> step = PlanOne(kind, std::move(document), names_what_is_new);
    if (!step.ok()) return Of(TextOf(*copy, "name"), step.status());
    if (step->action == Action::kCreate) created.insert(step->name);
    const bool was_there = step->action != Action::kCreate;
    steps.push_back(*std::move(step));
    if (was_there && kind.type == v1::Destination::descriptor()) {
      const std::string name = TextOf(*copy, "name");
      const absl::StatusOr<Answer> stored = resources_.Get(kind, name);
      if (!stored.ok()) return Of(name, stored.status());
      absl::Status status = PlanKeys(**stored, *copy, steps);
      if (!status.ok()) return Of(name, status);
    }
  }
  std::vector<Step> pruned;
  if (options_.prune) {
    if (absl::Status status = PlanPruning(steps, pruned); !status.ok()) return status;
  }
  for (Step& step : pruned) steps.push_back(std::move(step));
  return steps;
}

absl::StatusOr<Step> Applier::PlanOne(const Kind& kind, Answer document, bool names_what_is_new) {
  Step step{.kind = &kind, .name = TextOf(*document, "name")};
  if (absl::Status status = RefuseFileOnly(*document); !status.ok()) return status;
  if (!options_.apply_set.empty() && kind.type->FindFieldByName("labels") != nullptr) {
    absl::Status status =
        config::SetMember(absl::StrCat("labels.", base::ToAbsl(kApplySetLabel)), options_.apply_set,
                          config::ValueForm::kText, *document);
    if (!status.ok()) return status;
  }
  const absl::StatusOr<Answer> stored = resources_.Get(kind, step.name);
  if (!stored.ok() && !absl::IsNotFound(stored.status())) return stored.status();
  step.checked = !names_what_is_new;
  if (stored.ok()) {
    absl::Status status = PlanUpdate(**stored, *document, step);
    if (!status.ok()) return status;
    return step;
  }
  aip::ClearOutputOnly(*document);
  step.action = Action::kCreate;
  step.resource = std::move(document);
  if (absl::Status status = CheckCreation(step); !status.ok()) return status;
  return step;
}

absl::Status Applier::CheckCreation(Step& step) {
  if (step.checked) {
    const absl::StatusOr<Answer> answer = Create(step, true);
    if (!answer.ok()) return answer.status();
  }
  const Answer marked = CopyOf(*step.resource);
  MarkSecrets(SecretsOf::kStored, *marked);
  step.differences.push_back({"", config::ToYaml(*marked, config::YamlMembers::kInput)});
  return absl::OkStatus();
}

absl::Status Applier::PlanUpdate(const Message& stored, const Message& document, Step& step) {
  const std::string etag = TextOf(document, "etag");
  step.etag = etag.empty() ? TextOf(stored, "etag") : etag;
  step.resource = CopyOf(document);
  ClearKeys(*step.resource);
  Compared compared = Compare(stored, document, SecretsOf::kGiven);
  if (compared.paths.empty()) return absl::OkStatus();
  step.action = Action::kUpdate;
  step.mask = compared.paths;
  if (step.checked) {
    // The server writes some values in another way, which is no change.
    const absl::StatusOr<Answer> answer = Update(step, true);
    if (!answer.ok()) return answer.status();
    if (!HoldsNewSecret(compared)) compared = Compare(stored, **answer, SecretsOf::kStored);
    if (compared.paths.empty()) step.action = Action::kUnchanged;
  }
  step.differences = DifferencesAt(compared.paths, *compared.before, *compared.after);
  return absl::OkStatus();
}

absl::Status Applier::PlanKeys(const Message& stored, const Message& document,
                               std::vector<Step>& steps) {
  const auto& before = static_cast<const v1::Destination&>(stored);
  const auto& after = static_cast<const v1::Destination&>(document);
  if (after.keys().empty()) return absl::OkStatus();
  // The last that is created stands in front, as the first of the document is to.
  for (int i = after.keys_size() - 1; i >= 0; --i) {
    const v1::Key& key = after.keys(i);
    const v1::Key* const known = FindKey(before, key.name());
    if (known == nullptr) {
      v1::Key made = key;
      aip::ClearOutputOnly(made);
      steps.push_back(KeyStep(made, Action::kCreate));
      continue;
    }
    Compared compared = Compare(*known, key, SecretsOf::kGiven);
    std::erase(compared.paths, "algorithm");
    if (std::erase(compared.paths, "secret") > 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("keys[", i, "]: ", key.name(),
                       " has another secret, and a key keeps its own: give the "
                       "new one another name"));
    }
    if (compared.paths.empty()) continue;
    Step step = KeyStep(key, Action::kUpdate);
    step.mask = compared.paths;
    step.differences = DifferencesAt(compared.paths, *compared.before, *compared.after);
    steps.push_back(std::move(step));
  }
  for (const v1::Key& key : before.keys()) {
    if (FindKey(after, key.name()) == nullptr) steps.push_back(KeyStep(key, Action::kDelete));
  }
  return absl::OkStatus();
}

absl::Status Applier::PlanPruning(const std::vector<Step>& applied, std::vector<Step>& steps) {
  std::set<std::string> kept, parents = {absl::StrCat("tenants/", options_.tenant)};
  for (const Step& step : applied) {
    kept.insert(step.name);
    parents.insert(step.name.substr(0, step.name.find('/', step.name.find('/') + 1)));
  }
  // What names others goes before them.
  for (auto kind = Kinds().rbegin(); kind != Kinds().rend(); ++kind) {
    if (kind->IsNested() || kind->type->FindFieldByName("labels") == nullptr) continue;
    // What is in no tenant belongs to operators: pruned only where there are documents of it.
    const bool given =
        std::ranges::any_of(applied, [&](const Step& step) { return step.kind == &*kind; });
    if (kind->IsTopLevel() && !given) continue;
    for (const std::string& parent : kind->IsTopLevel() ? std::set<std::string>{""} : parents) {
      const std::string filter = absl::StrCat("labels.\"", base::ToAbsl(kApplySetLabel), "\" = \"",
                                              options_.apply_set, "\" AND origin.kind = API");
      absl::Status status = resources_.List(
          *kind, {.parent = parent, .filter = filter}, [&](const Message& resource) {
            const std::string name = TextOf(resource, "name");
            if (kept.contains(name)) return;
            Step step{.kind = &*kind, .name = name, .action = Action::kDelete};
            step.etag = TextOf(resource, "etag");
            steps.push_back(std::move(step));
          });
      if (!status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Answer> Applier::Take(const Step& step) {
  absl::StatusOr<Answer> answer = Answer();
  switch (step.action) {
    case Action::kUnchanged:
      return answer;
    case Action::kCreate:
      answer = Create(step, false);
      break;
    case Action::kUpdate:
      answer = Update(step, false);
      break;
    case Action::kDelete:
      answer = resources_.Delete(*step.kind, step.name, {.etag = step.etag});
  }
  if (!answer.ok()) return Of(step.name, answer.status());
  return answer;
}

}  // namespace carillon::client
