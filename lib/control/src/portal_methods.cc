#include "carillon/control/portal_methods.h"

#include <google/protobuf/empty.pb.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "carillon/resource/read_access.h"
#include "metadata.h"
#include "portal_session.h"

namespace carillon::control {
namespace {

constexpr size_t kSweptAtOnce = 32;
constexpr char kPortalService[] = "carillon.v1.PortalService/";

template <typename Request>
ChangeRequest ToPortalChange(const char* method, const Request& request) {
  return {absl::StrCat(kPortalService, method), request, request.request_id(),
          request.validate_only()};
}

base::WallTime ToWall(const google::protobuf::Timestamp& time) {
  return base::WallTime(std::chrono::seconds(time.seconds()));
}

/// The same whatever is wrong with it, so that nobody learns which links there are.
absl::Status WrongLink() {
  return aip::MakeError(v1::CREDENTIALS_INVALID,
                        "the link cannot be opened: a link works once, for 10 minutes after it was "
                        "made; ask for a new one where this one came from");
}

absl::Status CheckTtl(const v1::PortalSession& session) {
  if (!session.has_ttl()) return absl::OkStatus();
  const int64_t seconds = session.ttl().seconds();
  if (session.ttl().nanos() == 0 && seconds >= kMinTtl.count() && seconds <= kMaxTtl.count()) {
    return absl::OkStatus();
  }
  return aip::BadField("portal_session.ttl", "OUT_OF_RANGE",
                       "must be 1 min to 24 h, in whole seconds");
}

/// Cuts the session's life to that of the credential of whoever makes it.
absl::Status CutTtl(const Caller& caller, base::WallTime now, v1::PortalSession& session) {
  const auto end = caller.credential == nullptr ? std::nullopt : caller.credential->expire_time;
  if (!end) return absl::OkStatus();
  const auto left = std::chrono::floor<std::chrono::seconds>(*end - now);
  if (left < std::chrono::seconds(1)) {
    return aip::MakeError(v1::ROLE_FORBIDDEN,
                          "a session must not outlive the credential that makes it, which ends now",
                          {{"field", "portal_session.ttl"}});
  }
  if (left < TtlOf(session)) session.mutable_ttl()->set_seconds(left.count());
  return absl::OkStatus();
}

std::string TenantIdOf(const std::string& name) {
  const size_t begin = name.find('/') + 1;
  return name.substr(begin, name.find('/', begin) - begin);
}

access::Principal PrincipalOf(const v1::PortalSession& session) {
  access::Principal principal;
  principal.kind = access::PrincipalKind::kPortal;
  principal.name = absl::StrCat("portal:", session.name(), session.subject().empty() ? "" : "#",
                                session.subject());
  principal.role = session.role();
  principal.tenants = {TenantIdOf(session.name())};
  principal.expire_time = ToWall(session.expire_time());
  return principal;
}

/// When it, or before it is opened its link, is taken no more.
base::WallTime EndOfSession(const v1::PortalSession& session) {
  const base::WallTime end = ToWall(session.expire_time());
  if (session.has_open_time()) return end;
  return std::min(end, ToWall(session.create_time()) + PortalMethods::kLinkLife);
}

const v1::PortalSession* SessionOf(const Entry& entry) {
  return dynamic_cast<const v1::PortalSession*>(entry.message.get());
}

}  // namespace

PortalMethods::PortalMethods(const PortalOptions& options)
    : options_(options), methods_(options.repository, options.sessions, options.clock) {
  RenewAll();
}

void PortalMethods::RenewAll() {
  std::vector<std::string> names;
  {
    const base::MutexLock lock(mutex_);
    for (const auto& [name, known] : known_) names.push_back(name);
  }
  for (const Entry& entry : options_.repository.ListExpiring("tenants/")) {
    if (SessionOf(entry) != nullptr) names.push_back(entry.name);
  }
  Renew(names);
}

void PortalMethods::Renew(const std::vector<std::string>& names) {
  const base::MutexLock lock(mutex_);
  for (const std::string& name : names) {
    const Entry entry = options_.repository.Find(name);
    const v1::PortalSession* const session = SessionOf(entry);
    const auto hash =
        session == nullptr ? std::nullopt : resource::ReadTokenHash(session->sha256());
    if (!hash) {
      known_.erase(name);
      continue;
    }
    known_[name] = {.grant = {*hash, PrincipalOf(*session)},
                    .opened = session->has_open_time(),
                    .end = EndOfSession(*session)};
  }
  Tell();
}

PortalMethods::~PortalMethods() {
  std::future<void> sweep;
  {
    const base::MutexLock lock(mutex_);
    sweep = std::move(sweep_);
  }
  if (sweep.valid()) sweep.wait();
}

void PortalMethods::Tell() {
  std::vector<access::Authenticator::Grant> grants;
  for (const auto& [name, known] : known_) {
    if (known.opened) grants.push_back(known.grant);
  }
  options_.authenticator.SetTokensOfPortals(std::move(grants));
}

PortalMethods::Done PortalMethods::AfterRenewal(std::string name, Done done) {
  return [this, name = std::move(name),
          done = std::move(done)](absl::StatusOr<Answer> answer) mutable {
    if (answer.ok()) Renew({name});
    done(std::move(answer));
  };
}

absl::Status PortalMethods::CheckRoom(const std::string& parent) const {
  const std::string prefix = absl::StrCat(parent, "/");
  const base::WallTime now = options_.clock.Wall();
  const base::MutexLock lock(mutex_);
  size_t all = 0;
  size_t of_tenant = 0;
  for (const auto& [name, known] : known_) {
    if (known.end <= now) continue;
    ++all;
    if (name.starts_with(prefix)) ++of_tenant;
  }
  if (all < kMaxSessions && of_tenant < kMaxOfTenant) return absl::OkStatus();
  return aip::QuotaExceeded(
      v1::QUOTA_EXCEEDED,
      absl::StrCat("there are ", of_tenant, " portal sessions of the tenant and ", all,
                   " in all, of at most ", kMaxOfTenant, " and ", kMaxSessions,
                   ": delete some, or give them a shorter ttl"),
      parent);
}

void PortalMethods::Create(const v1::CreatePortalSessionRequest& request, const Caller& caller,
                           Done done) {
  v1::PortalSession given = request.portal_session();
  absl::Status status = CheckTtl(given);
  if (status.ok()) status = CutTtl(caller, options_.clock.Wall(), given);
  if (status.ok()) status = CheckRoom(request.parent());
  if (status.ok() && !request.request_id().empty() && !options_.repository.takes_secrets()) {
    status = aip::FailedPrecondition(
        v1::MASTER_KEY_MISSING,
        "there is no master key under which the answer could be kept for a repetition: set "
        "secrets.master_key in the configuration file, or leave request_id out",
        {{"MASTER_KEY_MISSING", "secrets.master_key", "set secrets.master_key"}});
  }
  if (!status.ok()) return done(std::move(status));
  auto renewed = [this, validate_only = request.validate_only(),
                  done = std::move(done)](absl::StatusOr<Answer> answer) mutable {
    if (answer.ok() && !validate_only) {
      Renew({static_cast<const v1::PortalSession&>(**answer).name()});
      Sweep();
    }
    done(std::move(answer));
  };
  methods_.Create(ToPortalChange("CreatePortalSession", request), caller, request.parent(), "",
                  given, std::move(renewed));
}

void PortalMethods::Delete(const v1::DeletePortalSessionRequest& request, const Caller& caller,
                           Done done) {
  methods_.Delete(
      ToPortalChange("DeletePortalSession", request), caller,
      {.name = request.name(), .etag = request.etag(), .allow_missing = request.allow_missing()},
      [](const std::vector<Edit>&) { return std::make_unique<google::protobuf::Empty>(); },
      AfterRenewal(request.name(), std::move(done)));
}

void PortalMethods::Open(const v1::OpenPortalSessionRequest& request, const Caller& caller,
                         Done done) {
  const std::string from = caller.trail == nullptr ? "" : caller.trail->remote_address;
  auto refuse = [this, from, trail = caller.trail](absl::Status why) {
    if (aip::ReasonOf(why) == v1::CREDENTIALS_INVALID) {
      why = options_.authenticator.LoginFailed(from, std::move(why));
    }
    if (options_.audit != nullptr && trail != nullptr) options_.audit->Refused(*trail, why);
    return why;
  };
  if (absl::Status status = options_.authenticator.MayLogIn(from); !status.ok()) {
    return done(refuse(std::move(status)));
  }
  const access::TokenHash link = access::HashText(request.link());
  ChangeCall call{.method = absl::StrCat(kPortalService, "OpenPortalSession"),
                  .answer_type = &v1::OpenPortalSessionResponse::default_instance(),
                  .trail = caller.trail};
  std::string name;
  {
    const base::MutexLock lock(mutex_);
    const auto found = std::ranges::find_if(known_, [&](const auto& each) {
      return !each.second.opened && access::SameHash(each.second.grant.hash, link);
    });
    if (found != known_.end()) {
      name = found->first;
      call.principal = found->second.grant.principal.name;
      if (caller.trail != nullptr) {
        caller.trail->principal = call.principal;
        caller.trail->role = found->second.grant.principal.role;
        caller.trail->resource = name;
      }
    }
  }
  if (name.empty()) return done(refuse(WrongLink()));
  call.decide = [this, name, link](const View& view) { return DecideOpen(view, name, link); };
  options_.repository.Change(std::move(call),
                             [this, name, refuse = std::move(refuse),
                              done = std::move(done)](absl::StatusOr<Answer> answer) mutable {
                               if (!answer.ok()) return done(refuse(answer.status()));
                               Renew({name});
                               done(std::move(answer));
                             });
}

absl::StatusOr<ChangeSet> PortalMethods::DecideOpen(const View& view, const std::string& name,
                                                    const access::TokenHash& link) const {
  const Entry entry = view.Find(name);
  const v1::PortalSession* const before = SessionOf(entry);
  const base::WallTime now = options_.clock.Wall();
  if (before == nullptr || before->has_open_time() || before->sha256() != HexOfHash(link) ||
      EndOfSession(*before) <= now) {
    return WrongLink();
  }
  const base::Secret token = access::NewToken();
  auto next = std::make_shared<v1::PortalSession>(*before);
  next->set_sha256(HexOfHash(access::HashText(token.Reveal())));
  SetTime(*next, "open_time", now);
  SetTime(*next, "update_time", now);
  auto answer = std::make_unique<v1::OpenPortalSessionResponse>();
  answer->set_token(std::string(token.Reveal()));
  *answer->mutable_portal_session() = *next;
  ChangeSet set;
  set.answer = std::move(answer);
  set.edits.push_back({name, std::move(next), std::monostate()});
  return set;
}

std::vector<std::string> PortalMethods::Ended() const {
  const base::WallTime now = options_.clock.Wall();
  std::vector<std::string> ended;
  const base::MutexLock lock(mutex_);
  for (const auto& [name, known] : known_) {
    if (known.end > now) continue;
    ended.push_back(name);
    if (ended.size() == kSweptAtOnce) break;
  }
  return ended;
}

void PortalMethods::Sweep() {
  const std::vector<std::string> ended = Ended();
  if (ended.empty()) return;
  ChangeCall call{.principal = "carillon",
                  .answer_type = &google::protobuf::Empty::default_instance()};
  call.decide = [ended](const View& view) -> absl::StatusOr<ChangeSet> {
    ChangeSet set;
    set.answer = std::make_unique<google::protobuf::Empty>();
    for (const std::string& name : ended) {
      if (view.Find(name).message != nullptr) set.edits.push_back({name, nullptr, {}});
    }
    return set;
  };
  auto swept = std::make_shared<std::promise<void>>();
  {
    const base::MutexLock lock(mutex_);
    if (sweep_.valid() && sweep_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
      return;
    }
    sweep_ = swept->get_future();
  }
  // What fails is tried with the next session that is made.
  options_.repository.Change(std::move(call),
                             [this, ended, swept](const absl::StatusOr<Answer>& answer) {
                               if (answer.ok()) Renew(ended);
                               swept->set_value();
                             });
}

}  // namespace carillon::control
