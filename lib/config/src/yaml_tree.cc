#include "yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <optional>
#include <sstream>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "surrogates.h"

namespace carillon::config {
namespace {

using YAML::Mark;

std::string At(int line, int column, std::string_view what) {
  return absl::StrCat("line ", line, ", column ", column, ": ", base::ToAbsl(what));
}

/// The parser's `"\N"` and `"\_"` are the bytes 85 and A0 alone rather than U+0085 and U+00A0. All
/// else it gives is UTF-8, so these bytes where a character begins are they.
std::string Utf8Of(const std::string& text) {
  std::string_view rest = text;
  auto bad = base::FindInvalidUtf8(rest);
  if (!bad) return text;
  std::string fixed;
  for (; bad; bad = base::FindInvalidUtf8(rest)) {
    fixed.append(rest.substr(0, *bad)).append("\xC2").append(rest.substr(*bad, 1));
    rest.remove_prefix(*bad + 1);
  }
  return fixed.append(rest);
}

/// What the parser says, without what it repeats of the text behind a colon: that may be a secret,
/// and the place says where it stands.
std::string WordsOf(const YAML::Exception& error) {
  return error.msg.substr(0, error.msg.find(':'));
}

/// Builds the tree from the parser's events. Refuses by the parser's own exception, which carries
/// the place.
class TreeBuilder final : public YAML::EventHandler {
 public:
  YamlNode::Ptr TakeRoot() { return std::move(root_); }

  void OnDocumentStart(const Mark&) override {}
  void OnDocumentEnd() override {}
  void OnAnchor(const Mark&, const std::string&) override {}

  void OnNull(const Mark& mark, YAML::anchor_t anchor) override {
    Finish(mark, std::make_shared<YamlNode>(), anchor);
  }
  void OnAlias(const Mark& mark, YAML::anchor_t anchor) override {
    const auto it = anchors_.find(anchor);
    if (it == anchors_.end()) Refuse(mark, "an alias inside the node it stands for");
    Put(mark, it->second);
  }
  void OnScalar(const Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    RefuseTag(mark, tag);
    auto node = std::make_shared<YamlNode>();
    node->kind = YamlNode::Kind::kScalar;
    node->plain = tag == "?";
    node->text = Utf8Of(value);
    Finish(mark, std::move(node), anchor);
  }
  void OnSequenceStart(const Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Begin(mark, tag, anchor, YamlNode::Kind::kSequence);
  }
  void OnSequenceEnd() override { End(); }
  void OnMapStart(const Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Begin(mark, tag, anchor, YamlNode::Kind::kMap);
  }
  void OnMapEnd() override { End(); }

 private:
  /// A sequence or map that is not complete.
  struct Open {
    std::shared_ptr<YamlNode> node;
    YAML::anchor_t anchor;
    Mark mark;
    std::optional<std::string> key;
    uint32_t line = 0;  ///< of the key
  };

  [[noreturn]] static void Refuse(const Mark& mark, const std::string& what) {
    throw YAML::ParserException(mark, what);
  }
  static void RefuseTag(const Mark& mark, const std::string& tag) {
    if (!tag.empty() && tag != "?" && tag != "!") Refuse(mark, "tags are not supported");
  }

  void Begin(const Mark& mark, const std::string& tag, YAML::anchor_t anchor, YamlNode::Kind kind) {
    RefuseTag(mark, tag);
    if (open_.size() >= kMaxYamlDepth) {
      Refuse(mark, absl::StrCat("nested more than ", kMaxYamlDepth, " deep"));
    }
    auto node = std::make_shared<YamlNode>();
    node->kind = kind;
    open_.push_back({.node = std::move(node), .anchor = anchor, .mark = mark, .key = {}});
  }
  void End() {
    Open done = std::move(open_.back());
    open_.pop_back();
    Finish(done.mark, std::move(done.node), done.anchor);
  }
  void Finish(const Mark& mark, YamlNode::Ptr node, YAML::anchor_t anchor) {
    if (anchor != 0) anchors_[anchor] = node;
    Put(mark, std::move(node));
  }

  void Put(const Mark& mark, YamlNode::Ptr node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    parent.node->weight += node->weight;
    total_ = std::max(total_, parent.node->weight);
    if (total_ > kMaxYamlNodes) {
      Refuse(mark, absl::StrCat("more than ", kMaxYamlNodes, " values, aliases expanded"));
    }
    if (parent.node->kind == YamlNode::Kind::kSequence) {
      parent.node->items.push_back(std::move(node));
    } else if (!parent.key) {
      if (node->kind != YamlNode::Kind::kScalar) Refuse(mark, "a member's name must be a string");
      parent.key = node->text;
      parent.line = static_cast<uint32_t>(mark.line) + 1;
    } else {
      parent.node->members.push_back({std::move(*parent.key), std::move(node), parent.line});
      parent.key.reset();
    }
  }

  std::vector<Open> open_;
  absl::flat_hash_map<YAML::anchor_t, YamlNode::Ptr> anchors_;
  YamlNode::Ptr root_;
  size_t total_ = 0;
};

/// The parser would take some control characters for the end of the text, and UTF-16 for text.
absl::Status CheckCharacters(std::string_view text) {
  const auto fail = [&](size_t offset, std::string_view what) {
    const std::string_view before = text.substr(0, offset);
    const auto line = std::ranges::count(before, '\n') + 1;
    const size_t begin = before.rfind('\n') == before.npos ? 0 : before.rfind('\n') + 1;
    return absl::InvalidArgumentError(
        At(static_cast<int>(line), static_cast<int>(offset - begin + 1), what));
  };
  if (const auto bad = base::FindInvalidUtf8(text)) return fail(*bad, "not UTF-8");
  const auto control = std::ranges::find_if(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == 0x7F || (byte < 0x20 && c != '\n' && c != '\r' && c != '\t');
  });
  if (control != text.end()) {
    return fail(static_cast<size_t>(control - text.begin()), "a control character");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<YamlNode::Ptr>> ParseYamlDocuments(std::string_view text) {
  if (absl::Status status = CheckCharacters(text); !status.ok()) return status;
  std::vector<YamlNode::Ptr> documents;
  try {
    // The parser lets a quote stay open when the text ends right after a line: then the rest of
    // the file would be a string. A comment without a line end shows it.
    const std::string closed = JoinSurrogates(text) + (text.ends_with('\n') ? "#" : "\n#");
    std::istringstream in{closed};
    YAML::Parser parser(in);
    for (TreeBuilder builder; parser.HandleNextDocument(builder); builder = TreeBuilder()) {
      if (documents.size() == kMaxYamlDocuments) {
        return absl::InvalidArgumentError(
            absl::StrCat("more than ", kMaxYamlDocuments, " documents"));
      }
      documents.push_back(builder.TakeRoot());
      if (documents.back() == nullptr) documents.back() = std::make_shared<const YamlNode>();
    }
  } catch (const YAML::Exception& e) {
    return absl::InvalidArgumentError(At(e.mark.line + 1, e.mark.column + 1, WordsOf(e)));
  }
  return documents;
}

absl::StatusOr<YamlNode::Ptr> ParseYaml(std::string_view text) {
  absl::StatusOr<std::vector<YamlNode::Ptr>> documents = ParseYamlDocuments(text);
  if (!documents.ok()) return documents.status();
  if (documents->empty()) return std::make_shared<const YamlNode>();
  if (documents->size() == 1) return std::move(documents->front());
  return absl::InvalidArgumentError("a second YAML document; there must be only one");
}

}  // namespace carillon::config
