#pragma once

#include <memory>
#include <string>

#include "call_head.h"
#include "call_loop.h"
#include "call_places.h"
#include "carillon/base/clock.h"
#include "carillon/web/responder.h"

namespace carillon::connect {

/// A call that has its place: what it was asked with, and the way back.
struct Incoming {
  CallHead head;
  std::string body;
  CallPlaces::Ticket ticket;
  base::WallTime deadline{};  ///< `max()` where there is none
  web::Responder responder;
  size_t max_message_bytes = 0;
};

/// Calls the method and answers, once; on the thread "json", which it does not block. `loop` is the
/// one whose thread that is.
void CallUnary(CallLoop& loop, Incoming incoming);
/// The same for a method that streams its answers. The HTTP status is 200 from the beginning; an
/// error stands in the last envelope.
void CallStream(CallLoop& loop, Incoming incoming);

/// What the program says of calls that it does not take any more.
Error Stopping();

// For both.

/// The message that is sent, binary.
std::variant<std::string, Error> RequestMessage(Incoming& incoming);
/// Fills in what gRPC is told of a call.
void SetContext(const Incoming& incoming, grpc::ClientContext& context);
/// What gRPC answered, in the caller's encoding.
std::variant<std::string, Error> AnswerMessage(const CallHead& head,
                                               const grpc::ByteBuffer& answer);
/// How a call failed, in the caller's names.
Error CallError(const CallHead& head, const grpc::Status& status);
grpc::ByteBuffer ToBuffer(const std::string& bytes);
/// Answers under it are not worth compressing.
inline constexpr size_t kLeastCompressed = 1024;

}  // namespace carillon::connect
