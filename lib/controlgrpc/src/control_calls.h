#pragma once

#include <google/protobuf/message.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "carillon/base/worker.h"
#include "carillon/control/answer_stream.h"
#include "carillon/control/audit_log.h"
#include "carillon/control/standard_methods.h"
#include "carillon/controlgrpc/call_authorization.h"
#include "carillon/rpc/guest.h"

namespace carillon::controlgrpc {

/// What all methods of the services have in common: a call is authorized, its message parsed, the
/// members that it requires are there; what the method says is its answer. Methods are added by
/// `ServiceTable`, with their types. Thread-safe; outlives what it made.
class ControlCalls {
 public:
  using Message = google::protobuf::Message;
  using Caller = control::Caller;
  /// Fills in the response.
  using Reading = std::function<absl::Status(const Message& request, const Caller&, Message&)>;
  /// Answers later: `done`, once, on any thread. `request` is there until then.
  using Changing =
      std::function<void(const Message& request, const Caller&, control::Methods::Done done)>;

  /// Answers any number of times, and ends `stream`. `request` is there until it returns.
  using Streaming = std::function<void(const Message& request, const Caller&,
                                       std::unique_ptr<control::AnswerStream> stream)>;

  /// Adds to an answer what operators alone are shown. Any thread.
  using Add = std::function<void(Message& answer)>;

  /// `audit`, where the effects of calls are written down that nobody else does, may be null and
  /// outlives it. `add` is asked of what is read.
  ControlCalls(Authorize authorize, control::AuditLog* audit, Add add)
      : authorize_(std::move(authorize)), audit_(audit), add_(std::move(add)) {}

  /// A method whose calls are run on the thread that reads, one after another, unless they are
  /// cancelled before. `request` and `response` are instances of their types, which stay.
  rpc::GuestMethod Read(std::string name, const Message& request, const Message& response,
                        Reading reading);
  /// A method whose calls begin on the thread that reads, in the same way, and are answered later.
  rpc::GuestMethod ReadLater(std::string name, const Message& request, Changing reading);
  /// A method whose calls begin on the thread that serves them, which must not be blocked.
  rpc::GuestMethod Change(std::string name, const Message& request, Changing changing);

  /// A method that streams its answers. Its calls begin on the thread that serves them, which must
  /// not be blocked.
  rpc::GuestMethod Stream(std::string name, const Message& request, Streaming streaming);

  /// Runs a task on the thread that reads; false, and nothing happens, after `Stop`.
  bool Post(absl::AnyInvocable<void()> task) { return reader_.Post(std::move(task)); }
  /// Runs what is to be read, and refuses more.
  void Stop() { reader_.Stop(); }

 private:
  struct Incoming;
  using Run = std::function<void(Incoming incoming)>;

  /// A method whose calls go to `run` once they were checked.
  rpc::GuestMethod Make(std::string name, const Message& request, Run run);
  /// Answers once it is written down what the call has done, if that has to be.
  void Conclude(rpc::GuestCall& call, const std::shared_ptr<control::CallTrail>& trail,
                absl::StatusOr<control::Answer> answer);
  /// Runs `begin` on the thread that reads, unless the call is cancelled before. It gives back its
  /// place in `reading_` when it is over.
  void PostReading(Incoming incoming, const Run& begin);

  const Authorize authorize_;
  control::AuditLog* const audit_;
  const Add add_;
  std::atomic<size_t> reading_{0};
  base::Worker reader_{"control-read"};
};

}  // namespace carillon::controlgrpc
