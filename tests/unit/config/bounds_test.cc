// Every bound and default of the settings and destinations: the last value inside, the first
// outside.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "fixtures.h"

namespace carillon::config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::StartsWith;

struct Bound {
  const char* section;
  const char* member;
  std::vector<std::string> good;
  std::vector<std::string> bad;
};

const Bound kSettings[] = {
    {"server", "max_payload_bytes", {"1KiB", "1024", "16MiB"}, {"1023", "16777217", "0"}},
    {"server", "max_batch_events", {"1", "1000"}, {"0", "1001"}},
    {"server", "max_waiting_bytes", {"1MiB", "4GiB"}, {"1048575", "4294967297"}},
    {"server", "shutdown_grace", {"0s", "10m"}, {"600001ms", "11m"}},
    {"server", "log_level", {"debug", "info", "warn", "error"}, {"INFO", "trace", "''"}},
    {"server",
     "publish_address",
     {"127.0.0.1:0", "127.1.2.3:65535", "'[::1]:7080'", "localhost:80"},
     {"''", "':7080'", "127.0.0.1", "'127.0.0.1:'", "127.0.0.1:65536", "example.com:80", "'::1:80'",
      "'[::1]'", "256.0.0.1:80", "127.0.0.1:-1", "'127.0.0.1: 80'"}},
    {"server", "admin_address", {"127.0.0.1:9"}, {"''", "host:80"}},
    {"server", "max_message_bytes", {"256KiB", "32MiB"}, {"4095", "65MiB", "255KiB"}},
    {"server", "max_publish_memory_bytes", {"64MiB", "64GiB"}, {"63MiB", "65GiB"}},
    {"server", "max_publisher_connections", {"1", "65536"}, {"0", "65537"}},
    {"server", "max_publisher_connections_per_peer", {"1", "65536"}, {"0", "65537"}},
    {"server", "max_calls", {"1", "1048576"}, {"0", "1048577"}},
    {"server", "max_calls_per_connection", {"1", "65536"}, {"0", "65537"}},
    {"server", "max_streams", {"1", "65536"}, {"0", "65537"}},
    {"server", "max_streams_per_peer", {"1", "65536"}, {"0", "65537"}},
    {"server", "max_stream_idle", {"0s", "1s", "7d"}, {"999ms", "169h"}},
    {"server", "min_publisher_ping", {"1s", "10m"}, {"999ms", "0s", "601s"}},
    {"server", "publisher_ping", {"0s", "1s", "2h"}, {"1ms", "121m"}},
    {"server", "publisher_ping_timeout", {"1s", "10m"}, {"0s", "601s"}},
    {"server", "max_publisher_connection_age", {"0s", "1s", "30d"}, {"999ms", "721h"}},
    {"server", "publisher_connection_grace", {"1s", "24h"}, {"0s", "25h"}},
    {"journal", "data_dir", {"x", "/var/lib/carillon"}, {"''", "\"a\\0b\""}},
    {"journal", "deduplication_age", {"0s", "30d"}, {"721h"}},
    {"journal", "deduplication_ids", {"0", "64000000"}, {"64000001"}},
    {"journal", "retention_age", {"1m", "3653d"}, {"59s", "3654d"}},
    {"journal", "retention_bytes", {"1MiB", "1024TiB"}, {"1048575", "1025TiB"}},
    {"journal", "min_free_bytes", {"0", "1024TiB"}, {"1025TiB"}},
    {"journal", "kept_age", {"1m", "3653d"}, {"59s", "3654d"}},
    {"journal", "kept_bytes", {"1MiB", "1024TiB"}, {"1048575", "1025TiB"}},
    {"journal", "kept_events", {"1", "100000000"}, {"0", "100000001"}},
    {"journal", "kept_total_bytes", {"1MiB", "1024TiB"}, {"1048575", "1025TiB"}},
    {"journal", "kept_total_events", {"1", "100000000"}, {"0", "100000001"}},
    {"delivery", "threads", {"1", "64"}, {"0", "65"}},
    {"delivery", "max_memory_bytes", {"1MiB", "16GiB"}, {"1048575", "17GiB"}},
    {"delivery", "max_lane_bytes", {"64KiB", "1GiB"}, {"65535", "1025MiB"}},
    {"delivery", "idle_connection_timeout", {"1s", "10m"}, {"999ms", "601s"}},
    {"delivery", "max_response_head_bytes", {"1KiB", "1MiB"}, {"1023", "1025KiB"}},
    {"tracing", "protocol", {"grpc", "http/protobuf"}, {"http", "http/json", "GRPC"}},
    {"tracing", "sample_ratio", {"0", "0.01", "1"}, {"-0.1", "1.1", ".nan"}},
    {"audit", "retention_age", {"24h", "3653d"}, {"23h", "3654d"}},
    {"audit", "retention_bytes", {"1MiB", "128MiB"}, {"1048575", "129MiB"}},
    {"delivery_log", "details", {"failures", "all", "none"}, {"some"}},
    {"delivery_log", "body_bytes", {"0", "64KiB"}, {"65KiB"}},
    {"delivery_log", "retention_age", {"1h", "3653d"}, {"59m", "3654d"}},
    {"delivery_log", "retention_bytes", {"16MiB", "1024TiB"}, {"15MiB", "1025TiB"}},
    {"statistics", "minute_retention_age", {"1h", "31d"}, {"59m", "32d"}},
    {"statistics", "hour_retention_age", {"1d", "3653d"}, {"23h", "3654d"}},
    {"statistics", "retention_bytes", {"1MiB", "1024TiB"}, {"1023KiB", "1025TiB"}},
    {"tracing", "timeout", {"100ms", "60s"}, {"99ms", "61s"}},
    {"tracing", "interval", {"10ms", "60s"}, {"9ms", "61s"}},
    {"tracing", "max_queue", {"1", "1000000"}, {"0", "1000001"}},
    {"resolver", "timeout", {"100ms", "30s"}, {"99ms", "31s"}},
    {"resolver", "attempts", {"1", "5"}, {"0", "6"}},
    {"resolver", "ttl_min", {"0s", "1h"}, {"3601s"}},
    {"resolver", "ttl_max", {"5s", "24h"}, {"999ms", "25h"}},
    {"resolver", "negative_ttl", {"1s", "5m"}, {"999ms", "301s"}},
    {"resolver", "stale", {"0s", "24h"}, {"25h"}},
};

