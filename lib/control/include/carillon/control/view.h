#pragma once

#include <google/protobuf/message.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "carillon/resource/snapshot.h"

namespace carillon::control {

using MessagePtr = std::shared_ptr<const google::protobuf::Message>;

/// A resource as it is in force. Its message has its secrets in plain, and of what the server sets
/// only `uid`, `create_time` and `update_time`; `Shown` makes of it what callers see.
struct Entry {
  std::string name;
  uint64_t revision = 0;
  MessagePtr message;
};

/// What there is. Any thread; each answer is of one moment. What is stored is parsed for each
/// answer, some 2 us a resource: who asks for many at once is no part of delivering.
class View {
 public:
  virtual ~View() = default;
  /// A message without value: there is none of that name in the store.
  virtual Entry Find(std::string_view name) const = 0;
  /// Those of the store whose names begin so, by name.
  virtual std::vector<Entry> List(std::string_view prefix) const = 0;
  /// The last of those, at most so many, the last first.
  virtual std::vector<Entry> Last(std::string_view prefix, size_t most) const;
  /// How many those are.
  virtual size_t Count(std::string_view prefix) const { return List(prefix).size(); }
  /// What the file has.
  virtual resource::SnapshotPtr file() const = 0;
  /// What the store has, as values.
  virtual resource::SnapshotPtr stored() const = 0;
};

}  // namespace carillon::control
