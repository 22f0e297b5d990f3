#include "otlp_grpc.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "carillon/base/mutex.h"
#include "carillon/tracing/otlp_response.h"

namespace carillon::server {
namespace {

constexpr char kMethod[] = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

/// As the OTLP specification lists them; the one with a condition is taken to meet it.
bool MayRetry(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::CANCELLED:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
    case grpc::StatusCode::ABORTED:
    case grpc::StatusCode::OUT_OF_RANGE:
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::DATA_LOSS:
      return true;
    default:
      return false;
  }
}

std::shared_ptr<grpc::ChannelCredentials> VerifyingCredentials(const model::TlsSettings& tls) {
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = tls.ca_bundle.str();
  options.pem_cert_chain = tls.client_certificate.str();
  options.pem_private_key = std::string(tls.client_key.Reveal());
  return grpc::SslCredentials(options);
}

/// Whoever answers is believed, as the settings say: gRPC's plain credentials always verify.
std::shared_ptr<grpc::ChannelCredentials> BelievingCredentials(const model::TlsSettings& tls) {
  namespace unstable = grpc::experimental;
  unstable::TlsChannelCredentialsOptions options;
  options.set_verify_server_certs(false);
  options.set_check_call_host(false);
  options.set_certificate_verifier(std::make_shared<unstable::NoOpCertificateVerifier>());
  if (!tls.client_certificate.empty()) {
    options.set_certificate_provider(std::make_shared<unstable::StaticDataCertificateProvider>(
        std::vector<unstable::IdentityKeyCertPair>{
            {std::string(tls.client_key.Reveal()), tls.client_certificate.str()}}));
    options.watch_identity_key_cert_pairs();
  }
  return unstable::TlsCredentials(options);
}

std::shared_ptr<grpc::ChannelCredentials> TlsCredentials(const model::TlsSettings& tls) {
  return tls.verify ? VerifyingCredentials(tls) : BelievingCredentials(tls);
}

class GrpcTransport final : public tracing::SpanTransport {
 public:
  explicit GrpcTransport(const tracing::Collector& collector) : headers_(collector.headers) {
    grpc::ChannelArguments arguments;
    arguments.SetUserAgentPrefix(collector.user_agent);
    // A channel of its own, not one that the process shares; found again soon after a restart.
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 5'000);
    // As by HTTP: the variables http_proxy and https_proxy are other programs'.
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    const bool v6 = collector.url.host.find(':') != std::string::npos;
    const std::string target = absl::StrCat("dns:///", v6 ? "[" : "", collector.url.host,
                                            v6 ? "]:" : ":", collector.url.port);
    channel_ = grpc::CreateCustomChannel(
        target,
        collector.url.tls ? TlsCredentials(collector.tls) : grpc::InsecureChannelCredentials(),
        arguments);
    stub_ = std::make_unique<grpc::GenericStub>(channel_);
  }

  ~GrpcTransport() override {
    queue_.Shutdown();
    void* tag = nullptr;
    for (bool ok = false; queue_.Next(&tag, &ok);) continue;
  }

  tracing::Sent Send(const std::string& request, std::chrono::milliseconds timeout) override {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + timeout);
    for (const model::Header& header : headers_) {
      context.AddMetadata(absl::AsciiStrToLower(header.name), std::string(header.value.Reveal()));
    }
    if (!Enter(&context)) return {absl::CancelledError("the process ends"), true, 0};
    grpc::Slice slice(request);
    const grpc::ByteBuffer message(&slice, 1);
    grpc::ByteBuffer answer;
    grpc::Status status;
    const auto call = stub_->PrepareUnaryCall(&context, kMethod, message, &queue_);
    call->StartCall();
    call->Finish(&answer, &status, this);
    void* tag = nullptr;
    bool ok = false;
    queue_.Next(&tag, &ok);
    Leave();
    if (!status.ok()) {
      return {
          absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message()),
          MayRetry(status.error_code()), 0};
    }
    return {absl::OkStatus(), false, Rejected(answer)};
  }

  void Cancel() override {
    const base::MutexLock lock(mutex_);
    cancelled_ = true;
    if (context_ != nullptr) context_->TryCancel();
  }

 private:
  static uint64_t Rejected(const grpc::ByteBuffer& answer) {
    grpc::Slice bytes;
    if (!answer.Valid() || !answer.DumpToSingleSlice(&bytes).ok()) return 0;
    return tracing::RejectedSpans({reinterpret_cast<const char*>(bytes.begin()), bytes.size()});
  }

  bool Enter(grpc::ClientContext* context) {
    const base::MutexLock lock(mutex_);
    if (!cancelled_) context_ = context;
    return !cancelled_;
  }

  void Leave() {
    const base::MutexLock lock(mutex_);
    context_ = nullptr;
  }

  const std::vector<model::Header> headers_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<grpc::GenericStub> stub_;
  grpc::CompletionQueue queue_;
  base::Mutex mutex_;
  grpc::ClientContext* context_ ABSL_GUARDED_BY(mutex_) = nullptr;  ///< of the call under way
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace

std::unique_ptr<tracing::SpanTransport> MakeGrpcTransport(const tracing::Collector& collector) {
  return std::make_unique<GrpcTransport>(collector);
}

}  // namespace carillon::server
