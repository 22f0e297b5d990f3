#pragma once

#include <google/protobuf/message.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "carillon/base/secret.h"
#include "carillon/control/view.h"
#include "carillon/sealing/master_key.h"

// A resource as the store has it: `1`, then `0` and its message, or `1` and the same sealed, where
// it has a secret. It is sealed for its key: put in another's place it does not open.
namespace carillon::control {

/// Whether it holds a secret in plain, at any depth.
bool HasSecret(const google::protobuf::Message& message);

/// `keys` is empty only where it has no secret.
std::string EncodeStored(const sealing::MasterKeys& keys, std::string_view key,
                         const google::protobuf::Message& message);

/// `seals` as in EncodeStored, for bytes.
std::string EncodeBytes(const sealing::MasterKeys& keys, std::string_view key,
                        const std::string& bytes, bool seals);
/// What EncodeBytes was given. FAILED_PRECONDITION, DATA_LOSS as sealing::OpenSecret.
absl::StatusOr<base::Secret> DecodeBytes(const sealing::MasterKeys& keys, std::string_view key,
                                         std::string_view stored);

/// Fills `message` with what was serialized. Returns false where the bytes are no such message.
bool ParseFrom(const base::Secret& bytes, google::protobuf::Message& message);

/// What sealing::SealSecret made of it; nullopt: it is not sealed.
std::optional<std::string_view> SealedIn(std::string_view stored);

}  // namespace carillon::control
