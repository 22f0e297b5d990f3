#pragma once

#include <google/protobuf/arena.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "carillon/base/mutex.h"

namespace carillon::schema {

// Bounds of a descriptor set: whoever gives one need not be trusted.
inline constexpr size_t kMaxSetBytes = 1u << 20;  ///< comments not counted
inline constexpr size_t kMaxFiles = 500;
inline constexpr size_t kMaxMessages = 5000;         ///< enumerations counted with them
inline constexpr size_t kMaxFieldsOfMessage = 1000;  ///< also values of an enumeration
inline constexpr size_t kMaxNesting = 31;            ///< of messages in messages, as protobuf's
inline constexpr size_t kMaxFullNameBytes = 512;
/// Messages in the set's own wire form: files, fields, values, options.
inline constexpr size_t kMaxElements = 60'000;

class DescriptorSet;

/// A message as a descriptor set describes it. Immutable; thread-safe. Types of equal sets share
/// one pool.
class MessageType {
 public:
  MessageType(std::shared_ptr<const DescriptorSet> set,
              const google::protobuf::Descriptor& descriptor);

  const google::protobuf::Descriptor& descriptor() const { return descriptor_; }
  /// The descriptor set with what the message needs and nothing else: no comments, options,
  /// services or extensions, which its payloads do not depend on.
  const std::string& set_bytes() const;
  /// SHA-256 of `set_bytes`, in hexadecimal digits.
  const std::string& digest() const;

  /// A new, empty message. Owned by the arena, and ends before this.
  google::protobuf::Message* New(google::protobuf::Arena& arena) const {
    return prototype_.New(&arena);
  }

 private:
  const std::shared_ptr<const DescriptorSet> set_;
  const google::protobuf::Descriptor& descriptor_;
  const google::protobuf::Message& prototype_;
};
using MessageTypePtr = std::shared_ptr<const MessageType>;

/// Reads descriptor sets. Thread-safe; what it reads may outlive it.
class MessageTypes {
 public:
  /// `set`: a serialized google.protobuf.FileDescriptorSet. Files of google/protobuf that it
  /// imports are taken from the server, whatever the set has for them. Blocks for as long as the
  /// bounds above allow: some milliseconds for an ordinary set.
  ///
  /// NOT_FOUND: the set has no such message. INVALID_ARGUMENT: the set is wrong, over a bound, or
  /// the message is none that can be a payload; the text says where and what to do.
  absl::StatusOr<MessageTypePtr> Read(std::string_view set, std::string_view message);

 private:
  base::Mutex mutex_;
  /// Sets that are in use, by digest.
  std::map<std::string, std::weak_ptr<const DescriptorSet>> sets_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace carillon::schema
