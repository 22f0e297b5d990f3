#include "look_ups.h"

#include <boost/asio/post.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "carillon/base/text.h"

namespace carillon::trial {
namespace {

std::vector<std::string> TextsOf(const http::Addresses& addresses) {
  std::vector<std::string> texts;
  texts.reserve(addresses.size());
  for (const auto& address : addresses) texts.push_back(address.to_string());
  return texts;
}

}  // namespace

void LookUps::Begin(const std::string& host, const std::string& tenant, Done done) {
  if (running_.size() >= Sender::kMaxLookUps) {
    absl::Status refusal =
        aip::QuotaExceeded(v1::RATE_LIMITED, "too many hosts are being looked up", "look-ups");
    aip::AddRetry(refusal, std::chrono::seconds(1));
    return done(std::move(refusal));
  }
  const uint64_t id = ++last_id_;
  const auto at = running_.try_emplace(id, boost::asio::steady_timer(io_), std::move(done)).first;
  at->second.timer.expires_after(patience_);
  at->second.timer.async_wait([this, id](const boost::system::error_code& error) {
    if (error) return;
    End(id, absl::DeadlineExceededError(absl::StrCat("the name servers have not answered within ",
                                                     base::FormatDuration(patience_))));
  });
  resolver_.Resolve(host, tenant, [this, id](absl::StatusOr<http::Addresses> answer) {
    boost::asio::post(io_, [this, id, answer = std::move(answer)] {
      if (!answer.ok()) return End(id, answer.status());
      End(id, TextsOf(*answer));
    });
  });
}

void LookUps::End(uint64_t id, absl::StatusOr<std::vector<std::string>> answer) {
  auto ended = running_.extract(id);
  if (ended.empty()) return;
  ended.mapped().timer.cancel();
  ended.mapped().done(std::move(answer));
}

void LookUps::EndAll() {
  while (!running_.empty()) {
    End(running_.begin()->first, aip::MakeError(v1::STOPPING, "the service is stopping"));
  }
}

}  // namespace carillon::trial