TEST(Bounds, Settings) {
  for (const Bound& bound : kSettings) {
    const std::string place = std::string(bound.section) + "." + bound.member;
    const auto yaml = [&](const std::string& value) {
      return std::string(bound.section) + ": {" + bound.member + ": " + value + "}";
    };
    for (const std::string& value : bound.good) EXPECT_EQ(Refusal(yaml(value)), "") << value;
    for (const std::string& value : bound.bad) {
      EXPECT_THAT(Refusal(yaml(value)), StartsWith(place + ": must be ")) << value;
    }
  }
}

TEST(Bounds, MessagesFitIntoWhatHoldsThem) {
  EXPECT_EQ(Parsed("server: {max_payload_bytes: 16MiB}").server.max_message_bytes(), 32u << 20);
  EXPECT_EQ(Parsed("server: {max_message_bytes: 64MiB}").server.max_publish_memory_bytes(),
            256u << 20);
  EXPECT_EQ(Refusal("server: {max_payload_bytes: 1MiB, max_message_bytes: 512KiB}"),
            "server.max_message_bytes: must be at least max_payload_bytes");
  EXPECT_EQ(Refusal("server: {max_message_bytes: 64MiB, max_publish_memory_bytes: 255MiB}"),
            "server.max_publish_memory_bytes: must be at least four times max_message_bytes");
}

TEST(Bounds, SettingsAreKept) {
  const Config config = Parsed(
      "server: {max_payload_bytes: 2MiB, shutdown_grace: 1500ms, log_level: warn}\n"
      "journal: {min_free_bytes: 0, deduplication_ids: 0}\n"
      "delivery: {threads: 3}\n");
  EXPECT_EQ(config.server.max_payload_bytes(), 2u << 20);
  EXPECT_EQ(config.server.shutdown_grace().seconds(), 1);
  EXPECT_EQ(config.server.shutdown_grace().nanos(), 500'000'000);
  EXPECT_EQ(config.server.log_level(), v1::LOG_LEVEL_WARN);
  EXPECT_EQ(config.journal.min_free_bytes(), 0u);
  EXPECT_EQ(config.journal.deduplication_ids(), 0u);
  EXPECT_EQ(config.delivery.threads(), 3u);
}

