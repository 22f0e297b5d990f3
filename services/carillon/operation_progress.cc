#include "operation_progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "carillon/client/explain.h"
#include "carillon/client/render.h"
#include "commands.h"
#include "exit_codes.h"

namespace carillon::cli {
namespace {

constexpr int kBarColumns = 10;
constexpr int kWaitSeconds = 1;  // how often the bar moves
constexpr char kClearLine[] = "\r\x1b[K";

int PrintEnd(const ApiSession& session, const v1::Operation& operation) {
  ApiSession::Print(
      RenderOne(*client::FindKind("operations"), operation, session.form(), session.color()));
  if (operation.state() == v1::Operation::SUCCEEDED) return client::kEndDone;
  Say(absl::StrCat(operation.name(), ": ", operation.error().message()));
  return client::kEndRefused;
}

}  // namespace

std::string ProgressText(const v1::Operation& operation) {
  const double share = std::clamp(operation.progress(), 0.0, 1.0);
  const int full = static_cast<int>(share * kBarColumns);
  if (operation.kind() == v1::Operation::DELETE_TENANT) {
    return absl::StrFormat("[%s%s] %3d %%  %d deleted", std::string(full, '#'),
                           std::string(kBarColumns - full, '.'), static_cast<int>(share * 100),
                           operation.processed_count());
  }
  return absl::StrFormat(
      "[%s%s] %3d %%  %d %s of %d", std::string(full, '#'), std::string(kBarColumns - full, '.'),
      static_cast<int>(share * 100), operation.processed_count(),
      operation.kind() == v1::Operation::PURGE ? "purged" : "sent", operation.matched_count());
}

int FollowOperation(ApiSession& session, const v1::Operation& operation) {
  const bool bar = isatty(STDERR_FILENO) == 1;
  Say(absl::StrCat(operation.name(), " runs; it goes on when this command ends"));
  const auto& method = *client::FindKind("operations")->Method("Wait");
  v1::Operation last = operation;
  v1::WaitOperationRequest request;
  request.set_name(operation.name());
  request.mutable_timeout()->set_seconds(kWaitSeconds);
  while (!last.done()) {
    const auto answer = session.resources().Call(method, request);
    if (bar) std::fputs(kClearLine, stderr);
    if (!answer.ok()) return session.Fail(answer.status());
    last = static_cast<const v1::Operation&>(**answer);
    if (bar && !last.done()) std::fputs(ProgressText(last).c_str(), stderr);
  }
  return PrintEnd(session, last);
}

int PrintMatches(const ApiSession& session, const Matches& matches, const char* noun,
                 const char* done) {
  if (session.form() == client::OutputForm::kJson) {
    ApiSession::Print(client::ToJson(matches.answer));
    return client::kEndDone;
  }
  ApiSession::Print(absl::StrCat(matches.estimated ? "about " : "", matches.count, " ", noun,
                                 " would be ", done, "\n"));
  for (const std::string& name : matches.sample) ApiSession::Print(name + "\n");
  Say("a dry run: nothing was changed");
  return client::kEndDone;
}

}  // namespace carillon::cli
