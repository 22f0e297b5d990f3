#include "recorder.h"

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"

namespace carillon::sink {
namespace {

/// Appends `s` as a JSON string; bytes that are not UTF-8 become U+FFFD.
void AppendJson(std::string& out, std::string_view s) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  while (!s.empty()) {
    const size_t good = base::FindInvalidUtf8(s).value_or(s.size());
    for (const char c : s.substr(0, good)) {
      const auto byte = static_cast<uint8_t>(c);
      if (c == '"' || c == '\\') {
        out += '\\';
        out += c;
      } else if (byte < 0x20) {
        out += "\\u00";
        out += kHex[byte >> 4];
        out += kHex[byte & 0xF];
      } else {
        out += c;
      }
    }
    s.remove_prefix(good);
    if (s.empty()) break;
    out += "\xEF\xBF\xBD";
    s.remove_prefix(1);
  }
  out += '"';
}

std::string_view Words(Verdict verdict) {
  switch (verdict) {
    case Verdict::kVerified:
      return "verified";
    case Verdict::kFailed:
      return "FAILED";
    case Verdict::kUnchecked:
      break;
  }
  return "not checked (no --secret)";
}

std::string_view AsJson(Verdict verdict) {
  switch (verdict) {
    case Verdict::kVerified:
      return "true";
    case Verdict::kFailed:
      return "false";
    case Verdict::kUnchecked:
      break;
  }
  return "null";
}

/// Headers and bodies come from anywhere: nothing that could steer a terminal is printed.
std::string ForTerminal(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    absl::StrAppend(&out, "  ", base::Printable(line, 16 * 1024), "\n");
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return out;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Recorder>> Recorder::Open(bool print,
                                                         const std::string& jsonl_path) {
  std::FILE* jsonl = nullptr;
  if (jsonl_path == "-") {
    jsonl = stdout;
  } else if (!jsonl_path.empty()) {
    jsonl = std::fopen(jsonl_path.c_str(), "ae");
    if (jsonl == nullptr) {
      return absl::UnavailableError(
          absl::StrCat("cannot write ", jsonl_path, ": ", std::strerror(errno)));
    }
  }
  return std::unique_ptr<Recorder>(new Recorder(print, jsonl));
}

Recorder::~Recorder() {
  if (jsonl_ != nullptr && jsonl_ != stdout) std::fclose(jsonl_);
}

void Recorder::Write(const Record& record) {
  if (print_) Print(record);
  if (jsonl_ != nullptr) WriteJson(record);
}

void Recorder::Print(const Record& record) {
  const std::string answer = record.status == 0 ? "nothing" : absl::StrCat(record.status);
  line_ = absl::StrCat("request ", ++printed_, " at ", base::FormatRfc3339(record.received),
                       " on connection ", record.connection, "\n\n",
                       ForTerminal(record.request.head), "\n", ForTerminal(record.request.body),
                       "\n  signature: ", base::ToAbsl(Words(record.verdict)), "; answered with ",
                       answer, "\n\n");
  std::fwrite(line_.data(), 1, line_.size(), stdout);
  std::fflush(stdout);
}

void Recorder::WriteJson(const Record& record) {
  const HttpRequest& request = record.request;
  line_ = absl::StrCat("{\"time\":\"", base::FormatRfc3339(record.received), "\",\"method\":");
  AppendJson(line_, request.method);
  line_ += ",\"target\":";
  AppendJson(line_, request.target);
  line_ += ",\"headers\":[";
  bool first = true;
  for (const auto& [name, value] : request.headers) {
    line_ += first ? "[" : ",[";
    first = false;
    AppendJson(line_, name);
    line_ += ',';
    AppendJson(line_, value);
    line_ += ']';
  }
  line_ += "],\"body\":";
  AppendJson(line_, request.body);
  absl::StrAppend(&line_, ",\"verified\":", base::ToAbsl(AsJson(record.verdict)),
                  ",\"connection\":", record.connection, ",\"status\":", record.status, "}\n");
  std::fwrite(line_.data(), 1, line_.size(), jsonl_);
  std::fflush(jsonl_);
}

}  // namespace carillon::sink
