#include "filter_parser.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "carillon/aip/error.h"
#include "carillon/base/similar.h"
#include "carillon/base/text.h"

namespace carillon::aip {
namespace {

using Op = Restriction::Op;
using Kind = FilterNode::Kind;

bool IsFilterWord(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-';
}

/// Wraps several in one node; one alone stays itself.
FilterNode Combined(Kind kind, std::vector<FilterNode> nodes) {
  if (nodes.size() == 1) return std::move(nodes.front());
  return {kind, std::move(nodes), std::nullopt};
}

}  // namespace

bool FilterParser::Fail(size_t position, std::string_view what) {
  if (error_) return false;
  error_ =
      BadField("filter", "SYNTAX", absl::StrCat("at position ", position, ": ", base::ToAbsl(what)),
               v1::FILTER_INVALID, {{"position", std::to_string(position)}});
  return false;
}

void FilterParser::SkipSpace() {
  while (at_ < text_.size() && absl::ascii_isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
}

bool FilterParser::Take(std::string_view what) {
  if (text_.substr(at_, what.size()) != what) return false;
  at_ += what.size();
  return true;
}

std::string_view FilterParser::WordAt(size_t at) const {
  size_t end = at;
  while (end < text_.size() && IsFilterWord(text_[end])) ++end;
  return text_.substr(at, end - at);
}

bool FilterParser::TakeWord(std::string_view word) {
  SkipSpace();
  if (WordAt(at_) != word) return false;
  at_ += word.size();
  return true;
}

absl::StatusOr<FilterNode> FilterParser::Parse() {
  FilterNode root;
  if (const auto bad = base::FindInvalidUtf8(text_)) {
    Fail(*bad, "not UTF-8");
  } else if (text_.size() > Filter::kMaxBytes) {
    Fail(Filter::kMaxBytes, absl::StrCat("a filter has at most ", Filter::kMaxBytes, " bytes"));
  } else if (Expression(root) && at_ < text_.size()) {
    Fail(at_, "there is no ( that belongs to this");
  }
  if (error_) return *std::move(error_);
  return root;
}

bool FilterParser::Expression(FilterNode& out) {
  std::vector<FilterNode> factors;
  do {
    if (!Factor(factors.emplace_back())) return false;
  } while (TakeWord("AND"));
  SkipSpace();
  if (at_ < text_.size() && Peek() != ')') {
    const std::string_view word = WordAt(at_);
    const std::string upper = absl::AsciiStrToUpper(base::ToAbsl(word));
    if (upper == "AND" || upper == "OR") {
      return Fail(at_, absl::StrCat("write ", upper, " in capitals"));
    }
    return Fail(at_, "expected AND, OR or the end: write AND between conditions");
  }
  out = Combined(Kind::kAnd, std::move(factors));
  return true;
}

bool FilterParser::Factor(FilterNode& out) {
  std::vector<FilterNode> terms;
  do {
    if (!Term(terms.emplace_back())) return false;
  } while (TakeWord("OR"));
  out = Combined(Kind::kOr, std::move(terms));
  return true;
}

bool FilterParser::Term(FilterNode& out) {
  SkipSpace();
  const bool negated = Take("-") || TakeWord("NOT");
  SkipSpace();
  FilterNode inner;
  if (Peek() == '(' ? !Group(inner) : !Comparison(inner)) return false;
  if (!negated) {
    out = std::move(inner);
    return true;
  }
  out.kind = Kind::kNot;
  out.children.push_back(std::move(inner));
  return true;
}

bool FilterParser::Group(FilterNode& out) {
  const size_t start = at_;
  if (++depth_ > Filter::kMaxDepth) {
    return Fail(start, absl::StrCat("at most ", Filter::kMaxDepth, " parentheses in one another"));
  }
  Take("(");
  if (!Expression(out)) return false;
  if (!Take(")")) return Fail(start, "there is no ) that belongs to this");
  --depth_;
  return true;
}

bool FilterParser::Comparison(FilterNode& out) {
  const size_t start = at_;
  if (at_ == text_.size()) return Fail(start, "expected a condition such as name = \"x\"");
  if (++restrictions_ > Filter::kMaxRestrictions) {
    return Fail(start, absl::StrCat("at most ", Filter::kMaxRestrictions, " conditions"));
  }
  out.kind = Kind::kRestriction;
  Restriction& restriction = out.restriction.emplace();
  return Path(restriction) && Operator(restriction) && Operand(restriction);
}

bool FilterParser::Path(Restriction& out) {
  const size_t start = at_;
  std::vector<std::string> parts;
  if (!PathParts(parts)) return false;
  SkipSpace();
  if (Peek() == '(') return Fail(start, "there are no functions");
  const auto fail = [&](std::string_view why) {
    return Fail(start, absl::StrCat(base::ToAbsl(why),
                                    " (fields: ", absl::StrJoin(fields_.paths, ", "), ")"));
  };
  if (at_ == text_.size() || std::string_view("=!<>:").find(Peek()) == std::string_view::npos) {
    return Fail(start, "a word alone is no condition: write one such as name = \"x\"");
  }
  absl::StatusOr<FieldPath> path = FieldPath::Resolve(fields_.type, parts);
  if (!path.ok()) return fail(base::ToStd(path.status().message()));
  const std::string name = path->ToString();
  if (std::ranges::find(fields_.paths, name) == fields_.paths.end()) {
    return fail(absl::StrCat("'", name, "' cannot be filtered by"));
  }
  out.path = *std::move(path);
  return true;
}

bool FilterParser::PathParts(std::vector<std::string>& parts) {
  do {
    const char next = Peek();
    if (next == '"' || next == '\'') {
      const size_t start = at_;
      if (parts.empty()) return Fail(start, "a text alone is no condition: name = \"x\" is one");
      Literal key;
      if (!Text(key)) return false;
      if (key.prefix) return Fail(start, "a key has no *; \\* stands for itself");
      parts.push_back(std::move(key.text));
      continue;
    }
    const std::string_view word = WordAt(at_);
    if (word.empty()) {
      return Fail(at_, next == '*' ? "* stands at the end of a text, or as in name:*"
                                   : "expected the name of a field");
    }
    parts.emplace_back(word);
    at_ += word.size();
  } while (Take("."));
  return true;
}

bool FilterParser::Operator(Restriction& out) {
  SkipSpace();
  const size_t start = at_;
  constexpr std::pair<std::string_view, Op> kOperators[] = {
      {"!=", Op::kNotEqual}, {"<=", Op::kLessEqual}, {">=", Op::kGreaterEqual}, {"=", Op::kEqual},
      {"<", Op::kLess},      {">", Op::kGreater},    {":", Op::kHas},
  };
  const auto* found =
      std::ranges::find_if(kOperators, [&](const auto& o) { return Take(o.first); });
  if (found == std::end(kOperators)) return Fail(start, "expected =, !=, <, <=, >, >= or :");
  out.op = found->second;
  const bool equality = out.op == Op::kEqual || out.op == Op::kNotEqual;
  if (out.op != Op::kHas && out.path.is_repeated()) {
    return Fail(start, absl::StrCat("'", out.path.ToString(), "' has several values: use :"));
  }
  if (out.op != Op::kHas && !equality && !IsOrdered(out.path)) {
    return Fail(start, absl::StrCat("'", out.path.ToString(), "' has no order: use = or !="));
  }
  return true;
}

bool FilterParser::Operand(Restriction& out) {
  SkipSpace();
  Literal literal;
  literal.position = at_;
  if (Peek() == '"' || Peek() == '\'') {
    if (!Text(literal)) return false;
  } else {
    const size_t end = std::min(text_.find_first_of(" \t\r\n\v\f()\"'", at_), text_.size());
    literal.text = text_.substr(at_, end - at_);
    at_ = end;
    if (literal.text.empty()) return Fail(literal.position, "expected a value");
    if (literal.text == "*") {
      if (out.op != Op::kHas) return Fail(literal.position, "* alone stands behind : only");
      out.op = Op::kPresent;
      return true;
    }
    // A key of a map may stand without quotes.
    literal.quoted = out.op == Op::kHas && out.path.leaf().is_map() && !out.path.key() &&
                     WordAt(literal.position) == literal.text;
  }
  const bool equality = out.op == Op::kEqual || out.op == Op::kNotEqual || out.op == Op::kHas;
  if (literal.prefix && !(equality && IsText(out.path))) {
    return Fail(literal.position, "* is for texts, with =, != and :");
  }
  absl::StatusOr<Value> value = ReadLiteral(out.path, literal);
  if (!value.ok()) return Fail(literal.position, base::ToStd(value.status().message()));
  out.value = *std::move(value);
  out.prefix = literal.prefix;
  return true;
}

bool FilterParser::Text(Literal& out) {
  const size_t start = at_;
  const char quote = text_[at_++];
  out.quoted = true;
  while (at_ < text_.size() && text_[at_] != quote) {
    if (out.prefix) return Fail(at_ - 1, "* stands at the end of a text only; \\* is itself");
    if (text_[at_] == '*') {
      out.prefix = true;
      ++at_;
      continue;
    }
    if (text_[at_] == '\\' && ++at_ == text_.size()) break;
    out.text += text_[at_++];
  }
  if (at_ == text_.size()) return Fail(start, "the text that begins here has no end");
  ++at_;
  if (out.prefix && out.text.empty()) {
    return Fail(start, "* needs a beginning; name:* holds where name is set");
  }
  return true;
}

}  // namespace carillon::aip