TEST(Bounds, DefaultsOfSettings) {
  const Config config = Parsed("");
  EXPECT_EQ(config.server.publish_address(), "127.0.0.1:7080");
  EXPECT_EQ(config.server.admin_address(), "127.0.0.1:7081");
  EXPECT_EQ(config.server.max_payload_bytes(), 256u << 10);
  EXPECT_EQ(config.server.max_batch_events(), 1000u);
  EXPECT_EQ(config.server.max_waiting_bytes(), 64u << 20);
  EXPECT_EQ(config.server.shutdown_grace().seconds(), 20);
  EXPECT_EQ(config.server.log_level(), v1::LOG_LEVEL_INFO);
  EXPECT_EQ(config.journal.data_dir(), "carillon-data");
  EXPECT_EQ(config.journal.deduplication_age().seconds(), 24 * 3600);
  EXPECT_EQ(config.journal.deduplication_ids(), 4'000'000u);
  EXPECT_EQ(config.journal.retention_age().seconds(), 72 * 3600);
  EXPECT_EQ(config.journal.retention_bytes(), 10ull << 30);
  EXPECT_EQ(config.journal.min_free_bytes(), 256u << 20);
  EXPECT_EQ(config.journal.kept_age().seconds(), 14 * 24 * 3600);
  EXPECT_EQ(config.journal.kept_bytes(), 1ull << 30);
  EXPECT_EQ(config.journal.kept_events(), 1'000'000u);
  EXPECT_EQ(config.journal.kept_total_bytes(), 5ull << 30);
  EXPECT_EQ(config.journal.kept_total_events(), 4'000'000u);
  const Config small = Parsed("journal: {retention_bytes: 1MiB}");
  EXPECT_EQ(small.journal.kept_bytes(), 1u << 20);
  EXPECT_EQ(small.journal.kept_total_bytes(), 5u << 20);
  EXPECT_GE(config.delivery.threads(), 1u);
  EXPECT_LE(config.delivery.threads(), 64u);
  EXPECT_EQ(config.delivery.max_memory_bytes(), 64u << 20);
  EXPECT_EQ(config.delivery.max_lane_bytes(), 4u << 20);
  EXPECT_EQ(config.delivery.idle_connection_timeout().seconds(), 30);
  EXPECT_EQ(config.delivery.max_response_head_bytes(), 64u << 10);
}

TEST(Bounds, DefaultsOfTheResolver) {
  const v1::ResolverSettings resolver = Parsed("").resolver;
  EXPECT_EQ(resolver.servers_size(), 0);
  EXPECT_EQ(resolver.timeout().seconds(), 1);
  EXPECT_EQ(resolver.timeout().nanos(), 500'000'000);
  EXPECT_EQ(resolver.attempts(), 2u);
  EXPECT_EQ(resolver.ttl_min().seconds(), 5);
  EXPECT_EQ(resolver.ttl_max().seconds(), 300);
  EXPECT_EQ(resolver.negative_ttl().seconds(), 5);
  EXPECT_EQ(resolver.stale().seconds(), 3600);
  EXPECT_EQ(Parsed("resolver: {ttl_min: 1h}").resolver.ttl_max().seconds(), 3600);
  EXPECT_EQ(Refusal("resolver: {ttl_min: 20s, ttl_max: 10s}"),
            "resolver.ttl_max: must not be shorter than ttl_min");
}

TEST(Bounds, NameServers) {
  EXPECT_EQ(Refusal("resolver: {servers: [127.0.0.1, '127.0.0.1:5353', '::1', '[::1]:53']}"), "");
  for (const char* bad : {"localhost:53", "ns.example", "''", "127.0.0.1:0", "'127.0.0.1:'",
                          "'[::1]'", "'::1:53:'", "127.0.0.1:65536"}) {
    EXPECT_EQ(Refusal("resolver: {servers: [127.0.0.1, " + std::string(bad) + "]}"),
              "resolver.servers[1]: must be an address, or ADDRESS:PORT, an IPv6 address then in "
              "brackets")
        << bad;
  }
  EXPECT_EQ(
      Refusal(
          "resolver: {servers: ['::1', '::1', '::1', '::1', '::1', '::1', '::1', '::1', '::1']}"),
      "resolver.servers: must be at most 8");
}

