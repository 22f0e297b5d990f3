#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::cli {

/// Events that are sent together, in the wire form of a PublishRequest. A value.
class Batch {
 public:
  /// `line`: where it was read, 0 where it was not.
  void Add(std::string_view id, std::string_view rest, uint64_t line);
  void Remove(size_t index);
  void Clear();

  size_t size() const { return items_.size(); }
  bool empty() const { return items_.empty(); }
  uint64_t line(size_t index) const { return items_[index].line; }
  const std::string& request() const { return request_; }

 private:
  struct Item {
    size_t begin = 0;  ///< of its bytes in `request_`
    uint64_t line = 0;
  };
  std::string request_;
  std::vector<Item> items_;
};

}  // namespace carillon::cli
