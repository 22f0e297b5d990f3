#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "carillon/resource/pem_texts.h"
#include "carillon/resource/references.h"

namespace carillon::resource {

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

/// Collects errors, up to a bound; what follows is passed over. No error repeats a value that could
/// be a secret, whatever member it stands in: values are repeated only where they are well-formed
/// names, numbers, or one of a closed list.
///
/// Goes wherever a message is validated, so it also carries where the secrets are that it names,
/// and the PEM texts that were read so far.
class Errors {
 public:
  static constexpr size_t kMax = 10;

  /// What is wrong with one member.
  struct Violation {
    std::string path;
    std::string text;  ///< begins with the path
  };

  /// `references` outlives it. At most `max` are collected.
  explicit Errors(References& references, size_t max = kMax) : references_(references), max_(max) {}

  References& references() const { return references_; }
  PemTexts& pem_texts() { return pem_texts_; }

  /// What looks like a secret in `message` is blotted out. Passed over when there is an error at
  /// `path`, above or below it already: it would be the same mistake told twice.
  void Add(const Path& path, std::string_view message);

  /// From here on errors at `path` say that its value comes from this variable.
  void ComesFrom(const Path& path, std::string variable);

  bool empty() const { return violations_.empty(); }
  bool full() const { return violations_.size() >= max_; }
  const std::vector<Violation>& violations() const { return violations_; }
  /// One a line.
  std::string ToString() const;

 private:
  References& references_;
  const size_t max_;
  std::vector<Violation> violations_;
  PemTexts pem_texts_;
  std::map<std::string, std::string> variables_;  ///< by path
};

}  // namespace carillon::resource
