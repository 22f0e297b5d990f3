#include "carillon/json/document.h"

#include <algorithm>
#include <utility>

#include "carillon/json/scanner.h"
#include "carillon/json/string.h"

namespace carillon::json {
namespace {

/// Objects with more members are sorted by name and searched by halves.
constexpr size_t kFewMembers = 16;

}  // namespace

/// Lists the members of the outermost object.
struct Indexer {
  void Space(size_t, size_t) {}
  void Name(size_t depth, size_t begin, size_t end, bool escaped) {
    if (depth != 1) return;
    std::string_view name = text.substr(begin, end - begin);
    if (escaped) name = document.Decode(name);
    out.push_back({.name = name});
  }
  void Begin(size_t depth, size_t at) {
    if (depth == 1) begun = at;
  }
  void End(size_t depth, size_t at, bool escaped) {
    if (depth != 1 || out.empty()) return;  // what is in an array has no name
    out.back().raw = text.substr(begun, at - begun);
    out.back().escaped = escaped;
  }

  Document& document;
  std::string_view text;
  std::vector<Document::Member>& out;
  size_t begun = 0;
};

Document::Document(std::string_view text) {
  readable_ = Index(text, root_);
  if (!readable_) root_.clear();
}

bool Document::Index(std::string_view text, Object& out) {
  out.reserve(8);
  Indexer indexer{*this, text, out};
  if (Scanner(text, indexer).Run()) return false;
  // Those with one name stay in the order of the text.
  const auto key = [](const Member& member) { return std::pair(member.name, member.raw.data()); };
  if (out.size() > kFewMembers) std::ranges::sort(out, {}, key);
  return true;
}

std::string_view Document::Decode(std::string_view between_quotes) {
  strings_.push_back(std::make_unique<std::string>());
  AppendDecoded(between_quotes, *strings_.back());
  return *strings_.back();
}

Document::Object* Document::Inside(Member& member) {
  if (!member.raw.starts_with('{')) return nullptr;
  if (member.detail == 0) {
    Object inside;
    Index(member.raw, inside);
    objects_.push_back(std::move(inside));
    member.detail = static_cast<uint32_t>(objects_.size());
  }
  return &objects_[member.detail - 1];
}

Document::Member* Document::Find(std::span<const std::string> path) {
  Object* object = &root_;
  Member* member = nullptr;
  for (const std::string& name : path) {
    if (member != nullptr) object = Inside(*member);
    if (object == nullptr) return nullptr;
    auto end = object->end();
    if (object->size() > kFewMembers) {
      end = std::ranges::upper_bound(*object, std::string_view(name), {}, &Member::name);
      if (end == object->begin() || (end - 1)->name != name) return nullptr;
    } else {
      while (end != object->begin() && (end - 1)->name != name) --end;
      if (end == object->begin()) return nullptr;
    }
    member = &*(end - 1);
  }
  return member;
}

std::optional<std::string_view> Document::String(Member& member) {
  if (!member.raw.starts_with('"')) return std::nullopt;
  const std::string_view between_quotes = member.raw.substr(1, member.raw.size() - 2);
  if (!member.escaped) return between_quotes;
  if (member.detail == 0) {
    Decode(between_quotes);
    member.detail = static_cast<uint32_t>(strings_.size());
  }
  return *strings_[member.detail - 1];
}

const NumberParts* Document::Number(Member& member) {
  const char first = member.raw.empty() ? '\0' : member.raw.front();
  if (first != '-' && (first < '0' || first > '9')) return nullptr;
  if (member.detail == 0) {
    numbers_.push_back(PartsOf(member.raw));
    member.detail = static_cast<uint32_t>(numbers_.size());
  }
  return &numbers_[member.detail - 1];
}

}  // namespace carillon::json
