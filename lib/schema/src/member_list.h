#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "carillon/schema/payload_members.h"

namespace carillon::schema {

using MemberKind = PayloadMember::Kind;

/// Members as they are found, each once, within the bounds of payload_members.h. One thread.
class MemberList {
 public:
  /// The one that `names` lead to, found before or new; null: it is over a bound. Valid until the
  /// next call.
  PayloadMember* Add(std::span<const std::string> names);
  std::vector<PayloadMember> Take() && { return std::move(members_); }

 private:
  std::vector<PayloadMember> members_;
  absl::flat_hash_map<std::string, size_t> places_;
};

/// What a value is that is written so.
MemberKind KindOfJson(std::string_view json);

// Each adds what it finds.
void AddSampleMembers(std::string_view json, MemberList& to);
void AddMessageMembers(const google::protobuf::Descriptor& type, MemberList& to);
void AddSchemaMembers(const JsonSchema& schema, MemberList& to);

}  // namespace carillon::schema
