#pragma once

#include <google/protobuf/message.h>

#include <cstdint>
#include <string>

#include "api_session.h"
#include "carillon/v1/operation.pb.h"

namespace carillon::cli {

/// `[#####.....]  52 %  1240 sent of 2400`, or `purged`, or `1240 deleted` of a tenant; 10 columns
/// for the bar.
std::string ProgressText(const v1::Operation& operation);

/// Waits until the operation has ended and prints it; meanwhile shows a bar on standard error, if
/// that is a terminal. Returns the exit code: 0 only if it succeeded. An operation goes on when
/// this process ends.
int FollowOperation(ApiSession& session, const v1::Operation& operation);

/// What an operation would handle, as a dry run tells it.
struct Matches {
  const google::protobuf::Message& answer;
  int64_t count = 0;
  bool estimated = false;
  const google::protobuf::RepeatedPtrField<std::string>& sample;
};

/// Prints them and says that nothing was changed; `done` is what would become of them. Returns the
/// exit code.
int PrintMatches(const ApiSession& session, const Matches& matches, const char* noun,
                 const char* done = "sent");

}  // namespace carillon::cli
