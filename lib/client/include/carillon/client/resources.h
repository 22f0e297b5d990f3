#pragma once

#include <google/protobuf/message.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "carillon/client/api_caller.h"
#include "carillon/client/kinds.h"

namespace carillon::client {

using Answer = std::unique_ptr<google::protobuf::Message>;

/// Which resources of a kind are listed.
struct ListQuery {
  std::string parent;    ///< `tenants/acme`, or `tenants/-`
  std::string filter;    ///< AIP-160; empty: all
  std::string order_by;  ///< empty: by name
  uint64_t limit = 0;    ///< how many at most; 0: all
};

/// What goes with a change.
struct ChangeOptions {
  std::string request_id;      ///< empty: the call may not be repeated
  bool validate_only = false;  ///< check it and change nothing
  bool allow_missing = false;  ///< create, or pass over, what is not there
  bool force = false;          ///< of Delete: also what others name
  bool reuse_name = false;     ///< of Create: also the name of a tenant that was deleted
  std::string etag;            ///< of Delete: only this state of it
};

/// The standard methods (AIP-130) of any kind, by the descriptors of its service. Errors are those
/// of the calls; UNIMPLEMENTED: the kind has no such method, in words that say so.
class Resources {
 public:
  /// `caller` outlives it.
  explicit Resources(Caller& caller) : caller_(caller) {}

  absl::StatusOr<Answer> Get(const Kind& kind, const std::string& name);
  /// Reads page after page and calls `each` with each resource, in order.
  absl::Status List(const Kind& kind, const ListQuery& query,
                    const std::function<void(const google::protobuf::Message&)>& each);
  /// `id`: empty: the server makes one.
  absl::StatusOr<Answer> Create(const Kind& kind, const std::string& parent, const std::string& id,
                                const google::protobuf::Message& resource,
                                const ChangeOptions& options = {});
  /// `mask`: paths of what changes; empty: what is set.
  absl::StatusOr<Answer> Update(const Kind& kind, const google::protobuf::Message& resource,
                                const std::vector<std::string>& mask,
                                const ChangeOptions& options = {});
  /// Returns what the method answers.
  absl::StatusOr<Answer> Delete(const Kind& kind, const std::string& name,
                                const ChangeOptions& options = {});

  /// Any unary method, with a request that is made.
  absl::StatusOr<Answer> Call(const google::protobuf::MethodDescriptor& method,
                              const google::protobuf::Message& request);

 private:
  Caller& caller_;
};

/// An empty message of a compiled type.
Answer NewMessage(const google::protobuf::Descriptor& type);
/// A string member of a message; empty when it has no such member.
std::string TextOf(const google::protobuf::Message& message, const std::string& member);
/// Sets a member that is a string; false: the message has no such member.
bool SetText(google::protobuf::Message& message, const std::string& member,
             const std::string& value);
bool SetFlag(google::protobuf::Message& message, const std::string& member, bool value);

}  // namespace carillon::client
