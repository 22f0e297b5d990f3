// Where spans go: by the file, or by the variables of the OpenTelemetry specification.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <string>

#include "fixtures.h"

namespace carillon::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;
using testing::StartsWith;

/// Reads texts among variables of its own.
class TracingConfig : public testing::Test {
 protected:
  void Set(const std::string& name, const std::string& value) { variables_[name] = value; }
  absl::StatusOr<Config> Parse(const std::string& members) const {
    const auto find = [this](const char* name) -> const char* {
      const auto found = variables_.find(name);
      return found == variables_.end() ? nullptr : found->second.c_str();
    };
    return ParseConfig("tracing: {" + members + "}\n", Secrets::kRead,
                       {.variable = find, .limits = {}});
  }
  resource::Tracing Read(const std::string& members = "") const {
    const auto config = Parse(members);
    EXPECT_TRUE(config.ok()) << config.status();
    return config.ok() ? config->tracing : resource::Tracing();
  }
  std::string Error(const std::string& members) const {
    return std::string(Parse(members).status().message());
  }

 private:
  std::map<std::string, std::string> variables_;
};

TEST_F(TracingConfig, NoSpansAreMadeUnlessSomebodyAsks) {
  EXPECT_EQ(Parsed("").tracing.endpoint, "");
  EXPECT_EQ(Read("protocol: http/protobuf").endpoint, "");
}

TEST_F(TracingConfig, TheFileSaysWhere) {
  const resource::Tracing grpc = Read("endpoint: 'http://collector:4317'");
  EXPECT_FALSE(grpc.by_http);
  EXPECT_EQ(grpc.url.host, "collector");
  EXPECT_EQ(grpc.url.port, 4317);
  EXPECT_EQ(grpc.sample_ratio, 1);
  EXPECT_EQ(grpc.timeout, std::chrono::seconds(10));
  EXPECT_EQ(grpc.interval, std::chrono::seconds(1));
  EXPECT_EQ(grpc.max_queue, 8192u);
  EXPECT_THAT(grpc.resource, ElementsAre(Pair("service.name", "carillon")));
  const resource::Tracing http = Read(
      "endpoint: 'https://c.example', protocol: http/protobuf, sample_ratio: 0.25, "
      "service_name: shop, headers: [{name: Api-Key, value: k}]");
  EXPECT_TRUE(http.by_http && http.url.tls);
  EXPECT_EQ(http.url.target, "/v1/traces");
  EXPECT_EQ(http.sample_ratio, 0.25);
  ASSERT_EQ(http.headers.size(), 1u);
  EXPECT_EQ(http.headers[0].value.Reveal(), "k");
  EXPECT_THAT(http.resource, ElementsAre(Pair("service.name", "shop")));
  EXPECT_EQ(Read("endpoint: 'http://c/otlp', protocol: http/protobuf").url.target, "/otlp");
}

TEST_F(TracingConfig, WhatIsWrongIsNamed) {
  EXPECT_THAT(Error("endpoint: 'collector:4317'"), StartsWith("tracing.endpoint: must be http"));
  EXPECT_THAT(Error("endpoint: 'http://c:4317/v1/traces'"),
              StartsWith("tracing.endpoint: must have no path"));
  EXPECT_THAT(Error("endpoint: 'http://u:hunter2@c'"), Not(HasSubstr("hunter2")));
  EXPECT_THAT(Error("protocol: http/json"), StartsWith("tracing.protocol: must be grpc or"));
  EXPECT_THAT(Error("sample_ratio: 2"), StartsWith("tracing.sample_ratio: must be 0 to 1"));
  for (const char* header : {"{name: grpc-x, value: v}", "{name: a-bin, value: v}",
                             "{name: 'a!', value: v}", "{name: a, value: 'é'}"}) {
    EXPECT_THAT(Error(std::string("headers: [") + header + "]"),
                StartsWith("tracing.headers[0]: must have a name"))
        << header;
  }
  EXPECT_THAT(Error("headers: [{name: host, value: v}]"), StartsWith("tracing.headers[0].name"));
}

