// Values to messages and back: nothing is lost, and no secret is left where it is not to be.

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <set>

#include "carillon/resource/read_one.h"
#include "carillon/resource/to_message.h"
#include "certificates.h"
#include "fixtures.h"

namespace carillon::config {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using testing::HasSubstr;
using testing::Not;

/// A PEM text as a YAML string.
std::string InQuotes(std::string text) {
  for (size_t at = 0; (at = text.find('\n', at)) != text.npos; at += 2) text.replace(at, 1, "\\n");
  return "\"" + text + "\"";
}

/// Every member of a destination and of a filter, in two or three variants.
std::string Everything() {
  const http::TestCa ca;
  const http::PemPair client = ca.Client("me");
  const std::string tls = "tls: {ca_bundle: " + InQuotes(ca.Pem()) +
                          ", client_certificate: " + InQuotes(client.certificate) +
                          ", client_key: " + InQuotes(client.key) + "}";
  return R"(
event_types: [{name: order.paid}]
destinations:
  - name: plain
    url: https://example.com/plain
    unsigned_requests: true
  - name: tenants/acme/destinations/full
    url: https://example.com/full
    display_name: Everything
    labels: {team: billing, example.com/tier: ""}
    annotations: {note: any text}
    description: all of it
    format: cloudevents_batch
    cloudevents_source: /a/b
    timeouts: {connect: 1s, total: 90s}
    concurrency: 7
    retry:
      exponential: {first: 1s, factor: 1.5, cap: 2h, attempts: 190}
      jitter: 0.5
      max_age: 30d
      retry_after_cap: 2h
      budget: {ratio: 0.7, min_per_second: 3}
    success: below_400
    keys:
      - {name: old, secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw, expire_time: "2030-01-01T00:00:00Z"}
      - {name: new, secret: whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX}
    headers: [{name: X-One, secret: s3cret-header}, {name: X-Two}, {name: X-Three, value: shown}]
    signature: {header: X-Sig, algorithm: sha512, encoding: base64, prefix: "p=", template: "{body}"}
    authorization:
      oauth2:
        token_url: https://example.com/token
        client_id: me
        client_secret: s3cret-oauth
        client_authentication: body
        scope: a b
        audience: them
        )" +
         tls + R"(
    )" + tls +
         R"(
    order: {by: key, after_dead: hold}
    batch: {max_events: 9, max_bytes: 2KiB, max_wait: 3s}
    rate: {per_second: 2.5, burst: 4}
    adaptive_concurrency: true
    breaker: {consecutive_failures: 3, failure_rate: 0, min_attempts: 5, window: 2m, delay: 3s, max_delay: 2h}
    disabling: {on_gone: false, failing_for: 3d, when_retries_end: true, deliveries: dead}
    disabled: true
  - name: other
    url: https://example.com/other
    format: payload
    retry: {none: true}
    success: any_response
    breaker: {off: true}
    disabling: {never: true}
    order: {by: strict}
    authorization: {basic: {user: u, password: s3cret-basic}}
    tls: {insecure_skip_verify: true}
  - name: listed
    url: http://example.com/listed
    retry: {delays: [0s, 3s, 30d]}
    authorization: {bearer: {token: s3cret-bearer-of-more-than-32-bytes-0A}}
subscriptions:
  - {name: all, types: ['*', order.paid], destinations: [plain, other]}
  - name: tenants/acme/subscriptions/filtered
    display_name: Some
    description: some of it
    disabled: true
    labels: {a: b}
    annotations: {c: "d e"}
    types: [session.*]
    destinations: [full]
    filter:
      all:
        - {attribute: region, equals: eu}
        - {payload: a.b, one_of: [1, -0.50, 12e30, true, "1", 0]}
        - {not: {payload_path: ["x.y", ""], exists: true}}
        - any: [{payload: c, prefix: p}, {payload: d, exists: false}]
)";
}

TEST(RoundTrip, WhatIsWrittenBackIsTheSame) {
  const Config config = Parsed(Everything());
  v1::Config message;
  message.add_event_types()->set_name("order.paid");
  for (const auto& d : config.destinations) *message.add_destinations() = resource::ToMessage(d);
  for (const auto& s : config.subscriptions) *message.add_subscriptions() = resource::ToMessage(s);
  resource::NoReferences references;
  resource::Errors errors(references);
  const resource::Config again = resource::Validate(message, {}, errors);
  EXPECT_EQ(errors.ToString(), "");
  ASSERT_EQ(again.destinations.size(), config.destinations.size());
  for (size_t i = 0; i < again.destinations.size(); ++i) {
    EXPECT_TRUE(again.destinations[i] == config.destinations[i]) << config.destinations[i].name;
    EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(
        resource::ToMessage(again.destinations[i]), message.destinations(static_cast<int>(i))));
  }
  EXPECT_TRUE(again.subscriptions == config.subscriptions);
}

