#include "channel.h"

#include <grpc/grpc.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"

namespace carillon::cli {
namespace {

constexpr int kMaxAnswerBytes = 16 << 20;

/// gRPC ends the process over metadata that it does not take.
bool IsPrintable(const std::string& text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7F; });
}

/// `flag` is for the error. An empty name is an empty text.
absl::Status ReadPem(const char* flag, const std::string& name, std::string& into) {
  if (name.empty()) return absl::OkStatus();
  std::ifstream file(name, std::ios::binary);
  into.assign(std::istreambuf_iterator<char>(file), {});
  if (file.good() && !into.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(flag, " ", name, ": cannot be read, or is empty"));
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeCredentials(const ClientTls& tls) {
  if (!tls.on) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions options;
  for (const absl::Status& status :
       {ReadPem("--ca-file", tls.ca_file, options.pem_root_certs),
        ReadPem("--certificate-file", tls.certificate_file, options.pem_cert_chain),
        ReadPem("--key-file", tls.key_file, options.pem_private_key)}) {
    if (!status.ok()) return status;
  }
  return grpc::SslCredentials(options);
}

std::shared_ptr<grpc::Channel> MakeChannel(
    const std::string& address, const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
  grpc::ChannelArguments arguments;
  // A server that restarts is found again at once, not after gRPC's growing pauses.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetMaxReceiveMessageSize(kMaxAnswerBytes);
  return grpc::CreateCustomChannel(address, credentials, arguments);
}

grpc::ByteBuffer Wrap(const std::string& bytes) {
  const grpc::Slice slice(bytes.data(), bytes.size(), grpc::Slice::STATIC_SLICE);
  return grpc::ByteBuffer(&slice, 1);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Channel>> Channel::Open(const Connection& connection,
                                                       std::chrono::milliseconds deadline) {
  // Never undone, so that gRPC does not shut itself down with the last channel: that waits, up to
  // 10 s, until its threads let go of calls that were answered long ago.
  grpc_init();
  CallMetadata metadata;
  if (!connection.token.empty()) {
    if (!IsPrintable(connection.token)) {
      return absl::InvalidArgumentError("--token must be printable ASCII without spaces");
    }
    metadata.emplace_back("authorization", "Bearer " + connection.token);
  }
  const auto credentials = MakeCredentials(connection.tls);
  if (!credentials.ok()) return credentials.status();
  return std::unique_ptr<Channel>(
      new Channel(MakeChannel(connection.address, *credentials), deadline, std::move(metadata)));
}

void CallCanceller::Cancel() {
  const base::MutexLock lock(mutex_);
  cancelled_ = true;
  if (context_ != nullptr) context_->TryCancel();
}

void CallCanceller::Break() {
  const base::MutexLock lock(mutex_);
  if (context_ != nullptr) context_->TryCancel();
}

void CallCanceller::Set(grpc::ClientContext* context) {
  const base::MutexLock lock(mutex_);
  context_ = context;
  if (context_ != nullptr && cancelled_) context_->TryCancel();
}

grpc::Status Channel::Stream(const std::string& method, const std::string& request,
                             CallCanceller& canceller,
                             absl::FunctionRef<void(grpc::ByteBuffer& answer)> each) {
  grpc::ClientContext context;
  for (const auto& [name, value] : metadata_) context.AddMetadata(name, value);
  grpc::CompletionQueue queue;
  // One operation at a time is under way, so the next that ends is it.
  const auto ended = [&queue] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  const auto call = stub_.PrepareCall(&context, method, &queue);
  canceller.Set(&context);
  call->StartCall(nullptr);
  bool open = ended();
  if (open) {
    call->WriteLast(Wrap(request), grpc::WriteOptions(), nullptr);
    open = ended();
  }
  while (open) {
    grpc::ByteBuffer answer;
    call->Read(&answer, nullptr);
    open = ended();
    if (open) each(answer);
  }
  grpc::Status status;
  call->Finish(&status, nullptr);
  ended();
  canceller.Set(nullptr);
  queue.Shutdown();
  ended();
  return status;
}

grpc::Status Channel::Call(const std::string& method, const CallMetadata& metadata,
                           const std::string& request, grpc::ByteBuffer& answer) {
  grpc::ClientContext context;
  for (const CallMetadata* each : {&metadata_, &metadata}) {
    for (const auto& [name, value] : *each) context.AddMetadata(name, value);
  }
  context.set_deadline(std::chrono::system_clock::now() + deadline_);
  const grpc::ByteBuffer bytes = Wrap(request);
  grpc::Status status;
  absl::Notification done;
  stub_.UnaryCall(&context, method, grpc::StubOptions(), &bytes, &answer,
                  [&status, &done](grpc::Status result) {
                    status = std::move(result);
                    done.Notify();
                  });
  done.WaitForNotification();
  return status;
}

}  // namespace carillon::cli
