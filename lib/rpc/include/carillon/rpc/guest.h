#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>

#include <functional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace carillon::rpc {

/// A call of a guest's method, whose message was read. It lives until it is ended, by `Answer` or
/// `Finish`, exactly once: whoever has it does that even when nobody reads it any more. Any thread;
/// what it calls back it calls on the thread that serves the call, which must not be blocked.
class GuestCall {
 public:
  /// Metadata, peer and deadline.
  virtual const grpc::ServerContextBase& context() const = 0;

  /// The client is gone, its deadline has passed, or the server stops: nobody reads an answer.
  virtual bool cancelled() const = 0;
  /// Calls `cancelled` once when that is so, which may be already; not after the end was taken
  /// notice of, which may be a moment after `Finish`. Once.
  virtual void WhenCancelled(absl::AnyInvocable<void()> cancelled) = 0;

  /// Sends one of several messages; of methods that stream. `written`, once: the next may come
  /// (true), or none will arrive (false). Not again before that.
  virtual void Write(grpc::ByteBuffer message, absl::AnyInvocable<void(bool)> written) = 0;
  /// Sends the only message, or the last one, and ends the call with OK.
  virtual void Answer(grpc::ByteBuffer message) = 0;
  /// Ends the call; an error of carillon/aip/error.h with its details. What `Write` was given last
  /// is sent before.
  virtual void Finish(const absl::Status& status) = 0;

 protected:
  ~GuestCall() = default;
};

/// What is to be done with the message of a call. On the thread that serves it; must not block.
using GuestHandler = absl::AnyInvocable<void(grpc::ByteBuffer message, GuestCall& call)>;

/// A method that takes one message and answers with one or with several.
struct GuestMethod {
  std::string name;  ///< `carillon.v1.KeyService/GetKey`
  /// Decides by the call's head whether its message is read: an error ends the call, without
  /// having taken its message. On the thread that serves it; must not block.
  std::function<absl::StatusOr<GuestHandler>(const grpc::ServerContextBase& head)> begin;
};

/// A service that is served beside publishing, on a thread that all guests share. It decides by
/// itself who may call it.
struct Guest {
  std::string name;  ///< `carillon.v1.KeyService`
  std::vector<GuestMethod> methods;
};

}  // namespace carillon::rpc
