#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "carillon/base/random.h"
#include "carillon/codec/body.h"
#include "carillon/model/destination.h"

namespace carillon::delivery {

/// Destinations whose every member but tenant and name changes by chance, some at each reload.
class SimDestinations {
 public:
  explicit SimDestinations(base::Random& random) : random_(random) {}

  model::Destination Make(size_t i) {
    model::Destination d;
    d.tenant = "t" + std::to_string(i % 2);
    d.name = "d" + std::to_string(i);
    for (int n = 0; n < kMembers; ++n) ChangeMember(d, i, n);
    return d;
  }

  /// Another configuration of it.
  void Change(model::Destination& d, size_t i) {
    for (size_t n = Below(5); n > 0; --n) ChangeMember(d, i, static_cast<int>(Below(kMembers)));
  }

 private:
  static constexpr int kMembers = 14;
  using Millis = std::chrono::milliseconds;

  uint64_t Below(uint64_t n) { return random_.Next() % n; }

  void ChangeMember(model::Destination& d, size_t i, int member) {
    switch (member) {
      case 0:
        return ChangeFormat(d, i);
      case 1:
        d.order.by = static_cast<model::Ordering>(Below(3));
        return;
      case 2:
        d.order.after_dead = Below(3) == 0 ? model::AfterDead::kHold : model::AfterDead::kContinue;
        return;
      case 3:
        d.url = "http://" + d.name + ".test:" + std::to_string(80 + Below(3)) + "/hook" +
                std::to_string(Below(2));
        return;
      case 4:
        d.total_timeout = Millis(300 + Below(400));
        d.connect_timeout = Millis(100 + Below(200));
        return;
      case 5:
        d.concurrency = static_cast<uint32_t>(1 + Below(6));
        d.adaptive = Below(3) == 0;
        return;
      case 6:
        d.rate.reset();
        if (Below(3) == 0)
          d.rate = {20.0 + static_cast<double>(Below(500)), uint32_t(1 + Below(5))};
        return;
      case 7:
        return ChangeRetry(d.retry);
      case 8:
        return ChangeBreaker(d);
      case 9:
        d.disabling = {.on_gone = Below(4) != 0,
                       .failing_for = Millis(500 + Below(20'000)),
                       .when_retries_end = Below(6) == 0,
                       .drop_deliveries = Below(4) == 0};
        return;
      case 10:
        d.enabled = Below(8) != 0;
        return;
      case 11:
        d.success =
            Below(4) == 0 ? static_cast<model::SuccessRule>(Below(3)) : model::SuccessRule::k2xx;
        return;
      case 12:
        return ChangeHead(d);
      case 13:
        d.tls.verify = Below(2) == 0;
        d.description = std::to_string(Below(3));
        return;
      default:
        return;
    }
  }

  /// The first is told of the others: it gets no batches.
  void ChangeFormat(model::Destination& d, size_t i) {
    d.format = static_cast<model::Format>(Below(model::kFormatCount));
    if (i > 0 && Below(2) == 0) {
      d.format = Below(2) == 0 ? model::Format::kArray : model::Format::kCloudEventsBatch;
    }
    d.cloudevents_source = Below(2) == 0 ? "" : "/s" + std::to_string(Below(2));
    d.batch.reset();
    if (i == 0 || !codec::IsBatchFormat(d.format) || Below(4) == 0) return;
    d.batch = {.max_events = uint32_t(1 + Below(8)),
               .max_bytes = uint32_t(50 + Below(4000)),
               .max_wait = Millis(Below(200))};
  }

  void ChangeRetry(model::RetryPolicy& retry) {
    retry = {
        .retry_after_cap = std::chrono::seconds(1 + Below(3)),
        .budget = {.ratio = static_cast<double>(Below(8)) / 10,
                   .min_per_second = Below(3) == 0 ? 1.0 : 5.0 + static_cast<double>(Below(300))}};
    retry.jitter = Below(2) == 0 ? 0 : 0.5;
    if (Below(5) == 0) return;
    for (size_t n = Below(6); n > 0; --n) retry.delays.emplace_back(1 + Below(3000));
    if (Below(4) == 0) retry.max_age = Millis(1000 + Below(10'000));
  }

  void ChangeBreaker(model::Destination& d) {
    d.breaker.reset();
    if (Below(2) == 0) return;
    d.breaker.emplace();
    d.breaker->consecutive_failures = static_cast<uint32_t>(1 + Below(6));
    d.breaker->min_attempts = static_cast<uint32_t>(2 + Below(10));
    d.breaker->delay = Millis(10 + Below(3000));
    d.breaker->max_delay = d.breaker->delay * (1 + Below(8));
  }

  void ChangeHead(model::Destination& d) {
    d.headers.clear();
    if (Below(2) == 0) d.headers.push_back({"X-Route", base::Secret("r")});
    d.keys.clear();
    if (Below(2) == 0)
      d.keys.push_back({.name = "k", .secret = base::Secret(std::string(24, 's'))});
    d.signature.reset();
    if (!d.keys.empty() && Below(2) == 0)
      d.signature = model::HmacSignature{.header = "X-Signature"};
    switch (Below(3)) {
      case 0:
        d.authorization = std::monostate();
        return;
      case 1:
        d.authorization = model::BasicAuthorization{"u", base::Secret("p")};
        return;
      default:
        d.authorization = model::BearerAuthorization{base::Secret("b")};
    }
  }

  base::Random& random_;
};

}  // namespace carillon::delivery
