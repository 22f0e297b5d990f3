#include "action_commands.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "api_session.h"
#include "carillon/base/text.h"
#include "carillon/client/explain.h"
#include "carillon/client/table.h"
#include "carillon/config/set_member.h"
#include "carillon/config/to_yaml.h"
#include "carillon/v1/destination_service.pb.h"
#include "change_commands.h"
#include "exit_codes.h"

namespace carillon::cli {
namespace {

using client::Kind;
using google::protobuf::FieldDescriptor;
using google::protobuf::MethodDescriptor;

constexpr size_t kMaxResponseShown = 16u << 10;

/// What a method is called on the command line.
struct ActionWord {
  std::string_view verb;
  const char* command;
  const char* help;
};
constexpr ActionWord kActionWords[] = {
    {"Enable", "enable", "Send there again"},
    {"Disable", "disable", "Send nothing there until it is enabled"},
    {"Pause", "pause", "Send nothing there for a while"},
    {"Resume", "resume", "End a pause"},
    {"Release", "release", "Let go what is held behind a dead delivery"},
    {"Resend", "resend", "Make an attempt now, and begin the retries anew"},
    {"Archive", "archive", "End the publishing of it; what was published is delivered"},
    {"Unarchive", "unarchive", "Let it be published again"},
    {"Cancel", "cancel", "End it; what was sent stays sent"},
    {"Test", "test", "Send a sample there now, and show what came of it"},
};

/// What a member of a request means.
constexpr std::pair<std::string_view, const char*> kMemberHelp[] = {
    {"reason", "Why, for people"},
    {"duration", "How long: 30m (default: until it is resumed)"},
    {"deliveries", "What becomes of those that wait: keep or dead"},
    {"ordering_key", "Only those of this key (default: all)"},
    {"event_type", "The type whose sample is sent: session.create"},
    {"etag", "Only if nobody changed it since"},
    {"request_id", "Makes the call safe to repeat for 24 hours"},
};

struct ActionFlags {
  ApiFlags api;
  std::string name;
  std::map<std::string, std::string> members;  ///< by name in the request
  bool dry_run = false;
};

const char* HelpOf(const std::string& member) {
  const auto* const found =
      std::ranges::find(kMemberHelp, member, &std::pair<std::string_view, const char*>::first);
  return found == std::end(kMemberHelp) ? nullptr : found->second;
}

/// Members of an attempt that people are shown, those that are set.
constexpr const char* kAttemptPaths[] = {
    "outcome", "message", "event_type", "webhook_id", "remote_address", "response.status",
    // Why it ended so.
    "detail.tls.subject", "detail.tls.issuer", "detail.tls.names", "detail.tls.not_before",
    "detail.tls.not_after", "detail.tls.verify_error", "detail.dns.host", "detail.dns.code",
    "detail.ssrf.address", "detail.ssrf.rule", "detail.limit.name", "detail.limit.value",
    "detail.retry_after", "detail.redirect_url",
    // How long it took.
    "phases.dns", "phases.connect", "phases.tls", "phases.first_byte", "phases.total"};

/// What came of a test, for people.
std::string AttemptText(const v1::Attempt& attempt, bool color) {
  client::Table table({"FACT", "VALUE"});
  for (const char* path : kAttemptPaths) {
    std::string text = client::CellText(attempt, path);
    if (!text.empty()) table.Add({{path}, {std::move(text)}});
  }
  std::string text = table.Format(color);
  if (attempt.response().body().empty()) return text;
  return absl::StrCat(text, "\n", base::Printable(attempt.response().body(), kMaxResponseShown),
                      "\n");
}

/// Prints what a test answered; returns the exit code, which is 0 only for a delivery.
int PrintTest(const ApiSession& session, const v1::TestDestinationResponse& answer) {
  if (!session.PrintAsData(answer)) {
    ApiSession::Print(AttemptText(answer.attempt(), session.color()));
  }
  const bool delivered = answer.attempt().outcome() == v1::OUTCOME_SUCCESS;
  return delivered ? client::kEndDone : client::kEndRefused;
}

int RunAction(const Kind& kind, const MethodDescriptor& method, const ActionFlags& flags) {
  const client::Answer request = client::NewMessage(*method.input_type());
  for (const auto& [member, value] : flags.members) {
    if (value.empty()) continue;
    const FieldDescriptor& field = *method.input_type()->FindFieldByName(member);
    const bool is_text = field.cpp_type() == FieldDescriptor::CPPTYPE_STRING;
    const absl::Status status = config::SetMember(
        member, value, is_text ? config::ValueForm::kText : config::ValueForm::kYaml, *request);
    if (!status.ok()) return Fail(absl::StrCat("--", status.message()), client::kEndWrongInput);
  }
  if (flags.dry_run) client::SetFlag(*request, "validate_only", true);
  return WithSession(flags.api, [&](ApiSession& session) -> int {
    const auto name = client::WholeName(kind, flags.name, session.tenant());
    if (!name.ok()) return FailBefore(name.status());
    client::SetText(*request, "name", *name);
    const auto answer = session.resources().Call(method, *request);
    if (!answer.ok()) return session.Fail(answer.status());
    if (const auto* test = dynamic_cast<const v1::TestDestinationResponse*>(answer->get())) {
      return PrintTest(session, *test);
    }
    if (method.output_type() == kind.type) {
      PrintChanged(session, kind, **answer);
    } else if (session.form() == client::OutputForm::kJson) {
      ApiSession::Print(client::ToJson(**answer));
    } else {
      ApiSession::Print(config::ToYaml(**answer));
    }
    if (flags.dry_run) Say("a dry run: nothing was changed");
    return client::kEndDone;
  });
}

void AddMemberFlags(CLI::App& command, const MethodDescriptor& method, ActionFlags& flags) {
  const auto& type = *method.input_type();
  for (int i = 0; i < type.field_count(); ++i) {
    const std::string& member = type.field(i)->name();
    if (member == "validate_only") {
      command.add_flag("--dry-run", flags.dry_run, "Let the server check it, and change nothing");
    }
    const char* const help = HelpOf(member);
    if (help == nullptr) continue;
    command.add_option("--" + absl::StrReplaceAll(member, {{"_", "-"}}), flags.members[member],
                       help);
  }
}

}  // namespace

void AddActionCommands(CLI::App& group, const Kind& kind, Command& chosen) {
  for (const ActionWord& word : kActionWords) {
    const MethodDescriptor* const method = kind.Method(word.verb);
    if (method == nullptr) continue;
    CLI::App* command = group.add_subcommand(word.command, word.help);
    command->footer(kApiExitCodeHelp);
    const auto flags = std::make_shared<ActionFlags>();
    command->add_option("NAME", flags->name, "Its last part alone, or the whole name")->required();
    AddMemberFlags(*command, *method, *flags);
    AddApiFlags(*command, flags->api);
    command->callback([&chosen, &kind, method, flags] {
      chosen = [&kind, method, flags] { return RunAction(kind, *method, *flags); };
    });
  }
}

}  // namespace carillon::cli