TEST(Bounds, DefaultsOfADestination) {
  const model::Destination d = Parsed(WithDestination("")).destinations.at(0);
  model::Destination expected;
  expected.tenant = "default";
  expected.name = "d";
  expected.url = "http://h/";
  expected.retry.delays = {seconds(5), minutes(5), minutes(30), hours(2), hours(5),
                           hours(10),  hours(14),  hours(20),   hours(24)};
  EXPECT_TRUE(d == expected);
  EXPECT_EQ(d.connect_timeout, seconds(5));
  EXPECT_EQ(d.total_timeout, seconds(15));
  EXPECT_EQ(d.concurrency, 32u);
  EXPECT_EQ(d.retry.jitter, 0.2);
}

TEST(Bounds, DestinationMembersAreKept) {
  const model::Destination d =
      Parsed(WithDestination("description: x, format: array, success: below_400, "
                             "timeouts: {connect: 10ms, total: 20ms}, concurrency: 1024, "
                             "retry: {delays: [0s, 30d], jitter: 1}"))
          .destinations.at(0);
  EXPECT_EQ(d.description, "x");
  EXPECT_EQ(d.format, model::Format::kArray);
  EXPECT_EQ(d.success, model::SuccessRule::kBelow400);
  EXPECT_EQ(d.connect_timeout, milliseconds(10));
  EXPECT_EQ(d.total_timeout, milliseconds(20));
  EXPECT_EQ(d.concurrency, 1024u);
  EXPECT_EQ(d.retry.delays, (std::vector<milliseconds>{milliseconds(0), hours(720)}));
  EXPECT_EQ(d.retry.jitter, 1.0);
  const auto other = Parsed(WithDestination("format: payload, success: any_response"));
  EXPECT_EQ(other.destinations[0].format, model::Format::kPayload);
  EXPECT_EQ(other.destinations[0].success, model::SuccessRule::kAnyResponse);
  const auto plain = Parsed(WithDestination("format: standard, success: 2xx"));
  EXPECT_EQ(plain.destinations[0].format, model::Format::kStandard);
  EXPECT_EQ(plain.destinations[0].success, model::SuccessRule::k2xx);
}

TEST(Bounds, FormatsOfCloudEvents) {
  const std::pair<std::string, model::Format> formats[] = {
      {"cloudevents", model::Format::kCloudEvents},
      {"cloudevents_batch", model::Format::kCloudEventsBatch},
      {"cloudevents_binary", model::Format::kCloudEventsBinary}};
  for (const auto& [name, format] : formats) {
    const auto plain = Parsed(WithDestination("format: " + name));
    EXPECT_EQ(plain.destinations[0].format, format);
    EXPECT_EQ(plain.destinations[0].cloudevents_source, "");
    const auto own =
        Parsed(WithDestination("format: " + name + ", cloudevents_source: 'urn:x:%2f?a=[1]'"));
    EXPECT_EQ(own.destinations[0].cloudevents_source, "urn:x:%2f?a=[1]");
  }
  const auto refusal = [](const std::string& source) {
    return Refusal(WithDestination("format: cloudevents, cloudevents_source: " + source));
  };
  EXPECT_EQ(refusal(std::string(1024, 'x')), "");
  for (const std::string& source : {std::string("''"), std::string(1025, 'x'), std::string("'a b'"),
                                    std::string("'%4'"), std::string("'%zz'"), std::string("é"),
                                    std::string("\"a\\r\\nb\""), std::string("'<a>'")}) {
    EXPECT_EQ(refusal(source),
              "destinations[0].cloudevents_source: must be a URI reference of 1 to 1024 bytes");
  }
  EXPECT_EQ(Refusal(WithDestination("cloudevents_source: /x")),
            "destinations[0].cloudevents_source: needs the format cloudevents, cloudevents_batch "
            "or cloudevents_binary");
}

std::string Delays(int count) {
  std::string text = "retry: {delays: [1s";
  for (int i = 1; i < count; ++i) text += ", 1s";
  return text + "]}";
}

