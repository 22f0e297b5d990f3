#pragma once

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "carillon/base/mutex.h"

namespace carillon::cli {

/// The address to talk to when nothing else is said.
inline constexpr char kDefaultAddress[] = "127.0.0.1:7080";

/// Names, in small letters, and values of printable ASCII.
using CallMetadata = std::vector<std::pair<std::string, std::string>>;

/// How the connection is secured. Files hold PEM.
struct ClientTls {
  bool on = false;
  std::string ca_file;  ///< whom the server's certificate is checked by; empty: the system's
  std::string certificate_file;  ///< what the server is shown; empty: nothing
  std::string key_file;          ///< its private key
};

/// Where calls go, and how.
struct Connection {
  std::string address = kDefaultAddress;
  ClientTls tls;
  std::string token;  ///< empty: none is shown
};

/// Ends a call from another thread. Thread-safe.
class CallCanceller {
 public:
  /// Ends the call that is under way, if there is one, and every later one.
  void Cancel();
  /// Ends only the call that is under way.
  void Break();

 private:
  friend class Channel;
  void Set(grpc::ClientContext* context);

  base::Mutex mutex_;
  grpc::ClientContext* context_ ABSL_GUARDED_BY(mutex_) = nullptr;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
};

/// One channel to carillond. Thread-safe; a call blocks until it is answered or its deadline is
/// over.
class Channel {
 public:
  /// INVALID_ARGUMENT: a file cannot be read, or the token is none, in words that name the flag.
  static absl::StatusOr<std::unique_ptr<Channel>> Open(const Connection& connection,
                                                       std::chrono::milliseconds deadline);

  /// Calls `method` (`/carillon.v1.EventPublisher/Publish`) with the connection's token and
  /// `metadata`.
  grpc::Status Call(const std::string& method, const CallMetadata& metadata,
                    const std::string& request, grpc::ByteBuffer& answer);

  /// Calls a method that streams its answers, without a deadline: `each` gets one after another.
  /// Blocks until the stream ends, or was ended by `canceller`.
  grpc::Status Stream(const std::string& method, const std::string& request,
                      CallCanceller& canceller,
                      absl::FunctionRef<void(grpc::ByteBuffer& answer)> each);

 private:
  Channel(const std::shared_ptr<grpc::Channel>& channel, std::chrono::milliseconds deadline,
          CallMetadata metadata)
      : stub_(channel), deadline_(deadline), metadata_(std::move(metadata)) {}

  grpc::GenericStub stub_;
  const std::chrono::milliseconds deadline_;
  const CallMetadata metadata_;
};

}  // namespace carillon::cli
