#pragma once

#include <google/protobuf/message.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
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
/// FAILED_PRECONDITION, DATA_LOSS as sealing::OpenSecret.
absl::StatusOr<std::string> DecodeBytes(const sealing::MasterKeys& keys, std::string_view key,
                                        std::string_view stored);

/// What sealing::SealSecret made of it; nullopt: it is not sealed.
std::optional<std::string_view> SealedIn(std::string_view stored);

/// Fills `message`. Errors as DecodeBytes.
absl::Status DecodeStored(const sealing::MasterKeys& keys, std::string_view key,
                          std::string_view stored, google::protobuf::Message& message);

}  // namespace carillon::control
