#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "api_session.h"
#include "carillon/base/text.h"
#include "carillon/client/explain.h"
#include "carillon/client/table.h"
#include "carillon/v1/destination_service.pb.h"
#include "commands.h"
#include "exit_codes.h"

namespace carillon::cli {
namespace {

struct CheckUrlFlags {
  ApiFlags api;
  std::string url;
};

std::string AddressesText(const v1::CheckUrlResponse& answer, bool color) {
  client::Table table({"ADDRESS", "ALLOWED", "WHY NOT"});
  for (const v1::CheckedAddress& each : answer.addresses()) {
    table.Add(
        {{each.address()},
         {each.allowed() ? "yes" : "no", each.allowed() ? client::Tone::kGood : client::Tone::kBad},
         {each.message()}});
  }
  return table.Format(color);
}

void PrintCheck(const ApiSession& session, const v1::CheckUrlResponse& answer) {
  if (session.PrintAsData(answer)) return;
  if (!answer.addresses().empty()) ApiSession::Print(AddressesText(answer, session.color()));
  const std::string url = base::Printable(answer.url(), 2048);
  Say(answer.allowed() ? absl::StrCat("requests may go to ", url)
                       : absl::StrCat("no request goes to ", url, ": ", answer.message()));
}

int CheckUrl(const CheckUrlFlags& flags) {
  return WithSession(flags.api, [&](ApiSession& session) -> int {
    v1::CheckUrlRequest request;
    request.set_parent(absl::StrCat("tenants/", session.tenant()));
    request.set_url(flags.url);
    const auto& method = *request.GetDescriptor()
                              ->file()
                              ->FindServiceByName("DestinationService")
                              ->FindMethodByName("CheckUrl");
    const auto answer = session.resources().Call(method, request);
    if (!answer.ok()) return session.Fail(answer.status());
    const auto& checked = static_cast<const v1::CheckUrlResponse&>(**answer);
    PrintCheck(session, checked);
    return checked.allowed() ? client::kEndDone : client::kEndRefused;
  });
}

}  // namespace

void AddCheckUrlCommand(CLI::App& group, Command& chosen) {
  CLI::App* command = group.add_subcommand(
      "check-url", "Show where a URL leads, and whether requests may go there; 1 if not");
  command->footer(
      std::string("Example: carillon destinations check-url https://hooks.example.com/in\n") +
      kApiExitCodeHelp);
  const auto flags = std::make_shared<CheckUrlFlags>();
  command->add_option("URL", flags->url, "As that of a destination")->required();
  AddApiFlags(*command, flags->api);
  command->callback([&chosen, flags] { chosen = [flags] { return CheckUrl(*flags); }; });
}

}  // namespace carillon::cli
