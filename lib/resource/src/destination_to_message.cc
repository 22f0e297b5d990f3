#include <google/protobuf/util/time_util.h>

#include <string>
#include <variant>

#include "carillon/resource/name.h"
#include "carillon/resource/to_message.h"
#include "carillon/signing/signer.h"

namespace carillon::resource {
namespace {

using google::protobuf::Duration;

Duration ToDuration(std::chrono::milliseconds d) {
  return google::protobuf::util::TimeUtil::MillisecondsToDuration(d.count());
}

std::string Revealed(const base::Secret& secret) { return std::string(secret.Reveal()); }

v1::Format ToFormat(model::Format format) {
  switch (format) {
    case model::Format::kPayload:
      return v1::FORMAT_PAYLOAD;
    case model::Format::kArray:
      return v1::FORMAT_ARRAY;
    case model::Format::kCloudEvents:
      return v1::FORMAT_CLOUDEVENTS;
    case model::Format::kCloudEventsBatch:
      return v1::FORMAT_CLOUDEVENTS_BATCH;
    case model::Format::kCloudEventsBinary:
      return v1::FORMAT_CLOUDEVENTS_BINARY;
    default:
      return v1::FORMAT_STANDARD;
  }
}

v1::Success ToSuccess(model::SuccessRule rule) {
  switch (rule) {
    case model::SuccessRule::kBelow400:
      return v1::SUCCESS_BELOW_400;
    case model::SuccessRule::kAnyResponse:
      return v1::SUCCESS_ANY_RESPONSE;
    default:
      return v1::SUCCESS_2XX;
  }
}

void SetRetry(const model::RetryPolicy& from, v1::Retry& to) {
  if (from.exponential) {
    v1::Exponential& exponential = *to.mutable_exponential();
    *exponential.mutable_first() = ToDuration(from.exponential->first);
    exponential.set_factor(from.exponential->factor);
    *exponential.mutable_cap() = ToDuration(from.exponential->cap);
    exponential.set_attempts(from.exponential->attempts);
  } else if (from.delays.empty()) {
    to.set_none(true);
  } else {
    for (const auto delay : from.delays) *to.mutable_delays()->add_items() = ToDuration(delay);
  }
  to.set_jitter(from.jitter);
  if (from.max_age) *to.mutable_max_age() = ToDuration(*from.max_age);
  *to.mutable_retry_after_cap() = ToDuration(from.retry_after_cap);
  to.mutable_budget()->set_ratio(from.budget.ratio);
  to.mutable_budget()->set_min_per_second(from.budget.min_per_second);
}

void SetTls(const model::TlsSettings& from, v1::Tls& to) {
  if (!from.ca_bundle.empty()) to.mutable_ca_bundle()->set_value(from.ca_bundle.str());
  if (!from.client_certificate.empty()) {
    to.mutable_client_certificate()->set_value(from.client_certificate.str());
    to.mutable_client_key()->set_value(Revealed(from.client_key));
  }
  to.set_insecure_skip_verify(!from.verify);
}

void SetOAuth2(const model::OAuth2Authorization& from, v1::OAuth2& to) {
  to.set_token_url(from.token_url);
  to.set_client_id(from.client_id);
  to.mutable_client_secret()->set_value(Revealed(from.client_secret));
  to.set_client_authentication(from.client_authentication == model::ClientAuthentication::kBody
                                   ? v1::CLIENT_AUTHENTICATION_BODY
                                   : v1::CLIENT_AUTHENTICATION_BASIC);
  to.set_scope(from.scope);
  to.set_audience(from.audience);
  if (!(from.tls == model::TlsSettings())) SetTls(from.tls, *to.mutable_tls());
}

void SetAuthorization(const model::Authorization& from, v1::Destination& to) {
  if (const auto* basic = std::get_if<model::BasicAuthorization>(&from)) {
    v1::Basic& given = *to.mutable_authorization()->mutable_basic();
    given.set_user(basic->user);
    given.mutable_password()->set_value(Revealed(basic->password));
  } else if (const auto* bearer = std::get_if<model::BearerAuthorization>(&from)) {
    v1::Bearer& given = *to.mutable_authorization()->mutable_bearer();
    given.mutable_token()->set_value(Revealed(bearer->token));
  } else if (const auto oauth2 = model::OAuth2Of(from)) {
    SetOAuth2(*oauth2, *to.mutable_authorization()->mutable_oauth2());
  }
}

void SetSigning(const model::Destination& from, v1::Destination& to) {
  to.set_unsigned_requests(from.unsigned_requests);
  for (const model::SigningKey& key : from.keys) {
    v1::Key& given = *to.add_keys();
    given.set_name(to.name() + "/keys/" + key.name);
    given.mutable_secret()->set_value(Revealed(signing::FormatSecret({key.scheme, key.secret})));
    if (key.expires_at) {
      given.mutable_expire_time()->set_seconds(base::ToUnixSeconds(*key.expires_at));
    }
  }
  if (!from.signature) return;
  v1::Signature& signature = *to.mutable_signature();
  signature.set_header(from.signature->header);
  signature.set_algorithm(from.signature->algorithm == model::HashAlgorithm::kSha512
                              ? v1::HASH_SHA512
                              : v1::HASH_SHA256);
  signature.set_encoding(from.signature->encoding == model::DigestEncoding::kBase64
                             ? v1::ENCODING_BASE64
                             : v1::ENCODING_HEX);
  signature.set_prefix(from.signature->prefix);
  signature.set_template_(from.signature->content);
  signature.set_webhook_signature(from.signature->webhook_signature);
}

void SetOrder(const model::Destination& from, v1::Destination& to) {
  if (from.order.by != model::Ordering::kNone) {
    to.mutable_order()->set_by(from.order.by == model::Ordering::kKey ? v1::ORDERING_KEY
                                                                      : v1::ORDERING_STRICT);
    to.mutable_order()->set_after_dead(from.order.after_dead == model::AfterDead::kHold
                                           ? v1::AFTER_DEAD_HOLD
                                           : v1::AFTER_DEAD_CONTINUE);
  }
  if (!from.batch) return;
  to.mutable_batch()->set_max_events(from.batch->max_events);
  to.mutable_batch()->set_max_bytes(from.batch->max_bytes);
  *to.mutable_batch()->mutable_max_wait() = ToDuration(from.batch->max_wait);
}

void SetPace(const model::Destination& from, v1::Destination& to) {
  to.set_concurrency(from.concurrency);
  to.set_adaptive_concurrency(from.adaptive);
  if (!from.rate) return;
  to.mutable_rate()->set_per_second(from.rate->per_second);
  to.mutable_rate()->set_burst(from.rate->burst);
}

void SetBreaker(const std::optional<model::Breaker>& from, v1::Breaker& to) {
  if (!from) return to.set_off(true);
  to.set_consecutive_failures(from->consecutive_failures);
  to.set_failure_rate(from->failure_rate > 1 ? 0 : from->failure_rate);
  to.set_min_attempts(from->min_attempts);
  *to.mutable_window() = ToDuration(from->window);
  *to.mutable_delay() = ToDuration(from->delay);
  *to.mutable_max_delay() = ToDuration(from->max_delay);
}

void SetHealth(const model::Destination& from, v1::Destination& to) {
  SetBreaker(from.breaker, *to.mutable_breaker());
  v1::Disabling& disabling = *to.mutable_disabling();
  disabling.set_on_gone(from.disabling.on_gone);
  if (from.disabling.failing_for) {
    *disabling.mutable_failing_for() = ToDuration(*from.disabling.failing_for);
  } else {
    disabling.set_never(true);
  }
  disabling.set_when_retries_end(from.disabling.when_retries_end);
  disabling.set_deliveries(from.disabling.drop_deliveries ? v1::DELIVERIES_DEAD
                                                          : v1::DELIVERIES_KEEP);
  to.set_disabled(!from.enabled);
}

}  // namespace

v1::Destination ToMessage(const model::Destination& from) {
  v1::Destination to;
  to.set_name(MakeName(from.tenant, kDestinations, from.name));
  to.set_url(from.url);
  to.set_display_name(from.display_name);
  to.set_description(from.description);
  to.mutable_labels()->insert(from.labels.begin(), from.labels.end());
  to.mutable_annotations()->insert(from.annotations.begin(), from.annotations.end());
  to.set_format(ToFormat(from.format));
  if (!from.cloudevents_source.empty()) to.set_cloudevents_source(from.cloudevents_source);
  *to.mutable_timeouts()->mutable_connect() = ToDuration(from.connect_timeout);
  *to.mutable_timeouts()->mutable_total() = ToDuration(from.total_timeout);
  to.set_success(ToSuccess(from.success));
  SetRetry(from.retry, *to.mutable_retry());
  for (const model::Header& header : from.headers) {
    v1::Header& given = *to.add_headers();
    given.set_name(header.name);
    if (header.secret) {
      given.mutable_secret()->set_value(Revealed(header.value));
    } else {
      given.set_value(Revealed(header.value));
    }
  }
  SetSigning(from, to);
  SetPace(from, to);
  SetOrder(from, to);
  SetHealth(from, to);
  SetAuthorization(from.authorization, to);
  if (!(from.tls == model::TlsSettings())) SetTls(from.tls, *to.mutable_tls());
  return to;
}

}  // namespace carillon::resource
