#pragma once

#include <google/protobuf/message.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "carillon/aip/resource_name.h"
#include "carillon/base/clock.h"
#include "carillon/control/change.h"
#include "carillon/control/view.h"

namespace carillon::control {

/// What is particular to a kind of resource, for methods that all kinds have. Immutable.
class ResourceType {
 public:
  virtual ~ResourceType() = default;

  virtual const google::protobuf::Message& prototype() const = 0;
  /// `carillon/Destination`.
  virtual std::string_view type() const = 0;
  /// `destination`: what requests call one.
  virtual std::string_view member() const = 0;
  virtual const aip::NamePattern& pattern() const = 0;
  virtual const std::vector<std::string>& filters() const = 0;
  virtual const std::vector<std::string>& orders() const = 0;

  /// Checks the whole resource against what there is, as the file's would be. With `trusted` only
  /// what a value cannot be made without: what was stored is not refused when its surroundings
  /// changed.
  virtual absl::StatusOr<Value> Read(const google::protobuf::Message& message, const View& view,
                                     bool trusted) const = 0;
  /// The id of one that is created without; empty: one must be given.
  virtual std::string MakeId(const google::protobuf::Message& given) const = 0;
  /// Fills in what creation makes; called before `Read`.
  virtual absl::Status Prepare(google::protobuf::Message& created, base::WallTime now) const = 0;
  /// Takes out what only the answer that creates one shows, and nothing stores.
  virtual void Forget(google::protobuf::Message&) const {}
  /// Puts what is to be stored into the one form of several that mean the same.
  virtual void Normalize(google::protobuf::Message& message) const = 0;
  /// Completes `after`, what an update makes of `before`, or says why it must not become so;
  /// `force`: it may, whoever relies on `before`.
  virtual absl::Status Evolve(const google::protobuf::Message& before,
                              google::protobuf::Message& after, bool force) const;
  /// Whether a caller who is no operator may make `after` of `before`, null where it is new: what
  /// only operators set, or allow, is FIELD_FORBIDDEN.
  virtual absl::Status Permit(const google::protobuf::Message* before,
                              const google::protobuf::Message& after, const View& view) const;
  /// A copy for lists, and for answers of what changes it: without members that take much room.
  virtual std::unique_ptr<google::protobuf::Message> Summary(
      const google::protobuf::Message& message) const;
  /// Members that methods of their own change, and what errors say.
  virtual std::map<std::string, std::string> instead() const = 0;
  /// Adds what goes with the deletion of `entry`, or says what stands in its way.
  virtual absl::Status Delete(const Entry& entry, const View& view, bool force,
                              std::vector<Edit>& edits) const = 0;
  /// Those of the file in that tenant (empty: in all), as they are shown. Of a kind that is in no
  /// tenant, the one of that id, or summaries of all.
  virtual std::vector<MessagePtr> OfFile(const resource::Snapshot& file,
                                         std::string_view tenant) const = 0;
  /// The names of the same. A kind of which there are many makes no messages for it.
  virtual std::vector<std::string> NamesOfFile(const resource::Snapshot& file,
                                               std::string_view tenant) const;
  /// Those that nobody has made, and that are there all the same, as they are shown.
  virtual std::vector<MessagePtr> Implied(const View&) const { return {}; }
};

std::unique_ptr<ResourceType> MakeDestinationType();
std::unique_ptr<ResourceType> MakeSubscriptionType();
std::unique_ptr<ResourceType> MakeTenantType();
/// Of what marks a tenant that is being deleted: see src/deletion_mark.h.
std::unique_ptr<ResourceType> MakeTenantDeletionType();
/// Of names that were those of deleted tenants: see src/tenant_retirement.h.
std::unique_ptr<ResourceType> MakeTenantRetirementType();
/// Tokens in the name of a tenant, and those of none.
std::unique_ptr<ResourceType> MakeTenantTokenType();
std::unique_ptr<ResourceType> MakeTokenType();
std::unique_ptr<ResourceType> MakeEventTypeType();
/// `public_url`: where people reach the server, for links; empty: it is not known. Any thread.
std::unique_ptr<ResourceType> MakePortalSessionType(std::function<std::string()> public_url);

}  // namespace carillon::control
