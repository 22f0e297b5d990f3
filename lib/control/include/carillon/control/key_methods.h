#pragma once

#include <google/protobuf/duration.pb.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "carillon/base/clock.h"
#include "carillon/control/repository.h"
#include "carillon/control/resource_type.h"
#include "carillon/control/standard_methods.h"
#include "carillon/v1/destination_service.pb.h"

namespace carillon::control {

/// Signing keys of destinations. They are stored with their destination, so each change is one of
/// the destination: its revision ascends, and a key's etag changes with it. Errors are those of
/// carillon/aip/error.h; a key's own members have paths from `key` on. Thread-safe; repository,
/// type and clock outlive it.
class KeyMethods {
 public:
  using Done = Methods::Done;

  /// `destinations`: the type of MakeDestinationType.
  KeyMethods(Repository& repository, const ResourceType& destinations, const base::Clock& clock)
      : repository_(repository), destinations_(destinations), clock_(clock) {}

  absl::StatusOr<v1::Key> Get(const std::string& name) const;
  /// Current first: all of them, of which there are few.
  absl::StatusOr<std::vector<v1::Key>> List(const std::string& parent) const;

  /// Puts a key in front of the others. Without a secret one is made. The answer shows it.
  void Create(const v1::CreateKeyRequest& request, const Caller& caller, Done done);
  /// Changes `expire_time`. LAST_KEY: no key without an end would be left.
  void Update(const v1::UpdateKeyRequest& request, const Caller& caller, Done done);
  /// From the answer on it does not sign. LAST_KEY as Update.
  void Delete(const v1::DeleteKeyRequest& request, const Caller& caller, Done done);
  /// Puts a new key in front, and ends the old one after the overlap; with an overlap of 0 it is
  /// gone at once. The answer shows the new secret.
  void Rotate(const v1::RotateKeyRequest& request, const Caller& caller, Done done);

 private:
  /// Changes the keys of the destination; `edit` gets a copy of it and makes the answer.
  void Change(const ChangeRequest& request, const Caller& caller, const std::string& destination,
              const google::protobuf::Message& answer_type,
              absl::AnyInvocable<absl::StatusOr<Answer>(v1::Destination&, const Entry&)> edit,
              Done done);
  absl::StatusOr<v1::Destination> Find(const std::string& destination, Entry& entry) const;
  v1::Key Shown(const v1::Key& key, const Entry& entry) const;

  Repository& repository_;
  const ResourceType& destinations_;
  const base::Clock& clock_;
};

}  // namespace carillon::control