/// Adds all message types that a message leads to.
void Collect(const Descriptor& type, std::set<const Descriptor*>& types) {
  if (!types.insert(&type).second) return;
  for (int i = 0; i < type.field_count(); ++i) {
    if (const Descriptor* next = type.field(i)->message_type()) Collect(*next, types);
  }
}

TEST(RoundTrip, EveryTextMemberIsKnownToBeASecretOrNone) {
  // A new member is added here, or has the option `rule.secret`.
  const std::set<std::string> shown = {"AccessSettings.public_url",
                                       "AccessSettings.trusted_proxies",
                                       "CertificateIdentity.event_types",
                                       "CertificateIdentity.subject",
                                       "CertificateIdentity.tenants",
                                       "ConsoleSettings.embed_origins",
                                       "ConsoleSettings.file",
                                       "JsonWebKeySet.url",
                                       "Tenant.disable_reason",
                                       "AccessToken.event_types",
                                       "AccessToken.name",
                                       "AccessToken.sha256",
                                       "AccessToken.tenants",
                                       "Basic.user",
                                       "AnnotationsEntry.key",
                                       "AnnotationsEntry.value",
                                       "Destination.display_name",
                                       "Destination.etag",
                                       "Destination.uid",
                                       "Key.etag",
                                       "Key.public_key",
                                       "Key.uid",
                                       "LabelsEntry.key",
                                       "LabelsEntry.value",
                                       "Origin.location",
                                       "Subscription.description",
                                       "Subscription.display_name",
                                       "Subscription.etag",
                                       "Subscription.uid",
                                       "Destination.cloudevents_source",
                                       "Destination.description",
                                       "Destination.name",
                                       "Destination.url",
                                       "EventType.description",
                                       "EventType.display_name",
                                       "EventType.documentation_url",
                                       "EventType.etag",
                                       "EventType.name",
                                       "EventType.sample",
                                       "EventType.tags",
                                       "EventType.uid",
                                       "JsonSchema.digest",
                                       "JsonSchema.schema",
                                       "ProtobufSchema.descriptor_set",
                                       "ProtobufSchema.descriptor_set_file",
                                       "ProtobufSchema.digest",
                                       "ProtobufSchema.message",
                                       "Filter.attribute",
                                       "Filter.payload",
                                       "Filter.payload_path",
                                       "Filter.prefix",
                                       "GuardSettings.allow_networks",
                                       "GuardSettings.allow_ports",
                                       "GuardSettings.nat64_prefixes",
                                       "Header.name",
                                       "Header.value",
                                       "Pem.file",
                                       "Pem.subject",
                                       "Pem.value",
                                       "Secret.env",
                                       "Secret.file",
                                       "Secret.last_characters",
                                       "JournalSettings.data_dir",
                                       "JwtIssuer.issuer",
                                       "JwtIssuer.audience",
                                       "JwtIssuer.tenant_claim",
                                       "JwtIssuer.role_claim",
                                       "JwtRole.value",
                                       "JsonWebKeySet.value",
                                       "JsonWebKeySet.file",
                                       "DestinationStatus.message",
                                       "DestinationStatus.principal",
                                       "OAuth2.audience",
                                       "OAuth2.client_id",
                                       "OAuth2.scope",
                                       "OAuth2.token_url",
                                       "ProxySettings.url",
                                       "ResolverSettings.servers",
                                       "Scalar.number",
                                       "Scalar.string_value",
                                       "ServerSettings.admin_address",
                                       "ServerSettings.publish_address",
                                       "Signature.header",
                                       "Signature.prefix",
                                       "Signature.template",
                                       "Key.name",
                                       "Subscription.destinations",
                                       "Subscription.name",
                                       "Subscription.types",
                                       "Tenant.display_name",
                                       "Tenant.etag",
                                       "Tenant.name",
                                       "Tenant.uid",
                                       "TracingSettings.endpoint",
                                       "TracingSettings.protocol",
                                       "TracingSettings.service_name"};
  std::set<const Descriptor*> types;
  Collect(*v1::Config::descriptor(), types);
  size_t secrets = 0;
  for (const Descriptor* type : types) {
    for (int i = 0; i < type->field_count(); ++i) {
      const FieldDescriptor& field = *type->field(i);
      if (field.cpp_type() != FieldDescriptor::CPPTYPE_STRING) continue;
      const bool secret = resource::HoldsSecret(field);
      secrets += secret ? 1 : 0;
      const std::string name = type->name() + "." + field.name();
      EXPECT_NE(secret, shown.contains(name)) << name;
    }
  }
  EXPECT_EQ(secrets, 1u);
}