TEST_F(TracingConfig, WhatTheFileLeavesOutTheVariablesSay) {
  Set("OTEL_EXPORTER_OTLP_ENDPOINT", "http://otel:4318/");
  Set("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf");
  Set("OTEL_EXPORTER_OTLP_HEADERS", "api-key=s%20k, x = y%3D");
  Set("OTEL_SERVICE_NAME", "bells");
  Set("OTEL_RESOURCE_ATTRIBUTES", "service.name=other,deployment.environment=a%2Cb");
  Set("OTEL_TRACES_SAMPLER", "parentbased_traceidratio");
  Set("OTEL_TRACES_SAMPLER_ARG", "0.5");
  const resource::Tracing read = Read();
  EXPECT_EQ(read.endpoint, "http://otel:4318/v1/traces");
  EXPECT_EQ(read.url.target, "/v1/traces");
  EXPECT_TRUE(read.by_http);
  ASSERT_EQ(read.headers.size(), 2u);
  EXPECT_EQ(read.headers[0].value.Reveal(), "s k");
  EXPECT_EQ(read.headers[1].value.Reveal(), "y=");
  EXPECT_THAT(read.resource,
              ElementsAre(Pair("service.name", "bells"), Pair("deployment.environment", "a,b")));
  EXPECT_EQ(read.sample_ratio, 0.5);

  const resource::Tracing file = Read(
      "endpoint: 'http://mine:1', protocol: grpc, sample_ratio: 1, service_name: s, "
      "headers: [{name: a, value: b}]");
  EXPECT_EQ(file.endpoint, "http://mine:1");
  EXPECT_FALSE(file.by_http);
  EXPECT_EQ(file.sample_ratio, 1);
  EXPECT_EQ(file.headers.size(), 1u);
  EXPECT_EQ(file.resource[0].second, "s");

  Set("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://traces:1/x");
  EXPECT_EQ(Read().url.target, "/x");
  Set("OTEL_TRACES_SAMPLER", "always_off");
  EXPECT_EQ(Read().sample_ratio, 0);
}

TEST_F(TracingConfig, WhatTheCollectorIsTrustedByAndShown) {
  const auto folder = TestFolder();
  WriteText(folder / "token", "Bearer t\n");
  const std::string token =
      "headers: [{name: authorization, secret: {file: '" + (folder / "token").string() + "'}}]";
  EXPECT_EQ(Read(token).headers.at(0).value.Reveal(), "Bearer t");
  EXPECT_FALSE(Read("endpoint: 'https://c', tls: {insecure_skip_verify: true}").tls.verify);
  EXPECT_TRUE(Read("endpoint: 'https://c', tls: {}").tls.verify);
  EXPECT_EQ(Error("endpoint: 'http://c', tls: {insecure_skip_verify: true}"),
            "tracing.tls: needs an https:// URL");
  EXPECT_THAT(Error("endpoint: 'https://c', tls: {ca_bundle: x}"),
              StartsWith("tracing.tls.ca_bundle.value: holds no PEM certificate"));
  EXPECT_THAT(Error("endpoint: 'https://c', tls: {ca_bundle: {file: '/no/ca.pem'}}"),
              StartsWith("tracing.tls.ca_bundle.file: "));
  WriteText(folder / "token", "é\n");
  EXPECT_THAT(Error(token), StartsWith("tracing.headers[0]: must have a name"));
}

