#include "token_request.h"

#include "absl/strings/ascii.h"
#include "carillon/authorization/header.h"

namespace carillon::authorization {
namespace {

/// As a form has it (application/x-www-form-urlencoded).
std::string FormEncoded(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(byte) || std::string_view("*-._").find(c) != std::string_view::npos) {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      out.append({'%', kHex[byte >> 4], kHex[byte & 15]});
    }
  }
  return out;
}

void AddField(std::string_view name, std::string_view value, std::string& form) {
  if (value.empty()) return;
  form.append("&").append(name).append("=").append(FormEncoded(value));
}

}  // namespace

http::Request MakeTokenRequest(const model::OAuth2Authorization& oauth2, const net::Url& url,
                               std::string_view user_agent) {
  std::string form = "grant_type=client_credentials";
  AddField("scope", oauth2.scope, form);
  AddField("audience", oauth2.audience, form);
  const std::string_view secret = oauth2.client_secret.Reveal();
  http::Request request;
  std::string& head = request.head;
  head.append("POST ").append(url.target).append(" HTTP/1.1\r\nHost: ").append(url.HostHeader());
  head.append("\r\nUser-Agent: ").append(user_agent);
  head.append("\r\nAccept: application/json\r\nContent-Type: application/x-www-form-urlencoded");
  if (oauth2.client_authentication == model::ClientAuthentication::kBody) {
    AddField("client_id", oauth2.client_id, form);
    AddField("client_secret", secret, form);
  } else {
    // RFC 6749, section 2.3.1: each encoded as in a form first.
    head.append("\r\nAuthorization: ")
        .append(BasicValue(FormEncoded(oauth2.client_id), FormEncoded(secret)));
  }
  head.append("\r\nContent-Length: ").append(std::to_string(form.size())).append("\r\n\r\n");
  request.body = std::make_shared<const std::string>(std::move(form));
  request.keep_body_bytes = kMaxAnswerBytes;
  return request;
}

void AddBearer(std::string_view token, std::string& head) {
  head.resize(head.size() - 2);  // the empty line
  head.append("Authorization: Bearer ").append(token).append("\r\n\r\n");
}

}  // namespace carillon::authorization
