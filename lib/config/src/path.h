#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace carillon::config {

/// Where a member stands: `destinations[2].keys[0].secret`. A chain on the stack, written out only
/// when an error needs it; a path must not outlive the one it was made from.
class Path {
 public:
  Path() = default;  ///< the whole file
  Path Member(std::string_view name) const { return Path(this, name, -1); }
  Path At(int index) const { return Path(this, {}, index); }
  /// `(file)` for the whole file.
  std::string ToString() const;

 private:
  Path(const Path* parent, std::string_view name, int index)
      : parent_(parent), name_(name), index_(index) {}

  const Path* parent_ = nullptr;
  std::string_view name_;
  int index_ = -1;
};

/// Collects errors, up to a bound; what follows is passed over.
class Errors {
 public:
  static constexpr size_t kMax = 10;

  /// What looks like a secret in `message` is blotted out. Passed over when there is an error at
  /// `path`, above or below it already: it would be the same mistake told twice.
  void Add(const Path& path, std::string_view message);

  bool empty() const { return lines_.empty(); }
  bool full() const { return lines_.size() >= kMax; }
  /// One a line.
  std::string ToString() const;

 private:
  struct Line {
    std::string path;
    std::string text;
  };
  std::vector<Line> lines_;
};

}  // namespace carillon::config
