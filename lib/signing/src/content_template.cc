#include "content_template.h"

#include "carillon/signing/signer.h"

namespace carillon::signing {
namespace {

constexpr size_t kMaxBytes = 256;

absl::Status Invalid(const char* what) { return absl::InvalidArgumentError(what); }

}  // namespace

absl::StatusOr<ContentTemplate> ContentTemplate::Parse(std::string_view text) {
  if (text.size() > kMaxBytes) return Invalid("must be at most 256 bytes");
  ContentTemplate result;
  Pieces* to = &result.head_;
  while (!text.empty()) {
    const size_t brace = text.find_first_of("{}");
    if (brace != 0) to->push_back({Kind::kText, std::string(text.substr(0, brace))});
    if (brace == text.npos) break;
    text.remove_prefix(brace);
    const std::string_view name = text.substr(0, text.find('}') + 1);
    if (name == "{id}") {
      to->push_back({Kind::kId, {}});
    } else if (name == "{timestamp}") {
      to->push_back({Kind::kTimestamp, {}});
    } else if (name == "{body}" && to == &result.head_) {
      to = &result.tail_;
    } else if (name == "{body}") {
      return Invalid("must hold {body} once");
    } else {
      return Invalid("may hold {id}, {timestamp} and {body}, and no other braces");
    }
    text.remove_prefix(name.size());
  }
  if (to == &result.head_) return Invalid("must hold {body} once");
  return result;
}

void ContentTemplate::AppendHead(std::string_view id, std::string_view timestamp,
                                 std::string& out) const {
  Append(head_, id, timestamp, out);
}

void ContentTemplate::AppendTail(std::string_view id, std::string_view timestamp,
                                 std::string& out) const {
  Append(tail_, id, timestamp, out);
}

void ContentTemplate::Append(const Pieces& pieces, std::string_view id, std::string_view timestamp,
                             std::string& out) {
  for (const Piece& piece : pieces) {
    switch (piece.kind) {
      case Kind::kText:
        out += piece.text;
        break;
      case Kind::kId:
        out += id;
        break;
      case Kind::kTimestamp:
        out += timestamp;
        break;
    }
  }
}

absl::Status CheckTemplate(std::string_view text) { return ContentTemplate::Parse(text).status(); }

}  // namespace carillon::signing