TEST_F(TracingConfig, VariablesNameTheFilesOfTls) {
  Set("OTEL_EXPORTER_OTLP_CERTIFICATE", "/no/ca.pem");
  EXPECT_EQ(Error("endpoint: 'http://c'"), "");  // nobody uses them
  EXPECT_EQ(Error(""), "");
  EXPECT_EQ(Error("endpoint: 'https://c', tls: {}"), "");  // the file goes first
  EXPECT_THAT(Error("endpoint: 'https://c'"),
              StartsWith("tracing.tls.ca_bundle.file (from the variable "
                         "OTEL_EXPORTER_OTLP_CERTIFICATE): "));
  Set("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "/no/traces.pem");
  EXPECT_THAT(Error("endpoint: 'https://c'"),
              StartsWith("tracing.tls.ca_bundle.file (from the variable "
                         "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE): "));
  Set("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "");
  Set("OTEL_EXPORTER_OTLP_CERTIFICATE", "");
  Set("OTEL_EXPORTER_OTLP_CLIENT_KEY", "/no/key.pem");
  EXPECT_EQ(Error("endpoint: 'https://c'"),
            "tracing.tls (from the variable OTEL_EXPORTER_OTLP_CLIENT_KEY): needs a "
            "client_certificate for the client_key");
  Set("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "/no/client.pem");
  EXPECT_THAT(Error("endpoint: 'https://c'"),
              StartsWith("tracing.tls.client_certificate.file (from the variable "
                         "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE): "));
}

TEST_F(TracingConfig, TheVariablesCanSwitchThemselvesOff) {
  Set("OTEL_EXPORTER_OTLP_ENDPOINT", "http://otel:4317");
  EXPECT_EQ(Read().endpoint, "http://otel:4317");
  Set("OTEL_SDK_DISABLED", "TRUE");
  EXPECT_EQ(Read().endpoint, "");
  Set("OTEL_SDK_DISABLED", "");
  Set("OTEL_TRACES_EXPORTER", "none");
  EXPECT_EQ(Read().endpoint, "");
}

TEST_F(TracingConfig, WrongVariablesAreNamedWithoutTheirValues) {
  Set("OTEL_EXPORTER_OTLP_HEADERS", "hunter2");
  Set("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json");
  EXPECT_EQ(Error(""), "");  // nobody uses them
  Set("OTEL_EXPORTER_OTLP_ENDPOINT", "http://otel:4317");
  EXPECT_THAT(Error(""), HasSubstr("tracing.protocol (from the variable "
                                   "OTEL_EXPORTER_OTLP_PROTOCOL): must be grpc or http/protobuf"));
  EXPECT_THAT(Error("protocol: http/json"), HasSubstr("tracing.protocol: must be"));
  EXPECT_THAT(Error(""), Not(HasSubstr("hunter2")));
  Set("OTEL_EXPORTER_OTLP_PROTOCOL", "");
  EXPECT_EQ(Error(""),
            "tracing.headers (from the variable OTEL_EXPORTER_OTLP_HEADERS): must be "
            "NAME=VALUE,NAME=VALUE");
  Set("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "host=hunter2");
  EXPECT_THAT(Error(""), StartsWith("tracing.headers[0].name (from the variable "
                                    "OTEL_EXPORTER_OTLP_TRACES_HEADERS): "));
  EXPECT_THAT(Error(""), Not(HasSubstr("hunter2")));
  Set("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "a=b");
  Set("OTEL_TRACES_SAMPLER", "traceidratio");
  Set("OTEL_TRACES_SAMPLER_ARG", "half");
  EXPECT_EQ(Error(""), "tracing.sample_ratio: OTEL_TRACES_SAMPLER_ARG must be 0 to 1");
  Set("OTEL_TRACES_SAMPLER", "");
  Set("OTEL_EXPORTER_OTLP_ENDPOINT", "otel:4317");
  EXPECT_THAT(Error(""), StartsWith("tracing.endpoint (from the variable "
                                    "OTEL_EXPORTER_OTLP_ENDPOINT): must be http"));
}

TEST_F(TracingConfig, AFileIsReadAmongTheProcesssVariablesAndATextAmongNone) {
  ::setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://otel:4317", 1);
  const auto path = TestFolder() / "carillon.yaml";
  WriteText(path, "tracing: {sample_ratio: 1}\n");
  const auto config = LoadConfig(path);
  const Config text = Parsed("tracing: {sample_ratio: 1}\n");
  ::unsetenv("OTEL_EXPORTER_OTLP_ENDPOINT");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->tracing.endpoint, "http://otel:4317");
  EXPECT_EQ(text.tracing.endpoint, "");
}

}  // namespace
}  // namespace carillon::config
