#include "located_yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <optional>
#include <sstream>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "surrogates.h"

namespace carillon::config {
namespace {

using YAML::Mark;

/// Builds the tree from the parser's events.
class LocatedBuilder final : public YAML::EventHandler {
 public:
  explicit LocatedBuilder(size_t offset) : offset_(offset) {}
  LocatedPlace TakeRoot() { return std::move(root_); }

  void OnDocumentStart(const Mark&) override {}
  void OnDocumentEnd() override {}
  void OnAnchor(const Mark&, const std::string&) override {}

  void OnNull(const Mark& mark, YAML::anchor_t anchor) override {
    Finish(mark, std::make_shared<LocatedNode>(), anchor);
  }
  void OnAlias(const Mark& mark, YAML::anchor_t anchor) override {
    Put({.begin = At(mark), .alias = true, .node = anchors_[anchor]});
  }
  void OnScalar(const Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    auto node = std::make_shared<LocatedNode>();
    node->kind = YamlNode::Kind::kScalar;
    node->plain = tag == "?";
    node->text = value;
    node->flow = InFlow();
    Finish(mark, std::move(node), anchor);
  }
  void OnSequenceStart(const Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    Begin(mark, anchor, YamlNode::Kind::kSequence, style);
  }
  void OnSequenceEnd() override { End(); }
  void OnMapStart(const Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    Begin(mark, anchor, YamlNode::Kind::kMap, style);
  }
  void OnMapEnd() override { End(); }

 private:
  /// A sequence or map that is not complete.
  struct Open {
    std::shared_ptr<LocatedNode> node;
    YAML::anchor_t anchor;
    Mark mark;
    std::optional<std::pair<std::string, size_t>> key;
  };

  size_t At(const Mark& mark) const { return offset_ + static_cast<size_t>(mark.pos); }
  bool InFlow() const { return !open_.empty() && open_.back().node->flow; }

  void Begin(const Mark& mark, YAML::anchor_t anchor, YamlNode::Kind kind,
             YAML::EmitterStyle::value style) {
    auto node = std::make_shared<LocatedNode>();
    node->kind = kind;
    node->flow = style == YAML::EmitterStyle::Flow || InFlow();
    open_.push_back({std::move(node), anchor, mark, std::nullopt});
  }
  void End() {
    Open done = std::move(open_.back());
    open_.pop_back();
    Finish(done.mark, std::move(done.node), done.anchor);
  }
  void Finish(const Mark& mark, std::shared_ptr<LocatedNode> node, YAML::anchor_t anchor) {
    node->anchored = anchor != 0;
    if (anchor != 0) anchors_[anchor] = node;
    Put({.begin = At(mark), .node = std::move(node)});
  }
  void Put(LocatedPlace place) {
    if (open_.empty()) {
      root_ = std::move(place);
      return;
    }
    Open& parent = open_.back();
    if (parent.node->kind == YamlNode::Kind::kSequence) {
      parent.node->items.push_back(std::move(place));
    } else if (!parent.key) {
      parent.key.emplace(place.node->text, place.begin);
    } else {
      auto& [name, begin] = *parent.key;
      parent.node->members.push_back({std::move(name), begin, std::move(place)});
      parent.key.reset();
    }
  }

  const size_t offset_;
  std::vector<Open> open_;
  absl::flat_hash_map<YAML::anchor_t, std::shared_ptr<const LocatedNode>> anchors_;
  LocatedPlace root_;
};

}  // namespace

absl::StatusOr<LocatedPlace> ParseLocatedYaml(std::string_view text) {
  const absl::StatusOr<YamlNode::Ptr> checked = ParseYaml(text);
  if (!checked.ok()) return checked.status();
  const size_t mark_bytes = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  LocatedBuilder builder(mark_bytes);
  try {
    std::istringstream in{HideSurrogates(text.substr(mark_bytes))};
    YAML::Parser parser(in);
    if (parser.HandleNextDocument(builder)) return builder.TakeRoot();
  } catch (const YAML::Exception&) {
    return absl::InvalidArgumentError("surrogates that stand in no pair");
  }
  return LocatedPlace{.node = std::make_shared<const LocatedNode>()};
}

}  // namespace carillon::config
