#include "http_request.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "carillon/base/text.h"

namespace carillon::sink {
namespace {

using State = ReadResult::State;

ReadResult Bad(std::string_view reason, int status = 400) {
  return {.state = State::kBad, .status = status, .reason = reason};
}

std::string_view Trim(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  return s;
}

bool SameName(std::string_view a, std::string_view b) {
  return absl::EqualsIgnoreCase(base::ToAbsl(a), base::ToAbsl(b));
}

/// Cuts the line at the front of `rest` off.
std::string_view TakeLine(std::string_view& rest) {
  const size_t end = rest.find("\r\n");
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 2);
  return line;
}

bool ReadRequestLine(std::string_view line, HttpRequest& out) {
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == 0 || last <= first + 1) return false;
  const std::string_view version = line.substr(last + 1);
  out.method = line.substr(0, first);
  out.target = line.substr(first + 1, last - first - 1);
  out.keep_alive = version == "HTTP/1.1";
  return (version == "HTTP/1.1" || version == "HTTP/1.0") &&
         out.target.find(' ') == std::string_view::npos;
}

bool ReadHeaders(std::string_view rest, size_t most, HttpRequest& out) {
  out.headers.clear();
  while (!rest.empty()) {
    const std::string_view line = TakeLine(rest);
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0 || line.front() == ' ' ||
        out.headers.size() == most) {
      return false;
    }
    out.headers.emplace_back(line.substr(0, colon), Trim(line.substr(colon + 1)));
  }
  return true;
}

/// The body's length; kComplete when it is known.
ReadResult BodyBytes(const HttpRequest& request, size_t most, size_t& length) {
  length = 0;
  bool seen = false;
  for (const auto& [name, value] : request.headers) {
    if (SameName(name, "transfer-encoding")) return Bad("Content-Length is needed", 411);
    if (!SameName(name, "content-length")) continue;
    if (seen || !absl::SimpleAtoi(base::ToAbsl(value), &length)) return Bad("bad Content-Length");
    seen = true;
  }
  if (length > most) return Bad("the body is too long", 413);
  return {.state = State::kComplete};
}

}  // namespace

std::string_view HttpRequest::Header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (SameName(key, name)) return value;
  }
  return {};
}

ReadResult ReadRequest(std::string_view buffer, const RequestBounds& bounds, HttpRequest& out) {
  const size_t end = buffer.find("\r\n\r\n");
  if (end == std::string_view::npos) {
    if (buffer.size() > bounds.head_bytes) return Bad("the head is too long", 431);
    // Whoever speaks TLS here waits for an answer before it would say more.
    if (!buffer.empty() && !absl::ascii_isalpha(static_cast<unsigned char>(buffer.front()))) {
      return Bad("not an HTTP/1.1 request line");
    }
    return {};
  }
  if (end > bounds.head_bytes) return Bad("the head is too long", 431);
  out.head = buffer.substr(0, end);
  std::string_view rest = out.head;
  if (!ReadRequestLine(TakeLine(rest), out)) return Bad("not an HTTP/1.1 request line");
  if (!ReadHeaders(rest, bounds.headers, out)) return Bad("bad headers");
  if (absl::EqualsIgnoreCase(base::ToAbsl(out.Header("connection")), "close")) {
    out.keep_alive = false;
  }
  size_t length = 0;
  const ReadResult result = BodyBytes(out, bounds.body_bytes, length);
  if (result.state == State::kBad) return result;
  out.bytes = end + 4 + length;
  if (buffer.size() < out.bytes) return {.want_bytes = out.bytes};
  out.body = buffer.substr(end + 4, length);
  return {.state = State::kComplete};
}

}  // namespace carillon::sink