TEST(RoundTrip, WhatATenantMaySetIsKept) {
  const Config config = Parsed(
      "limits: {tenant_defaults: {allow_unsigned_requests: true}}\n"
      "tenants:\n"
      "  - {name: acme, limits: {allow_insecure_skip_verify: true}}\n"
      "  - {name: bell, limits: {max_rate: 5}}\n");
  EXPECT_TRUE(config.limits.tenant_defaults().allow_unsigned_requests());
  ASSERT_EQ(config.tenants.size(), 2u);
  const model::Tenant& acme = config.tenants[0];
  EXPECT_TRUE(acme.limits.allow_insecure_skip_verify);
  EXPECT_FALSE(acme.limits.allow_unsigned_requests);
  const v1::Tenant shown = resource::ToMessage(acme);
  EXPECT_TRUE(shown.limits().allow_insecure_skip_verify());
  EXPECT_EQ(resource::ReadLimits(shown.limits()), acme.limits);
  EXPECT_FALSE(config.tenants[1].limits.allow_insecure_skip_verify);
  EXPECT_EQ(resource::ReadLimits(resource::ToMessage(config.tenants[1]).limits()),
            config.tenants[1].limits);
}

TEST(RoundTrip, NoSecretIsLeftAfterRedaction) {
  const Config config = Parsed(Everything());
  for (const auto& destination : config.destinations) {
    v1::Destination message = resource::ToMessage(destination);
    resource::Redact(message);
    const std::string text = message.DebugString();
    for (const char* secret : {"s3cret", "whsec_", "PRIVATE KEY"}) {
      EXPECT_THAT(text, Not(HasSubstr(secret)));
    }
    EXPECT_EQ(message.url(), destination.url);
    EXPECT_EQ(static_cast<size_t>(message.keys_size()), destination.keys.size());
  }
}

v1::Header Redacted(const std::string& name, const std::string& value) {
  v1::Header header;
  header.set_name(name);
  header.set_value(value);
  resource::Redact(header);
  return header;
}

TEST(RoundTrip, ASecretSaysThatItIsSetAndItsEndIfItIsLong) {
  v1::Basic basic;
  basic.mutable_password()->set_value("0123456789abcdef0123456789ABCDEF\n");
  resource::Redact(basic);
  EXPECT_EQ(basic.password().ShortDebugString(), R"(set: true last_characters: "CDEF")");
  resource::Redact(basic);
  EXPECT_EQ(basic.password().ShortDebugString(), R"(set: true last_characters: "CDEF")");
  basic.mutable_password()->set_value("0123456789abcdef0123456789ABCDE");
  basic.mutable_password()->clear_last_characters();
  resource::Redact(basic);
  EXPECT_EQ(basic.password().ShortDebugString(), "set: true");
  v1::Key key;
  key.mutable_secret()->set_file("/etc/key");
  resource::Redact(key);
  EXPECT_EQ(key.ShortDebugString(), "secret { set: true }");
  v1::Bearer none;
  none.mutable_token();
  resource::Redact(none);
  EXPECT_EQ(none.ShortDebugString(), "token { }");
}

TEST(RoundTrip, AHeadersValueIsShownUnlessItsNameSaysThatItIsASecret) {
  for (const char* name : {"Authorization", "COOKIE", "X-Api-Key", "apikey", "x-auth-token",
                           "My-Secret-Id", "password"}) {
    EXPECT_EQ(Redacted(name, "hush").secret().ShortDebugString(), "set: true") << name;
    EXPECT_THAT(Redacted(name, "hush").DebugString(), Not(HasSubstr("hush"))) << name;
  }
  for (const char* name : {"X-Route", "Authorization-Kind", "X-Key"}) {
    EXPECT_EQ(Redacted(name, "eu").value(), "eu") << name;
  }
}

}  // namespace
}  // namespace carillon::config
