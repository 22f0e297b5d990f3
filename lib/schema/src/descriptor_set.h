#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"

namespace carillon::schema {

/// The files of a descriptor set in a pool of their own.
class DescriptorSet {
 public:
  /// `files` stand behind those that they import, and `bytes` are theirs. INVALID_ARGUMENT says
  /// what protobuf finds wrong with them.
  static absl::StatusOr<std::shared_ptr<const DescriptorSet>> Create(
      const google::protobuf::FileDescriptorSet& files, std::string bytes, std::string digest);

  DescriptorSet(std::string bytes, std::string digest)
      : bytes_(std::move(bytes)), digest_(std::move(digest)), factory_(&pool_) {}

  const google::protobuf::DescriptorPool& pool() const { return pool_; }
  const google::protobuf::Message& PrototypeOf(const google::protobuf::Descriptor& type) const {
    return *factory_.GetPrototype(&type);
  }
  const std::string& bytes() const { return bytes_; }
  const std::string& digest() const { return digest_; }

 private:
  const std::string bytes_;
  const std::string digest_;
  google::protobuf::DescriptorPool pool_;
  mutable google::protobuf::DynamicMessageFactory factory_;  // has a lock of its own
};

}  // namespace carillon::schema