TEST(Bounds, Destinations) {
  constexpr char kOneSchedule[] = "retry: must have at most one of none, delays, exponential";
  const std::string long_text(1024, 'x');
  const std::pair<std::string, std::string> cases[] = {
      {"description: " + long_text, ""},
      {"description: " + long_text + "x", "description: must be at most 1024 bytes"},
      {"concurrency: 1", ""},
      {"concurrency: 0", "concurrency: must be 1 to 1024"},
      {"concurrency: 1025", "concurrency: must be 1 to 1024"},
      {"timeouts: {total: 120s}", ""},
      {"timeouts: {total: 120001ms}", "timeouts.total: must be 10ms to 2m"},
      {"timeouts: {total: 9ms}", "timeouts.total: must be 10ms to 2m"},
      {"timeouts: {connect: 60s, total: 60s}", ""},
      {"timeouts: {connect: 60001ms, total: 120s}", "timeouts.connect: must be 10ms to 1m"},
      {"timeouts: {connect: 9ms}", "timeouts.connect: must be 10ms to 1m"},
      {"timeouts: {connect: 3s, total: 2s}",
       "timeouts.connect: must not be longer than total (2s)"},
      {"timeouts: {connect: 16s}",
       "timeouts.connect: must not be longer than total (by default 15s)"},
      {"retry: {jitter: 0}", ""},
      {"retry: {jitter: 1.0}", ""},
      {"retry: {jitter: 1.01}", "retry.jitter: must be 0 to 1"},
      {"retry: {jitter: -0.1}", "retry.jitter: must be 0 to 1"},
      {"retry: {delays: [30d]}", ""},
      {"retry: {delays: [1s, 721h]}", "retry.delays.items[1]: must be 0s to 30d"},
      {Delays(64), ""},
      {Delays(65), "retry.delays.items: must be at most 64"},
      {"retry: {none: true}", ""},
      {"retry: {none: false, delays: [1s]}", ""},
      {"retry: {delays: [1s], none: false}", ""},
      {"retry: {none: true, delays: null}", ""},
      {"retry: {none: true, delays: [1s]}", kOneSchedule},
      {"retry: {none: true, exponential: {}}", kOneSchedule},
      {"retry: {delays: [1s], exponential: {}}", kOneSchedule},
      {"retry: {exponential: {first: 1ms, factor: 1, cap: 1ms, attempts: 2}}", ""},
      {"retry: {exponential: {first: 30d, factor: 10, cap: 30d, attempts: 200}}", ""},
      {"retry: {exponential: {first: 0s}}", "retry.exponential.first: must be 1ms to 30d"},
      {"retry: {exponential: {first: 721h}}", "retry.exponential.first: must be 1ms to 30d"},
      {"retry: {exponential: {factor: 0.99}}", "retry.exponential.factor: must be 1 to 10"},
      {"retry: {exponential: {factor: 10.01}}", "retry.exponential.factor: must be 1 to 10"},
      {"retry: {exponential: {cap: 721h}}", "retry.exponential.cap: must be 1ms to 30d"},
      {"retry: {exponential: {cap: 4999ms}}",
       "retry.exponential.cap: must not be shorter than first (by default 5s)"},
      {"retry: {exponential: {first: 2s, cap: 1s}}",
       "retry.exponential.cap: must not be shorter than first (2s)"},
      {"retry: {exponential: {attempts: 1}}", "retry.exponential.attempts: must be 2 to 200"},
      {"retry: {exponential: {attempts: 201}}", "retry.exponential.attempts: must be 2 to 200"},
      {"retry: {budget: {ratio: 0, min_per_second: 0.01}}", ""},
      {"retry: {budget: {ratio: 10, min_per_second: 100000}}", ""},
      {"retry: {budget: {ratio: 10.1}}", "retry.budget.ratio: must be 0 to 10"},
      {"retry: {budget: {ratio: -1}}", "retry.budget.ratio: must be 0 to 10"},
      {"retry: {budget: {min_per_second: 0}}",
       "retry.budget.min_per_second: must be 0.01 to 100000"},
      {"retry: {budget: {min_per_second: 100001}}",
       "retry.budget.min_per_second: must be 0.01 to 100000"},
      {"retry: {retry_after_cap: 1s}", ""},
      {"retry: {retry_after_cap: 7d}", ""},
      {"retry: {retry_after_cap: 999ms}", "retry.retry_after_cap: must be 1s to 7d"},
      {"retry: {retry_after_cap: 8d}", "retry.retry_after_cap: must be 1s to 7d"},
      {"retry: {max_age: 1s}", ""},
      {"retry: {none: true, max_age: 365d}", ""},
      {"retry: {max_age: 999ms}", "retry.max_age: must be 1s to 365d"},
      {"retry: {max_age: 366d}", "retry.max_age: must be 1s to 365d"},
  };
  for (const auto& [members, error] : cases) {
    const std::string refusal = Refusal(WithDestination(members));
    if (error.empty()) {
      EXPECT_EQ(refusal, "") << members;
    } else {
      EXPECT_THAT(refusal, StartsWith("destinations[0]." + error)) << members;
    }
  }
}

