#include "json_tree.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "carillon/codec/json_writer.h"
#include "carillon/json/number.h"
#include "carillon/json/string.h"

namespace carillon::schema {

/// A handler of json::Scanner.
class TreeBuilder {
 public:
  TreeBuilder(std::string_view text, JsonTree& tree) : text_(text), tree_(tree) {}

  void Space(size_t, size_t) {}
  void Name(size_t, size_t begin, size_t end, bool escaped) {
    name_ = Decoded(text_.substr(begin, end - begin), escaped);
  }
  void Begin(size_t, size_t at) {
    if (!open_.empty()) ++tree_.nodes_[open_.back()].count;
    open_.push_back(static_cast<uint32_t>(tree_.nodes_.size()));
    begin_.push_back(at);
    tree_.nodes_.emplace_back().name = std::exchange(name_, {});
  }
  void End(size_t, size_t at, bool escaped) {
    JsonNode& node = tree_.nodes_[open_.back()];
    const std::string_view raw = text_.substr(begin_.back(), at - begin_.back());
    open_.pop_back();
    begin_.pop_back();
    node.next = static_cast<uint32_t>(tree_.nodes_.size());
    node.kind = KindOf(raw.front());
    node.text = node.kind == JsonNode::Kind::kString
                    ? Decoded(raw.substr(1, raw.size() - 2), escaped)
                    : raw;
  }

 private:
  static JsonNode::Kind KindOf(char first) {
    switch (first) {
      case '{':
        return JsonNode::Kind::kObject;
      case '[':
        return JsonNode::Kind::kArray;
      case '"':
        return JsonNode::Kind::kString;
      case 't':
        return JsonNode::Kind::kTrue;
      case 'f':
        return JsonNode::Kind::kFalse;
      case 'n':
        return JsonNode::Kind::kNull;
      default:
        return JsonNode::Kind::kNumber;
    }
  }
  std::string_view Decoded(std::string_view between_quotes, bool escaped) {
    if (!escaped) return between_quotes;
    std::string& decoded = tree_.decoded_.emplace_back();
    json::AppendDecoded(between_quotes, decoded);
    return decoded;
  }

  const std::string_view text_;
  JsonTree& tree_;
  std::string_view name_;
  std::vector<uint32_t> open_;
  std::vector<size_t> begin_;
};

std::optional<JsonTree> JsonTree::Parse(std::string_view text, std::optional<json::Error>& error) {
  std::optional<JsonTree> tree(std::in_place);
  TreeBuilder builder(text, *tree);
  error = json::Scanner<TreeBuilder>(text, builder).Run();
  if (error) tree.reset();
  return tree;
}

std::optional<uint32_t> JsonTree::Member(uint32_t object, std::string_view name) const {
  std::optional<uint32_t> found;
  ForEach(object, [&](uint32_t at) {
    if (nodes_[at].name == name) found = at;
  });
  return found;
}

void JsonTree::AppendCanonical(uint32_t at, std::string& out) const {
  const JsonNode& node = nodes_[at];
  switch (node.kind) {
    case JsonNode::Kind::kNumber: {
      const json::NumberParts parts = json::PartsOf(node.text);
      absl::StrAppend(&out, parts.negative ? "-" : "");
      out.append(parts.head).append(parts.tail);
      absl::StrAppend(&out, "e", parts.beyond ? "?" : absl::StrCat(parts.exponent));
      return;
    }
    case JsonNode::Kind::kString:
      return codec::AppendJsonString(out, node.text);
    case JsonNode::Kind::kArray:
      out += '[';
      ForEach(at, [&](uint32_t element) {
        AppendCanonical(element, out);
        out += ',';
      });
      out += ']';
      return;
    case JsonNode::Kind::kObject: {
      std::vector<std::pair<std::string_view, uint32_t>> members;
      members.reserve(node.count);
      ForEach(at, [&](uint32_t member) { members.emplace_back(nodes_[member].name, member); });
      std::ranges::sort(members);  // equal names in their order
      out += '{';
      for (const auto& [name, member] : members) {
        codec::AppendJsonString(out, name);
        out += ':';
        AppendCanonical(member, out);
        out += ',';
      }
      out += '}';
      return;
    }
    default:
      out += node.text;
  }
}

}  // namespace carillon::schema
