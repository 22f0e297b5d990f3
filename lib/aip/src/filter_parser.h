#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "carillon/aip/list_filter.h"
#include "filter_node.h"
#include "filter_value.h"

namespace carillon::aip {

/// Parses one filter by recursive descent, character by character. Used once.
class FilterParser {
 public:
  /// Both outlive it.
  FilterParser(std::string_view text, const FilterFields& fields) : text_(text), fields_(fields) {}

  /// FILTER_INVALID, as Filter::Parse.
  absl::StatusOr<FilterNode> Parse();

 private:
  // Each returns false after a mistake, which is in `error_` then.
  bool Expression(FilterNode& out);
  bool Factor(FilterNode& out);
  bool Term(FilterNode& out);
  bool Group(FilterNode& out);
  bool Comparison(FilterNode& out);
  bool Path(Restriction& out);
  bool PathParts(std::vector<std::string>& parts);
  bool Operator(Restriction& out);
  bool Operand(Restriction& out);
  bool Text(Literal& out);
  bool Fail(size_t position, std::string_view what);

  void SkipSpace();
  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool Take(std::string_view what);
  /// Takes `word` where it stands as a word of its own.
  bool TakeWord(std::string_view word);
  std::string_view WordAt(size_t at) const;

  const std::string_view text_;
  const FilterFields& fields_;
  size_t at_ = 0;
  size_t depth_ = 0;
  size_t restrictions_ = 0;
  std::optional<absl::Status> error_;
};

}  // namespace carillon::aip
