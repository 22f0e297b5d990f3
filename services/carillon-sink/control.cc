#include "control.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "carillon/base/text.h"
#include "nlohmann/json.hpp"
#include "sink.h"

namespace carillon::sink {
namespace {

ControlReply Error(int status, std::string_view message) {
  return {status, nlohmann::json{{"error", base::Printable(message, 1024)}}.dump() + "\n"};
}

std::string Unescape(absl::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const absl::string_view hex = text.substr(i, 3);
    if (hex.size() == 3 && hex[0] == '%' && absl::ascii_isxdigit(hex[1]) &&
        absl::ascii_isxdigit(hex[2])) {
      out += absl::HexStringToBytes(hex.substr(1));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string QueryValue(std::string_view query, std::string_view name) {
  for (const absl::string_view pair : absl::StrSplit(base::ToAbsl(query), '&')) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(pair, absl::MaxSplits('=', 1));
    if (parts.first == base::ToAbsl(name)) return Unescape(parts.second);
  }
  return {};
}

ControlReply Set(std::string_view query, Sink& sink) {
  const absl::Status status =
      sink.SetBehavior(QueryValue(query, "path"), QueryValue(query, "mode"));
  if (!status.ok()) return Error(400, base::ToStd(status.message()));
  return {200, "{}\n"};
}

}  // namespace

ControlReply HandleControl(std::string_view method, std::string_view target, Sink& sink) {
  const size_t mark = target.find('?');
  const std::string_view path = target.substr(0, mark);
  const std::string_view query =
      mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
  if (path == "/_stats" && method == "GET") return {200, sink.stats().ToJson() + "\n"};
  if (path == "/_reset" && method == "POST") {
    sink.stats().Reset();
    return {200, "{}\n"};
  }
  if (path == "/_set" && method == "POST") return Set(query, sink);
  return Error(404, "GET /_stats, POST /_reset, POST /_set?path=/x&mode=status/503");
}

}  // namespace carillon::sink
