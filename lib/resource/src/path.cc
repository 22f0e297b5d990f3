#include "carillon/resource/path.h"

#include <cctype>
#include <utility>

#include "carillon/base/text.h"

namespace carillon::resource {
namespace {

constexpr size_t kMaxLineBytes = 1024;

/// Secrets have prefixes of their own; a line of an error never carries what follows one.
void BlotOut(std::string_view prefix, std::string& line) {
  const auto secret_char = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '/' || c == '=' ||
           c == '-' || c == '_';
  };
  for (size_t at = line.find(prefix); at != line.npos; at = line.find(prefix, at + 1)) {
    const size_t begin = at + prefix.size();
    size_t end = begin;
    while (end < line.size() && secret_char(line[end])) ++end;
    if (end > begin) line.replace(begin, end - begin, "***");
  }
}

std::string WithoutSecrets(std::string line) {
  BlotOut("whsec_", line);
  BlotOut("whsk_", line);
  return line;
}

bool IsAtOrBelow(std::string_view path, std::string_view root) {
  return path.starts_with(root) &&
         (path.size() == root.size() || path[root.size()] == '.' || path[root.size()] == '[');
}

}  // namespace

std::string Path::ToString() const {
  if (parent_ == nullptr) return "(file)";
  std::string text = parent_->parent_ == nullptr ? "" : parent_->ToString();
  if (index_ >= 0) return text + "[" + std::to_string(index_) + "]";
  if (!text.empty()) text += ".";
  return text + base::Printable(name_, 64);
}

void Errors::Add(const Path& path, std::string_view message) {
  if (full()) return;
  std::string place = path.ToString();
  for (const Violation& line : violations_) {
    if (IsAtOrBelow(line.path, place) || IsAtOrBelow(place, line.path)) return;
  }
  std::string from;
  for (const auto& [path_of_variable, variable] : variables_) {
    if (IsAtOrBelow(place, path_of_variable)) from = " (from the variable " + variable + ")";
  }
  std::string text = WithoutSecrets(place + from + ": " + std::string(message));
  violations_.push_back({std::move(place), base::Printable(text, kMaxLineBytes)});
}

void Errors::ComesFrom(const Path& path, std::string variable) {
  variables_[path.ToString()] = std::move(variable);
}

std::string Errors::ToString() const {
  std::string text;
  for (const Violation& line : violations_) {
    if (!text.empty()) text += "\n";
    text += line.text;
  }
  return text;
}

}  // namespace carillon::resource
