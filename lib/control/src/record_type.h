#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "carillon/control/resource_type.h"

namespace carillon::control {

/// What is particular to records of ours that lie among the resources of the store, so that they
/// are written, and go, with changes of those: callers do not see them, and none of the standard
/// methods is there for them.
class RecordType : public ResourceType {
 public:
  explicit RecordType(std::string_view pattern) : pattern_(pattern) {}

  const aip::NamePattern& pattern() const final { return pattern_; }
  const std::vector<std::string>& filters() const final { return none_; }
  const std::vector<std::string>& orders() const final { return none_; }
  std::string MakeId(const google::protobuf::Message&) const final { return ""; }
  absl::Status Prepare(google::protobuf::Message&, base::WallTime) const final {
    return absl::OkStatus();
  }
  void Normalize(google::protobuf::Message&) const final {}
  std::map<std::string, std::string> instead() const final { return {}; }
  absl::Status Delete(const Entry&, const View&, bool, std::vector<Edit>&) const final {
    return absl::OkStatus();
  }
  std::vector<MessagePtr> OfFile(const resource::Snapshot&, std::string_view) const final {
    return {};
  }

 private:
  const aip::NamePattern pattern_;
  const std::vector<std::string> none_;
};

}  // namespace carillon::control
