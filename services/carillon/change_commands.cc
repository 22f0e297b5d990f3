#include "change_commands.h"

#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "carillon/client/explain.h"
#include "carillon/client/render.h"
#include "carillon/client/table.h"
#include "carillon/config/set_member.h"
#include "carillon/v1/access_service.pb.h"
#include "carillon/v1/destination.pb.h"
#include "carillon/v1/destination_service.pb.h"
#include "carillon/v1/portal_service.pb.h"
#include "carillon/v1/tenant_service.pb.h"
#include "commands.h"
#include "operation_progress.h"

namespace carillon::cli {
namespace {

using client::Kind;
using client::OutputForm;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

/// What an answer shows this once: the name, and the secret.
using Shown = std::vector<std::pair<std::string, std::string>>;

void CollectSecrets(const v1::Key& key, Shown& shown) {
  if (key.secret().source_case() != v1::Secret::kValue) return;
  shown.emplace_back(client::ShortName(*client::FindKind("keys"), key.name()),
                     key.secret().value());
}

Shown SecretsIn(const Message& resource) {
  Shown shown;
  if (const auto* key = dynamic_cast<const v1::Key*>(&resource)) CollectSecrets(*key, shown);
  if (const auto* destination = dynamic_cast<const v1::Destination*>(&resource)) {
    for (const v1::Key& key : destination->keys()) CollectSecrets(key, shown);
  }
  const auto* token = dynamic_cast<const v1::Token*>(&resource);
  if (token != nullptr && !token->token().empty()) {
    shown.emplace_back(client::ShortName(*client::FindKind("tokens"), token->name()),
                       token->token());
  }
  const auto* portal = dynamic_cast<const v1::PortalSession*>(&resource);
  if (portal != nullptr && !portal->url().empty()) {
    shown.emplace_back(client::ShortName(*client::FindKind("portal-sessions"), portal->name()),
                       portal->url());
  }
  return shown;
}

/// What the secrets of a resource are called, and how one gets others.
struct SecretWords {
  const char* name;
  const char* secret;
  const char* instead;
};

SecretWords WordsFor(const Message& resource) {
  if (resource.GetDescriptor() == v1::Token::descriptor()) {
    return {"NAME", "TOKEN (shown this once)", "make another token"};
  }
  if (resource.GetDescriptor() == v1::PortalSession::descriptor()) {
    return {"NAME", "LINK (shown this once, opened once within 10 minutes)",
            "make another session"};
  }
  return {"KEY", "SECRET (shown this once)", "rotate the keys to get others"};
}

bool IsForPrograms(OutputForm form) {
  return form == OutputForm::kJson || form == OutputForm::kYaml;
}

void SayDryRun(const ChangeFlags& flags) {
  if (flags.options.validate_only) Say("a dry run: nothing was changed");
}

/// `orders` of `orders/first`, and `first`; of a kind that is in no other, "" and the whole.
std::pair<std::string, std::string> SplitOuter(const Kind& kind, const std::string& name) {
  if (!kind.IsNested()) return {"", name};
  const size_t slash = name.rfind('/');
  if (slash == std::string::npos) return {name, ""};
  return {name.substr(0, slash), name.substr(slash + 1)};
}

/// Where a new resource goes, and its id. A whole name says both.
absl::StatusOr<std::pair<std::string, std::string>> PlaceOf(const Kind& kind,
                                                            const std::string& name,
                                                            const std::string& tenant) {
  if (client::KindOfName(name) == &kind) {
    return std::pair(client::ParentOf(name), name.substr(name.rfind('/') + 1));
  }
  auto [outer, id] = SplitOuter(kind, name);
  absl::StatusOr<std::string> parent = client::ParentName(kind, outer, tenant);
  if (!parent.ok()) return parent.status();
  return std::pair(*std::move(parent), std::move(id));
}

/// What would go with a tenant.
std::string TextOfCounts(const v1::DeleteTenantResponse& counts) {
  return absl::StrCat(counts.destination_count(), " destinations, ", counts.subscription_count(),
                      " subscriptions, ", counts.token_count(), " tokens and ",
                      counts.portal_session_count(), " portal sessions would be deleted\n",
                      counts.uncounted() ? "more than " : "", counts.abandoned_delivery_count(),
                      " deliveries would be given up\n");
}

void PrintDeleted(const ApiSession& session, const Kind& kind, const std::string& name,
                  const Message& answer, bool dry_run) {
  if (IsForPrograms(session.form())) return ApiSession::Print(client::ToJson(answer));
  if (session.form() == OutputForm::kName) return ApiSession::Print(name + "\n");
  const char* verb = dry_run ? " would be deleted\n" : " deleted\n";
  std::string text = absl::StrCat(base::ToAbsl(kind.singular), " ", name, verb);
  if (answer.GetDescriptor() == v1::DeleteDestinationResponse::descriptor()) {
    const auto& counts = static_cast<const v1::DeleteDestinationResponse&>(answer);
    for (const auto& each : counts.deleted_subscriptions()) {
      absl::StrAppend(&text, "subscription ", each, verb);
    }
    for (const auto& each : counts.changed_subscriptions()) {
      absl::StrAppend(&text, "subscription ", each, dry_run ? " would be" : "",
                      " changed: it names the destination no more\n");
    }
  }
  if (answer.GetDescriptor() == v1::DeleteTenantResponse::descriptor() && dry_run) {
    absl::StrAppend(&text, TextOfCounts(static_cast<const v1::DeleteTenantResponse&>(answer)));
  }
  ApiSession::Print(text);
}

/// The operation that goes on after the answer to a deletion; null: there is none.
const v1::Operation* GoesOn(const Message& answer) {
  if (answer.GetDescriptor() != v1::DeleteTenantResponse::descriptor()) return nullptr;
  const auto& response = static_cast<const v1::DeleteTenantResponse&>(answer);
  const bool goes_on =
      response.has_operation() && response.operation().state() != v1::Operation::SUCCEEDED;
  return goes_on ? &response.operation() : nullptr;
}

/// Waits for its end, or says that it goes on. Returns the exit code.
int ShowDeletion(ApiSession& session, const v1::Operation& operation, bool no_wait) {
  if (!no_wait) return FollowOperation(session, operation);
  ApiSession::Print(
      RenderOne(*client::FindKind("operations"), operation, session.form(), session.color()));
  return client::kEndDone;
}

}  // namespace

void AddChangeFlags(CLI::App& app, ChangeFlags& flags) {
  app.add_flag("--dry-run", flags.options.validate_only,
               "Let the server check it, and change nothing");
  app.add_option("--request-id", flags.options.request_id,
                 "Makes the call safe to repeat for 24 hours: 1-64 characters of [A-Za-z0-9_-]");
}

void PrintSecrets(const ApiSession& session, const Message& resource) {
  const Shown shown = SecretsIn(resource);
  if (shown.empty()) return;
  const SecretWords words = WordsFor(resource);
  if (session.form() == OutputForm::kName) {
    Say(absl::StrCat("--output name does not show the new secrets, and no later answer has them: ",
                     words.instead));
    return;
  }
  client::Table table({words.name, words.secret});
  for (const auto& [name, secret] : shown) table.Add({{name}, {secret}});
  ApiSession::Print("\n" + table.Format(session.color()));
}

void PrintChanged(const ApiSession& session, const Kind& kind, const Message& resource) {
  ApiSession::Print(RenderOne(kind, resource, session.form(), session.color()));
  if (!IsForPrograms(session.form())) PrintSecrets(session, resource);
}

int RunCreate(const Kind& kind, const ChangeFlags& flags) {
  const auto given = ReadResource(kind, flags.resource);
  if (!given.ok()) return FailBefore(given.status());
  return WithSession(flags.api, [&](ApiSession& session) -> int {
    std::string name =
        flags.names.empty() ? client::TextOf(*given->resource, "name") : flags.names.front();
    const auto place = PlaceOf(kind, name, session.tenant());
    if (!place.ok()) return FailBefore(place.status());
    client::SetText(*given->resource, "name", "");
    client::SetText(*given->resource, "etag", "");
    const auto made = session.resources().Create(kind, place->first, place->second,
                                                 *given->resource, flags.options);
    if (!made.ok()) return session.Fail(made.status());
    PrintChanged(session, kind, **made);
    SayDryRun(flags);
    return client::kEndDone;
  });
}

int RunUpdate(const Kind& kind, const ChangeFlags& flags) {
  auto given = ReadResource(kind, flags.resource);
  if (!given.ok()) return FailBefore(given.status());
  if (given->mask.empty()) {
    return Fail("nothing to change: give --set, --clear or --file (see --help)",
                client::kEndWrongInput);
  }
  return WithSession(flags.api, [&](ApiSession& session) -> int {
    const auto name = client::WholeName(kind, flags.names.front(), session.tenant());
    if (!name.ok()) return FailBefore(name.status());
    client::SetText(*given->resource, "name", *name);
    client::ChangeOptions options = flags.options;
    if (!options.etag.empty()) client::SetText(*given->resource, "etag", options.etag);
    options.etag.clear();  // an update has it in the resource
    const auto changed = session.resources().Update(kind, *given->resource, given->mask, options);
    if (!changed.ok()) return session.Fail(changed.status());
    PrintChanged(session, kind, **changed);
    SayDryRun(flags);
    return client::kEndDone;
  });
}

int RunDelete(const Kind& kind, const ChangeFlags& flags) {
  return WithSession(flags.api, [&](ApiSession& session) -> int {
    int ending = client::kEndDone;
    for (const std::string& word : flags.names) {
      const auto name = client::WholeName(kind, word, session.tenant());
      if (!name.ok()) return FailBefore(name.status());
      const auto answer = session.resources().Delete(kind, *name, flags.options);
      if (!answer.ok()) {
        ending = session.Fail(answer.status());
        continue;
      }
      if (const v1::Operation* const operation = GoesOn(**answer)) {
        const int shown = ShowDeletion(session, *operation, flags.no_wait);
        if (shown != client::kEndDone) ending = shown;
        continue;
      }
      PrintDeleted(session, kind, *name, **answer, flags.options.validate_only);
    }
    return ending;
  });
}

int RunRotate(const ChangeFlags& flags) {
  const Kind& kind = *client::FindKind("keys");
  v1::RotateKeyRequest request;
  for (const auto& [member, value] :
       {std::pair("overlap", &flags.overlap), std::pair("algorithm", &flags.algorithm)}) {
    if (value->empty()) continue;
    const absl::Status status =
        config::SetMember(member, *value, config::ValueForm::kYaml, request);
    if (!status.ok()) {
      return Fail(absl::StrCat("--", status.message()), client::kEndWrongInput);
    }
  }
  request.set_request_id(flags.options.request_id);
  request.set_etag(flags.options.etag);
  return WithSession(flags.api, [&](ApiSession& session) -> int {
    const auto name = client::WholeName(kind, flags.names.front(), session.tenant());
    if (!name.ok()) return FailBefore(name.status());
    request.set_name(*name);
    const auto answer = session.resources().Call(*kind.Method("Rotate"), request);
    if (!answer.ok()) return session.Fail(answer.status());
    if (IsForPrograms(session.form())) {
      ApiSession::Print(client::ToJson(**answer));
      return client::kEndDone;
    }
    const auto& rotated = static_cast<const v1::RotateKeyResponse&>(**answer);
    client::Listing listing(kind, session.form(), false);
    listing.Add(rotated.key());
    if (rotated.has_replaced_key()) listing.Add(rotated.replaced_key());
    ApiSession::Print(listing.Render(session.color()));
    PrintSecrets(session, rotated.key());
    return client::kEndDone;
  });
}

}  // namespace carillon::cli
