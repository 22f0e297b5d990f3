#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "carillon/base/text.h"
#include "carillon/deliverylog/record.h"

namespace carillon::deliverylog {
namespace {

constexpr std::array<std::string_view, 4> kSecretFields = {"authorization", "proxy-authorization",
                                                           "cookie", "set-cookie"};

/// Takes the next line from the front of `head`, without its end.
std::string_view NextLine(std::string_view& head) {
  const size_t end = head.find('\n');
  std::string_view line = head.substr(0, end);
  head.remove_prefix(end == head.npos ? head.size() : end + 1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

std::string_view Trimmed(std::string_view text) {
  return base::ToStd(absl::StripAsciiWhitespace(base::ToAbsl(text)));
}

bool IsSecretField(std::string_view name, const std::vector<std::string>& secret) {
  const std::string lower = absl::AsciiStrToLower(base::ToAbsl(Trimmed(name)));
  return std::find(kSecretFields.begin(), kSecretFields.end(), lower) != kSecretFields.end() ||
         std::find(secret.begin(), secret.end(), lower) != secret.end();
}

bool GoesOn(std::string_view line) { return !line.empty() && (line[0] == ' ' || line[0] == '\t'); }

}  // namespace

std::string BlankedHead(std::string_view head, const std::vector<std::string>& secret,
                        size_t max_bytes) {
  std::string blanked;
  bool in_secret = false;
  for (bool first = true; !head.empty(); first = false) {
    const std::string_view line = NextLine(head);
    if (line.empty()) break;
    if (in_secret && GoesOn(line)) continue;  // a folded line of a value that is blanked
    const size_t colon = line.find(':');
    in_secret = !first && colon != line.npos && IsSecretField(line.substr(0, colon), secret);
    std::string shown(in_secret ? line.substr(0, colon + 1) : line);
    if (in_secret) shown.append(" ***");
    if (blanked.size() + shown.size() + 2 > max_bytes) break;
    blanked.append(shown).append("\r\n");
  }
  return blanked;
}

std::vector<std::pair<std::string, std::string>> FieldsOf(std::string_view head) {
  std::vector<std::pair<std::string, std::string>> fields;
  NextLine(head);
  while (!head.empty()) {
    const std::string_view line = NextLine(head);
    const size_t colon = line.find(':');
    if (GoesOn(line) && !fields.empty()) {
      fields.back().second.append(" ").append(Trimmed(line));
    } else if (colon != line.npos) {
      fields.emplace_back(line.substr(0, colon), Trimmed(line.substr(colon + 1)));
    }
  }
  return fields;
}

}  // namespace carillon::deliverylog
