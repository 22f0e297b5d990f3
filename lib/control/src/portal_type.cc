#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "carillon/access/token_secret.h"
#include "carillon/aip/error.h"
#include "carillon/base/random.h"
#include "carillon/base/text.h"
#include "carillon/control/resource_type.h"
#include "carillon/v1/portal_service.pb.h"
#include "portal_session.h"

namespace carillon::control {
namespace {

using google::protobuf::Message;

constexpr size_t kMaxSubjectBytes = 256;
constexpr char kConsole[] = "/console/p#";

bool HasControlCharacter(const std::string& text) {
  return std::ranges::any_of(
      text, [](char c) { return absl::ascii_iscntrl(static_cast<unsigned char>(c)); });
}

/// `#2458c5`, or none.
bool IsColor(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdefABCDEF";
  return text.empty() || (text.size() == 7 && text.front() == '#' &&
                          text.find_first_not_of(kDigits, 1) == text.npos);
}

class PortalSessionType final : public ResourceType {
 public:
  explicit PortalSessionType(std::function<std::string()> public_url)
      : public_url_(std::move(public_url)) {}

  const Message& prototype() const override { return v1::PortalSession::default_instance(); }
  std::string_view type() const override { return "carillon/PortalSession"; }
  std::string_view member() const override { return "portal_session"; }
  const aip::NamePattern& pattern() const override { return pattern_; }
  const std::vector<std::string>& filters() const override { return filters_; }
  const std::vector<std::string>& orders() const override { return orders_; }

  absl::StatusOr<Value> Read(const Message& message, const View&, bool) const override {
    const auto& session = static_cast<const v1::PortalSession&>(message);
    std::vector<aip::FieldViolation> wrong;
    if (session.role() != v1::ROLE_TENANT_ADMIN && session.role() != v1::ROLE_READER) {
      wrong.push_back(
          {"portal_session.role", "INVALID", "must be ROLE_TENANT_ADMIN or ROLE_READER"});
    }
    const std::string& subject = session.subject();
    if (subject.size() > kMaxSubjectBytes || HasControlCharacter(subject)) {
      wrong.push_back({"portal_session.subject", "INVALID",
                       absl::StrCat("must be at most ", kMaxSubjectBytes,
                                    " bytes without control characters")});
    }
    if (!v1::PortalTheme::Scheme_IsValid(session.theme().scheme())) {
      wrong.push_back({"portal_session.theme.scheme", "INVALID", "must be LIGHT or DARK"});
    }
    if (!IsColor(session.theme().accent())) {
      wrong.push_back({"portal_session.theme.accent", "INVALID",
                       "must be # and 6 hexadecimal digits, such as #2458c5"});
    }
    if (!wrong.empty()) return aip::BadRequest(wrong);
    return Value(std::monostate());
  }

  std::string MakeId(const Message&) const override {
    uint8_t random[8];
    base::FillRandom(random);
    return absl::BytesToHexString(
        absl::string_view(reinterpret_cast<const char*>(random), sizeof random));
  }

  absl::Status Prepare(Message& created, base::WallTime now) const override {
    auto& session = static_cast<v1::PortalSession&>(created);
    std::string url = public_url_();
    if (url.empty()) {
      return aip::FailedPrecondition(
          v1::STATE_CONFLICT,
          "it is not known where people reach this server: set access.public_url in the "
          "configuration file",
          {{"STATE_CONFLICT", "access.public_url", "set access.public_url"}});
    }
    if (session.role() == v1::ROLE_UNSPECIFIED) session.set_role(v1::ROLE_TENANT_ADMIN);
    const base::Secret link = NewLink();
    session.set_sha256(HexOfHash(access::HashText(link.Reveal())));
    session.set_url(
        absl::StrCat(absl::StripSuffix(url, "/"), kConsole, base::ToAbsl(link.Reveal())));
    const auto end = std::chrono::floor<std::chrono::seconds>(now) + TtlOf(session);
    session.mutable_expire_time()->set_seconds(end.time_since_epoch().count());
    return absl::OkStatus();
  }

  void Forget(Message& message) const override {
    static_cast<v1::PortalSession&>(message).clear_url();
  }
  void Normalize(Message& message) const override {
    static_cast<v1::PortalSession&>(message).clear_ttl();
  }
  std::map<std::string, std::string> instead() const override { return {}; }
  absl::Status Delete(const Entry&, const View&, bool, std::vector<Edit>&) const override {
    return absl::OkStatus();
  }
  std::vector<MessagePtr> OfFile(const resource::Snapshot&, std::string_view) const override {
    return {};
  }

 private:
  const std::function<std::string()> public_url_;
  const aip::NamePattern pattern_{"tenants/{tenant}/portalSessions/{portal_session}"};
  const std::vector<std::string> filters_ = {"name",        "role",        "subject",
                                             "create_time", "expire_time", "open_time"};
  const std::vector<std::string> orders_ = {"name", "create_time", "expire_time"};
};

}  // namespace

base::Secret NewLink() {
  const base::Secret token = access::NewToken();
  return base::Secret(std::string(token.Reveal().substr(kTokenPrefixLetters)));
}

std::string HexOfHash(const access::TokenHash& hash) {
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(hash.data()), hash.size()));
}

std::chrono::seconds TtlOf(const v1::PortalSession& session) {
  if (!session.has_ttl()) return kDefaultTtl;
  return std::chrono::seconds(session.ttl().seconds());
}

std::unique_ptr<ResourceType> MakePortalSessionType(std::function<std::string()> public_url) {
  return std::make_unique<PortalSessionType>(std::move(public_url));
}

}  // namespace carillon::control