TEST(Bounds, ConnectIsNeverLongerThanTotal) {
  EXPECT_EQ(Parsed(WithDestination("timeouts: {total: 2s}")).destinations[0].connect_timeout,
            seconds(2));
  EXPECT_EQ(Parsed(WithDestination("timeouts: {total: 8s}")).destinations[0].connect_timeout,
            seconds(5));
}

TEST(Bounds, RetryNoneMeansNoDelays) {
  EXPECT_TRUE(Parsed(WithDestination("retry: {none: true}")).destinations[0].retry.delays.empty());
}

TEST(Bounds, ExponentialRetriesBecomeDelays) {
  const auto retry = [](const std::string& text) {
    return Parsed(WithDestination("retry: " + text)).destinations[0].retry;
  };
  EXPECT_EQ(retry("{exponential: {first: 1s, factor: 3, cap: 10s, attempts: 5}}").delays,
            (std::vector<milliseconds>{seconds(1), seconds(3), seconds(9), seconds(10)}));
  const auto defaults = retry("{exponential: {}}");
  ASSERT_EQ(defaults.delays.size(), 11u);
  EXPECT_EQ(defaults.delays[0], seconds(5));
  EXPECT_EQ(defaults.delays[1], seconds(10));
  EXPECT_EQ(defaults.delays[10], hours(1));
  EXPECT_EQ(defaults.max_age, std::nullopt);
  EXPECT_EQ(retry("{exponential: {first: 2h, attempts: 3}}").delays,
            (std::vector<milliseconds>{hours(2), hours(2)}));
  EXPECT_EQ(retry("{max_age: 5d}").max_age, hours(120));
  EXPECT_EQ(defaults.retry_after_cap, hours(1));
  EXPECT_TRUE(defaults.budget == (model::RetryBudget{.ratio = 0.2, .min_per_second = 1}));
  EXPECT_TRUE(retry("{budget: {ratio: 0.5, min_per_second: 20}}").budget ==
              (model::RetryBudget{.ratio = 0.5, .min_per_second = 20}));
  EXPECT_EQ(retry("{retry_after_cap: 2m}").retry_after_cap, std::chrono::minutes(2));
}

TEST(Bounds, NamesAndUrlsOfDestinations) {
  const auto one = [](const std::string& name, const std::string& url) {
    return Refusal("destinations: [{name: '" + name + "', url: '" + url + "'}]");
  };
  for (const std::string& name : {std::string("a"), std::string("0-a"), std::string(63, 'x')}) {
    EXPECT_EQ(one(name, "http://h"), "") << name;
  }
  for (const std::string& name : {std::string(), std::string("-a"), std::string("a-"),
                                  std::string("A"), std::string("a_b"), std::string(64, 'x')}) {
    EXPECT_THAT(one(name, "http://h"), StartsWith("destinations[0].name: must be 1-63")) << name;
  }
  EXPECT_EQ(one("a", "ftp://h/"), "destinations[0].url: must start with http:// or https://");
  EXPECT_EQ(one("a", "http://h/" + std::string(2048 - 9, 'x')), "");
  EXPECT_THAT(one("a", "http://h/" + std::string(2048 - 8, 'x')),
              StartsWith("destinations[0].url: "));
  EXPECT_THAT(one("a", "http://user:pass@h/"), StartsWith("destinations[0].url: "));
  EXPECT_THAT(Refusal("destinations: [{name: a}]"), StartsWith("destinations[0].url: "));
}

TEST(Bounds, NumbersOfThings) {
  const auto list = [](const char* member, int count, const char* element) {
    std::string yaml = std::string(member) + ":\n";
    for (int i = 0; i < count; ++i) yaml += std::string("- ") + element + "\n";
    return yaml;
  };
  EXPECT_EQ(Refusal(list("event_types", 10'001, "{}")), "event_types: must be at most 10000");
  EXPECT_EQ(Refusal(list("destinations", 100'001, "{}")), "destinations: must be at most 100000");
  EXPECT_EQ(Refusal(list("subscriptions", 100'001, "{}")), "subscriptions: must be at most 100000");
}

}  // namespace
}  // namespace carillon::config
